"""How long attempts run, which of them longer than allowed, and when the next one will have."""

from __future__ import annotations

import math

from sweeper.clock import Clock
from sweeper.model.event import AttemptKey


class Overtime:
    """Watch running attempts; their beginnings are taken by the sweep's clock, not a node's."""

    def __init__(self, limit: float | None, clock: Clock) -> None:
        self._limit = limit
        self._clock = clock
        self._began_at: dict[AttemptKey, float] = {}
        self._watched: dict[AttemptKey, float] = {}
        self._found: set[AttemptKey] = set()

    def __contains__(self, key: AttemptKey) -> bool:
        """Tell whether an attempt was found to be overdue."""
        return key in self._found

    def began(self, key: AttemptKey) -> None:
        """Watch an attempt from now on."""
        self._began_at[key] = self._clock.elapsed()
        if self._limit is not None:
            self._watched[key] = self._began_at[key]

    def ended(self, key: AttemptKey) -> float | None:
        """Watch an attempt no more; gives the seconds it ran, None where nobody saw it begin."""
        self._watched.pop(key, None)
        self._found.discard(key)
        began = self._began_at.pop(key, None)
        return None if began is None else self._clock.elapsed() - began

    def overdue(self) -> list[AttemptKey]:
        """Give the attempts that have run longer than allowed, each once."""
        if self._limit is None:
            return []
        latest = self._clock.elapsed() - self._limit
        found = [key for key, began in self._watched.items() if began <= latest]
        for key in found:
            del self._watched[key]
        self._found.update(found)
        return found

    def seconds_left(self) -> float:
        """Say in how many seconds the next attempt is overdue; infinite where none will be."""
        if self._limit is None or not self._watched:
            return math.inf
        return next(iter(self._watched.values())) + self._limit - self._clock.elapsed()
