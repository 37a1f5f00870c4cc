"""Configurations as points of a cube: one coordinate a parameter, in [0, 1], NaN where inactive."""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

import numpy as np

from sweeper.model.categorical import Choice
from sweeper.model.domain import Condition, Domain
from sweeper.model.encoding import Json, Value, canonical
from sweeper.model.numeric import Float, Integer, Normal, Stepped
from sweeper.model.space import SearchSpace

_LARGEST_TABLE = 4096
_ALMOST_ONE = 1.0 - 2.0**-40
_INACTIVE = 0.5


class Axis:
    """One parameter as a coordinate; a discrete value stands in the middle of its share."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        self.options = 0
        self._places: dict[str, int] = {}
        self._bounds = _bounds_of(domain)
        if isinstance(domain, Choice):
            self._places = {canonical(option): i for i, option in enumerate(domain.options)}
            self.options = 0 if domain.ordered else domain.size
        size = domain.size
        self.centres: Any = None
        if size is not None and size <= _LARGEST_TABLE:
            self.centres = np.array([self.unit(domain.value(i)) for i in range(size)])
            self._edges = np.array([self._upper_edge(i) for i in range(size - 1)])

    def unit(self, value: Value) -> float:
        """Give the coordinate of a value."""
        domain = self.domain
        if isinstance(domain, Choice):
            return (self._places[canonical(value)] + 0.5) / domain.size
        if isinstance(domain, Normal):
            return NormalDist(domain.mean, domain.sd).cdf(value)
        number = round(value / domain.q) if isinstance(domain, Stepped) else value
        return self._share(float(number))

    def value(self, unit: float) -> Value:
        """Give the value at a coordinate."""
        return self.domain.at(min(max(float(unit), 0.0), _ALMOST_ONE))

    def snap(self, units: Any) -> Any:
        """Move coordinates to where their values stand."""
        if self.centres is None:
            return np.clip(units, 0.0, _ALMOST_ONE)
        return self.centres[np.searchsorted(self._edges, units, side="right")]

    def meets(self, condition: Condition, units: Any) -> Any:
        """Tell at which coordinates a condition on this parameter holds."""
        wanted = [self.unit(v) for v in condition.values if self.domain.contains(v)]
        return (np.abs(units[:, None] - np.array(wanted)[None, :]) < 1e-9).any(axis=1)

    def _upper_edge(self, index: int) -> float:
        domain = self.domain
        if isinstance(domain, Choice):
            return (index + 1) / domain.size
        first = domain.first if isinstance(domain, Stepped) else domain.low  # type: ignore[attr-defined]
        return self._share(first + index + 0.5)

    def _share(self, number: float) -> float:
        low, high, log = self._bounds
        if log:
            low, high, number = math.log(low), math.log(high), math.log(number)
        if low == high:
            # Neighbours among the floats may have one and the same logarithm.
            return 0.0
        return number / high if math.isinf(high - low) else (number - low) / (high - low)


def _bounds_of(domain: Domain) -> tuple[float, float, bool]:
    """Give the bounds between which a number's share is taken: those that at() draws from."""
    if isinstance(domain, Stepped):
        low = max(domain.first - 0.5, 0.5) if domain.log else domain.first - 0.5
        return low, domain.last + 0.5, domain.log
    if isinstance(domain, Integer):
        return domain.low - 0.5, domain.high + 0.5, domain.log
    if isinstance(domain, Float):
        return float(domain.low), float(domain.high), domain.log
    return 0.0, 1.0, False


class Coordinates:
    """A space as a cube, with its conditions.

    Example:
        >>> from sweeper.model.domains import loguniform
        >>> cube = Coordinates(SearchSpace(domains={"lr": loguniform(1e-4, 1.0)}))
        >>> float(cube.row({"lr": 1e-2})[0])
        0.5
    """

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        self.axes = {name: Axis(domain) for name, domain in space.domains.items()}
        self._columns = {name: j for j, name in enumerate(self.axes)}
        self.conditional = any(axis.domain.conditions for axis in self.axes.values())

    @property
    def size(self) -> int:
        """How many parameters there are."""
        return len(self.axes)

    def row(self, params: Mapping[str, Value]) -> Any:
        """Give the point of a configuration."""
        return np.array(
            [
                axis.unit(params[name]) if name in params else math.nan
                for name, axis in self.axes.items()
            ]
        )

    def written_row(self, params: Mapping[str, Json]) -> Any:
        """Give the point of a configuration as it was recorded."""
        return self.row(self._space.decode(params))

    def params(self, row: Any) -> dict[str, Value]:
        """Give the configuration at a point."""

        def draw(name: str, _domain: Domain) -> Value:
            unit = row[self._columns[name]]
            return self.axes[name].value(_INACTIVE if math.isnan(unit) else unit)

        return self._space.build(draw)

    def settle(self, rows: Any) -> Any:
        """Move points to where configurations stand: values snapped, inactive ones NaN."""
        settled = np.empty_like(rows)
        for name, column in self._columns.items():
            axis = self.axes[name]
            settled[:, column] = axis.snap(rows[:, column])
            for condition in axis.domain.conditions:
                settled[~self._holds(condition, settled), column] = math.nan
        return settled

    def _holds(self, condition: Condition, settled: Any) -> Any:
        if condition.parent in self._columns:
            parent = settled[:, self._columns[condition.parent]]
            return self.axes[condition.parent].meets(condition, parent)
        fixed = self._space.fixed
        holds = condition.parent in fixed and condition.holds(fixed[condition.parent])
        return np.full(len(settled), holds)

    def features(self, rows: Any) -> tuple[Any, Any]:
        """Give points as features for distances, and of each feature its parameter's place.

        Two different options are as far apart as the two ends of a number; an inactive
        parameter stands in the middle of those.
        """
        columns, owners = [], []
        for place, axis in enumerate(self.axes.values()):
            units = rows[:, place]
            if axis.options:
                index = np.where(np.isnan(units), -1.0, np.floor(units * axis.options))
                for option in range(axis.options):
                    columns.append((index == option) * math.sqrt(0.5))
                    owners.append(place)
            else:
                columns.append(np.where(np.isnan(units), _INACTIVE, units))
                owners.append(place)
        return np.column_stack(columns), np.array(owners)
