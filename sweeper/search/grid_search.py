"""Grid search: every point once, in order, without ever listing the grid."""

from __future__ import annotations

from collections.abc import Mapping

from sweeper.model.encoding import Value
from sweeper.model.space import SearchSpace
from sweeper.model.trial import TrialRecord


class Grid:
    """Suggest the points of a grid in mixed-radix order, the last parameter fastest.

    Opening a grid of 10^9 points costs nothing. Points that were tried first, as a baseline,
    are left out when their turn comes.

    Raises:
        SpaceError: a continuous parameter has no .grid(n).
    """

    independent = True

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self._points = space.grid()
        self._next = 0
        self._ahead: set[str] = set()

    def suggest(self, number: int) -> Mapping[str, Value] | None:
        self._pass_over_known()
        if self._next >= self._points.size:
            return None
        point = self._points[self._next]
        self._next += 1
        return {**point, **self._space.fixed}

    def observe(self, trial: TrialRecord) -> None:
        if trial.origin == "search":
            # On resume the recorded trials stand in the order in which they were suggested.
            self._pass_over_known()
            if self._next < self._points.size and self._is_next(trial):
                self._next += 1
        else:
            self._ahead.add(self._space.identity(self._space.decode(trial.params)))

    def _pass_over_known(self) -> None:
        while self._next < self._points.size:
            if self._space.identity(self._points[self._next]) not in self._ahead:
                return
            self._next += 1

    def _is_next(self, trial: TrialRecord) -> bool:
        params = self._space.decode(trial.params)
        next_one = self._points[self._next]
        return self._space.identity(params) == self._space.identity(next_one)


def on_grid(space: SearchSpace, params: Mapping[str, Value]) -> bool:
    """Tell whether a configuration is one of the grid's points."""
    for name, domain in space.domains.items():
        if name not in params or domain.grid_points is None:
            continue
        points = (domain.grid_value(i) for i in range(domain.grid_size or 0))
        if params[name] not in points:
            return False
    return space.contains(params)
