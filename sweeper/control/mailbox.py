"""The wishes of people as the controller takes them up: now and then, and each one once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sweeper.clock import Clock
from sweeper.errors import StoreUnavailable
from sweeper.store import questions
from sweeper.store.store import Store

_SECONDS = 0.5
_AWAY_SECONDS = 10.0


@dataclass(kw_only=True)
class Mailbox:
    """Look for new wishes twice a second, less often while the store is away."""

    store: Store
    sweep_id: int
    clock: Clock
    _taken: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._read_at = self.clock.elapsed()

    @property
    def seconds_left(self) -> float:
        """In how many seconds it is time to look again."""
        return max(0.0, self._read_at + _SECONDS - self.clock.elapsed())

    def take(self) -> list[Mapping[str, Any]]:
        """Give the open wishes that were not given before, oldest first."""
        if self.clock.elapsed() - self._read_at < _SECONDS:
            return []
        self._read_at = self.clock.elapsed()
        try:
            wishes = questions.open_wishes(self.store, self.sweep_id)
        except StoreUnavailable:
            # What was wished waits there, and asking a store that is away may take its time.
            self._read_at = self.clock.elapsed() + _AWAY_SECONDS
            return []
        # The answer to one that was taken may still wait for a store that can only be read.
        fresh = [wish for wish in wishes if wish["id"] not in self._taken]
        self._taken.update(wish["id"] for wish in fresh)
        return fresh
