"""Tables whose rows are joined: any configuration has a curve, by a Gaussian process through them.

A suggestion that is looked up at the nearest of two thousand rows gets a row that lies far from
it, and with a hundred workers such a table is soon had whole. Needs numpy and scipy alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import ndtri
from scipy.stats import rankdata

from benchmarks.search.curves import Task

_LENGTHS, _NOISES = (0.5, 1.0, 2.0, 4.0), (1e-4, 1e-2, 1e-1)
_JUDGED = 500


def _kernel(a: Any, b: Any, length: float) -> Any:
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1)[None, :] - 2.0 * a @ b.T
    far = np.sqrt(5.0 * np.maximum(squares, 0.0)) / length
    return (1.0 + far + far**2 / 3.0) * np.exp(-far)


def _error(places: Any, values: Any, length: float, noise: float) -> float:
    """Give the mean squared error of leaving each row out in turn."""
    kernel = _kernel(places, places, length) + noise * np.eye(len(places))
    inverse = np.linalg.inv(kernel)
    return float(np.mean(((inverse @ values) / np.diag(inverse)[:, None]) ** 2))


@dataclass(kw_only=True)
class Between(Task):
    """A table that gives every configuration a curve, no better than its best row."""

    table: Task
    length: float = field(init=False)

    def __post_init__(self) -> None:
        known = np.nan_to_num(self.table.scores, nan=self.table.worst)
        self._levels = np.unique(known)
        ranks = rankdata(known).reshape(known.shape)
        scores = ndtri((ranks - 0.5) / known.size)
        self._normal = np.interp(self._levels, *_sorted(known.ravel(), scores.ravel()))
        self._profile = np.median(self.table.seconds / self.table.seconds[:, -1:], axis=0)
        values = np.column_stack([scores, np.log(self.table.seconds[:, -1])])
        self._mean = values.mean(axis=0)
        places, part = self.table.places, slice(0, _JUDGED)
        left = values[:, ::8] - self._mean[::8]
        self.length, noise = min(
            product(_LENGTHS, _NOISES), key=lambda pair: _error(places[part], left[part], *pair)
        )
        kernel = _kernel(places, places, self.length) + noise * np.eye(len(places))
        self._weights = cho_solve(cho_factor(kernel, lower=True), values - self._mean)

    def curve(self, place: Any) -> tuple[Any, Any]:
        """Give scores and seconds by step at a place of the unit cube."""
        across = _kernel(np.asarray(place)[None, :], self.table.places, self.length)
        values = (across @ self._weights)[0] + self._mean
        scores = np.interp(values[:-1], self._normal, self._levels)
        return scores, np.exp(values[-1]) * self._profile

    def regret(self, score: float) -> float:
        return self.table.regret(score)

    @property
    def full_seconds(self) -> float:
        return self.table.full_seconds

    @property
    def worst(self) -> float:
        return self.table.worst

    def rows(self) -> Any:
        """Give a fresh finder: it adds a row for each suggestion."""
        self.scores, self.seconds = self.table.scores[:0], self.table.seconds[:0]
        return _Added(self)


class _Added:
    def __init__(self, task: Between) -> None:
        self._task = task

    def find(self, params: Mapping[str, float]) -> int:
        """Add a row for a suggestion, and give its place."""
        task = self._task
        scores, seconds = task.curve([float(p.unit(params[p.name])) for p in task.parameters])
        task.scores = np.vstack([task.scores, scores])
        task.seconds = np.vstack([task.seconds, seconds])
        return len(task.scores) - 1


def _sorted(keys: Any, values: Any) -> tuple[Any, Any]:
    order = np.argsort(keys, kind="stable")
    return keys[order], values[order]


def between(task: Task) -> Between:
    """Join the rows of a table."""
    kind, _, name = task.name.partition(" ")
    fields = {key: getattr(task, key) for key in ("parameters", "places", "scores", "seconds")}
    return Between(name=f"between-{kind} {name}", table=replace(task), **fields)
