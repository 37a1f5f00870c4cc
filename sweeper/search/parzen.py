"""A Parzen estimator over points of the cube: a kernel an observation, and one for the prior.

Numbers have truncated normal kernels with one width a dimension (Scott's rule), options a kernel
that prefers their own. Where a parameter is inactive at a kernel, the prior stands in for it.
Parameters are joined by their observations, or each is estimated by itself.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import logsumexp, ndtr, ndtri

from sweeper.search.coordinates import Axis, Coordinates

_WIDTH = 0.2
_PRIOR_WIDTH = 1.0
_EDGE = 1e-12


class Parzen:
    """A mixture of kernels around some points; the last kernel is the prior.

    Args:
        cube: the space of the points.
        rows: points, NaN where a parameter is inactive.
        weights: one a point; the prior weighs 1.
        joint: whether a kernel spans all parameters; if not, the density is a product over them.
    """

    def __init__(self, cube: Coordinates, rows: Any, weights: Any, *, joint: bool = True) -> None:
        self._axes = list(cube.axes.values())
        self._joint = joint
        self._rows = rows
        self._log_weights = np.log(np.append(weights, 1.0) / (np.sum(weights) + 1.0))
        count = len(rows)
        width = _WIDTH * max(count, 1) ** (-1.0 / ((len(self._axes) if joint else 1) + 4))
        self._kernels = [
            _Options(axis, rows[:, j])
            if axis.options
            else _Numbers(rows[:, j], max(width, _cell(axis)))
            for j, axis in enumerate(self._axes)
        ]

    def log_density(self, rows: Any) -> Any:
        """Give the logarithm of the density at some points, over what is active there."""
        total = np.tile(self._log_weights, (len(rows), 1))
        apart = np.zeros(len(rows))
        for j, kernel in enumerate(self._kernels):
            active = ~np.isnan(rows[:, j])
            if not active.any():
                continue
            here = kernel.log_density(rows[active, j])
            if self._joint:
                total[active] += here
            else:
                # The prior's kernel is nowhere near zero, so that the plain sum is sound.
                apart[active] += np.log(np.exp(here) @ np.exp(self._log_weights))
        return logsumexp(total, axis=1) if self._joint else apart

    def draw(self, count: int, rng: Any) -> Any:
        """Draw points; what is inactive is for the space to say."""

        def choose() -> Any:
            return rng.choice(len(self._rows) + 1, size=count, p=np.exp(self._log_weights))

        chosen = choose()
        return np.column_stack(
            [kernel.draw(chosen if self._joint else choose(), rng) for kernel in self._kernels]
        )


def _cell(axis: Axis) -> float:
    """Give half the distance of neighbours on a discrete axis: no narrower kernel has a sense."""
    return 0.0 if axis.centres is None else 0.5 / len(axis.centres)


class _Numbers:
    def __init__(self, centres: Any, width: float) -> None:
        missing: Any = np.append(np.isnan(centres), True)
        self._means = np.where(missing, 0.5, np.append(centres, 0.5))
        self._widths = np.where(missing, _PRIOR_WIDTH, width)
        self._low = ndtr((0.0 - self._means) / self._widths)
        self._mass = ndtr((1.0 - self._means) / self._widths) - self._low
        self._constants = -np.log(self._mass * self._widths * math.sqrt(2.0 * math.pi))

    def log_density(self, units: Any) -> Any:
        far = (units[:, None] - self._means) / self._widths
        return self._constants - 0.5 * far**2

    def draw(self, chosen: Any, rng: Any) -> Any:
        share = self._low[chosen] + rng.random(len(chosen)) * self._mass[chosen]
        drawn = self._means[chosen] + self._widths[chosen] * ndtri(np.clip(share, _EDGE, 1 - _EDGE))
        return np.clip(drawn, 0.0, 1.0)


class _Options:
    def __init__(self, axis: Axis, units: Any) -> None:
        self._options = axis.options
        missing: Any = np.append(np.isnan(units), True)
        places = np.floor(np.append(units, 0.0) * axis.options)
        share = 1.0 / len(missing)
        total = 1.0 + axis.options * share
        self._own = np.where(missing, -1, np.where(missing, 0.0, places)).astype(int)
        self._table = np.full((axis.options, len(missing)), share / total)
        self._table[:, missing] = 1.0 / axis.options
        known = np.flatnonzero(~missing)
        self._table[self._own[known], known] = (1.0 + share) / total
        self._logs = np.log(self._table)

    def log_density(self, units: Any) -> Any:
        return self._logs[np.floor(units * self._options).astype(int)]

    def draw(self, chosen: Any, rng: Any) -> Any:
        steps = np.cumsum(self._table[:, chosen], axis=0)
        place = (rng.random(len(chosen)) * steps[-1] > steps).sum(axis=0)
        return (np.minimum(place, self._options - 1) + 0.5) / self._options
