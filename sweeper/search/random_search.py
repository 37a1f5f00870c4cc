"""Random search: a suggestion is a pure function of the seed and the trial's number."""

from __future__ import annotations

from collections.abc import Mapping

from sweeper.model.domain import Domain
from sweeper.model.encoding import Value
from sweeper.model.randomness import unit
from sweeper.model.space import SearchSpace
from sweeper.model.trial import TrialRecord
from sweeper.search.visited import Visited

_DRAWS = 32


class Random:
    """Draw each parameter from its own counter, so that adding one leaves the others alone.

    On a discrete space a configuration that was had is drawn again, a few times, and then
    replaced by the next one in the grid that was not had.
    """

    independent = True

    def __init__(self, space: SearchSpace, seed: int) -> None:
        self._space = space
        self._seed = seed
        self._visited = Visited(space)

    def suggest(self, number: int) -> Mapping[str, Value] | None:
        for draw in range(_DRAWS):
            params = self._draw(number, draw)
            if params not in self._visited:
                break
        else:
            found = self._visited.unvisited(unit(self._seed, number, "unvisited"))
            if found is None:
                return None
            params = found
        self._visited.add(params)
        return params

    def observe(self, trial: TrialRecord) -> None:
        self._visited.add_written(trial.params)

    def _draw(self, number: int, draw: int) -> dict[str, Value]:
        def value(name: str, domain: Domain) -> Value:
            return domain.at(unit(self._seed, number, draw, name))

        return self._space.build(value)
