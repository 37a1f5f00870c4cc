"""Quasi-random search: the points of a scrambled Sobol sequence, one a trial's number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scipy.stats.qmc import Sobol

from sweeper.model.encoding import Value
from sweeper.model.randomness import seed_from, unit
from sweeper.model.space import SearchSpace
from sweeper.model.trial import TrialRecord
from sweeper.search.coordinates import Coordinates
from sweeper.search.visited import Visited

_BLOCK = 256


class Quasi:
    """Cover the space more evenly than chance does.

    On a discrete space a configuration that was had is replaced by one that was not.

    Source: Owen, "Randomly Permuted (t,m,s)-Nets and (t,s)-Sequences", 1995, as in SciPy.
    """

    def __init__(self, space: SearchSpace, seed: int) -> None:
        self._cube = Coordinates(space)
        self._seed = seed
        self._visited = Visited(space)
        self._block: tuple[int, Any] = (-1, None)

    def suggest(self, number: int) -> Mapping[str, Value] | None:
        row = self._cube.settle(self._point(number)[None, :])[0]
        params = self._cube.params(row)
        if params in self._visited:
            found = self._visited.unvisited(unit(self._seed, number, "unvisited"))
            if found is None:
                return None
            params = found
        self._visited.add(params)
        return params

    def observe(self, trial: TrialRecord) -> None:
        self._visited.add_written(trial.params)

    def _point(self, number: int) -> Any:
        block, place = divmod(number, _BLOCK)
        if self._block[0] != block:
            points = Sobol(self._cube.size, scramble=True, rng=seed_from(self._seed, "sobol"))
            if block:
                points.fast_forward(block * _BLOCK)
            self._block = block, points.random(_BLOCK)
        return self._block[1][place]
