"""The lines of the list of sweeps, read anew only for sweeps that have moved."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from sweeper.model.objective import Mode
from sweeper.model.sweep import SweepOverview
from sweeper.store.outlines import value_ranges
from sweeper.store.store import Store

_POINTS = 40


class Sparks:
    """The best so far of each sweep, at some forty places of its trials."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[int, tuple[int, list[float]]] = {}
        self._lock = Lock()

    def of(self, sweeps: Sequence[SweepOverview]) -> dict[int, list[float]]:
        """Give the line of each sweep by the sweep's id."""
        with self._lock:
            old = [each for each in sweeps if not self._is_known(each)]
            read = value_ranges(self._store, [each.sweep.id for each in old], _POINTS)
            for each in old:
                line = best_of(read.get(each.sweep.id, []), each.sweep.goals().first.mode)
                self._known[each.sweep.id] = (each.sweep.rev, line)
            return {each.sweep.id: self._known[each.sweep.id][1] for each in sweeps}

    def _is_known(self, overview: SweepOverview) -> bool:
        known = self._known.get(overview.sweep.id)
        return known is not None and known[0] == overview.sweep.rev


def best_of(ranges: Sequence[tuple[float, float]], mode: Mode) -> list[float]:
    """Turn the least and the greatest value of each stretch into the best so far."""
    found: list[float] = []
    for low, high in ranges:
        value = low if mode is Mode.MIN else high
        best = found[-1] if found else value
        found.append(min(best, value) if mode is Mode.MIN else max(best, value))
    return found
