"""The configurations of a discrete space that a sweep has already had."""

from __future__ import annotations

from collections.abc import Mapping

from sweeper.model.encoding import Json, Value
from sweeper.model.space import SearchSpace

_PLACES = 2**53


class Visited:
    """Remember configurations, and find one that was not had yet.

    Of a space with a continuous parameter nothing is remembered: it never repeats.
    """

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self._lattice = space.lattice()
        self._texts: set[str] = set()

    def __contains__(self, params: Mapping[str, Value]) -> bool:
        return self._lattice is not None and self._space.identity(params) in self._texts

    def add(self, params: Mapping[str, Value]) -> None:
        """Remember a configuration."""
        if self._lattice is not None:
            self._texts.add(self._space.identity(params))

    def add_written(self, params: Mapping[str, Json]) -> None:
        """Remember a configuration as it was recorded."""
        if self._lattice is not None:
            self.add(self._space.decode(params))

    @property
    def exhausted(self) -> bool:
        """Whether every configuration was had."""
        return self._lattice is not None and len(self._texts) >= self._lattice.size

    def unvisited(self, start: float) -> dict[str, Value] | None:
        """Give the first configuration not had yet from a place on; start lies in [0, 1)."""
        if self._lattice is None or self.exhausted:
            return None
        # In whole numbers, because a size may be larger than any float.
        first = self._lattice.size * int(start * _PLACES) // _PLACES
        for offset in range(len(self._texts) + 1):
            params = self._lattice[(first + offset) % self._lattice.size]
            if params not in self:
                return {**params, **self._space.fixed}
        return None
