"""How differently some trials are spread over a parameter than all of them are.

The values of a parameter fall on a grid over its domain; two Parzen estimators on that grid
are compared by their Pearson divergence, which PED-ANOVA is made of.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy.special import ndtr

from sweeper.model.categorical import Choice
from sweeper.model.domain import Domain
from sweeper.model.encoding import Json, canonical, decode
from sweeper.model.numeric import SMALLEST_UNIT, Float, Integer, Normal, Stepped

Array: TypeAlias = Any
"""A numpy array."""

_STEPS = 50
_PRIOR = 1.0
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Scale:
    """The numbers of a domain as they are laid on a grid: its ends, its steps, its scale."""

    low: float
    high: float
    steps: int
    log: bool = False

    def places(self, values: Array) -> Array:
        """Give the nearest place on the grid of each value, the lower one of two as near."""
        low, high = (math.log(end) if self.log else end for end in (self.low, self.high))
        # A domain may have grown narrower since.
        inside = np.clip(values, self.low, self.high)
        width = (high - low) / (self.steps - 1)
        where = ((np.log(inside) if self.log else inside) - low) / width
        return np.clip(np.ceil(where - 0.5).astype(np.intp), 0, self.steps - 1)


@dataclass(frozen=True, slots=True)
class Gridded:
    """The values of a parameter by their places on the grid of its domain.

    Options without an order are near to none of the others.
    """

    places: Array
    size: int
    ordered: bool = True

    def divergence(self, top: Array) -> float:
        """Say how differently those marked are spread than all are: 0 where they are alike."""
        if self.size < 2:
            return 0.0
        estimate = _of_numbers if self.ordered else _of_options
        inner, outer = (
            estimate(np.bincount(places, minlength=self.size)) + _TINY
            for places in (self.places[top], self.places)
        )
        return float(outer @ (inner / outer - 1) ** 2)


def gridded(domain: Domain, values: Sequence[Json]) -> Gridded:
    """Lay values, as they are recorded, on the grid of their domain."""
    if isinstance(domain, Choice):
        places = _options(domain, values)
        if not domain.ordered or domain.size < 2:
            return Gridded(places, domain.size, ordered=False)
        scale = Scale(0, domain.size - 1, min(domain.size, _STEPS))
        return Gridded(scale.places(places), scale.steps)
    numbers = np.asarray(values, dtype=np.float64)
    if isinstance(domain, Normal):
        quantiles = ndtr((numbers - domain.mean) / domain.sd)
        return _on(Scale(SMALLEST_UNIT, 1 - SMALLEST_UNIT, _STEPS), quantiles)
    if isinstance(domain, Stepped):
        log = domain.log and domain.first >= 1
        return _on(_whole(domain.first, domain.last, log), np.rint(numbers / domain.q))
    if isinstance(domain, Integer):
        return _on(_whole(domain.low, domain.high, domain.log), numbers)
    if isinstance(domain, Float):
        return _on(Scale(domain.low, domain.high, _STEPS, domain.log), numbers)
    raise TypeError(domain)


def _on(scale: Scale, numbers: Array) -> Gridded:
    if scale.low == scale.high:
        return Gridded(np.zeros(len(numbers), dtype=np.intp), 1)
    return Gridded(scale.places(numbers), scale.steps)


def _whole(low: float, high: float, log: bool) -> Scale:
    """Make the scale of whole numbers; on a logarithmic one a doubling is about a step."""
    count = round(high - low) + 1
    steps = math.ceil(math.log2(count)) + 1 if log else count
    return Scale(low, high, min(steps, _STEPS), log)


def _options(domain: Choice, values: Sequence[Json]) -> Array:
    """Give the place of each option; what is none of them any more counts as the first."""
    places = {canonical(option): place for place, option in enumerate(domain.options)}
    alike = set(map(type, values)) in ({str}, {int})
    # True, 1 and 1.0 are one key of a dictionary, and three options.
    keys = values if alike else [canonical(decode(value)) for value in values]
    known = dict(zip(keys, values))
    found = {key: places.get(canonical(decode(value)), 0) for key, value in known.items()}
    return np.array([found[key] for key in keys], dtype=np.intp)


def _of_options(counts: Array) -> Array:
    """Estimate the density over options that are near to none of the others."""
    seen = np.flatnonzero(counts)
    kernels = np.full((len(seen) + 1, len(counts)), _PRIOR / (len(seen) + 1))
    kernels[np.arange(len(seen)), seen] += 1
    kernels /= kernels.sum(axis=1, keepdims=True)
    return _weights(counts[seen]) @ kernels


def _of_numbers(counts: Array) -> Array:
    """Estimate the density over the places of a grid, with the bandwidth of Scott's rule."""
    seen, last = np.flatnonzero(counts), len(counts) - 1
    centres: Array = np.append(seen, last / 2)
    widths: Array = np.append(np.full(len(seen), _bandwidth(seen, counts[seen])), last + 1.0)
    edges = np.arange(len(counts) + 1) - 0.5
    below = ndtr((edges - centres[:, None]) / widths[:, None])
    return _weights(counts[seen]) @ (np.diff(below) / (below[:, -1:] - below[:, :1]))


def _weights(counts: Array) -> Array:
    weights: Array = np.append(counts, _PRIOR)
    return weights / weights.sum()


def _bandwidth(seen: Array, counts: Array) -> float:
    upto = np.cumsum(counts)
    total = upto[-1]
    mean = seen @ counts / total
    spread = math.sqrt((seen - mean) ** 2 @ counts / max(1, total - 1))
    first = np.searchsorted(upto, total // 4, side="left")
    third = min(np.searchsorted(upto, total * 3 // 4, side="right"), len(seen) - 1)
    middle = float(seen[third] - seen[first])
    # So that nine tenths of a kernel lie within its own place at least.
    scott: float = 1.059 * min(middle / 1.34, spread) * float(total) ** -0.2
    return max(scott, 0.5 / 1.64)
