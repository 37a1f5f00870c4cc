"""A Gaussian process over configuration and resource as a model to search by.

Source: the joint process and its use under asynchronous halving, Klein et al., "Model-based
Asynchronous Hyperparameter and Neural Architecture Search", 2020; ranks as normal scores, as in
Salinas et al., "A Quantile-based Approach for Hyperparameter Transfer Learning", ICML 2020;
expected improvement, Jones et al., Journal of Global Optimization 13, 1998.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri
from scipy.stats import rankdata

from sweeper.model.encoding import Json
from sweeper.search.coordinates import Coordinates
from sweeper.search.gaussian import Points, Posterior
from sweeper.search.kept_shape import KeptShape, Refits
from sweeper.search.rung_history import Level, RungHistory

_MOST_VALUES, _MOST_PENDING = 300, 100
_REFITS = Refits(after=30, share=0.05, points=150, iterations=12)
_UNIFORM, _NEAR, _SECOND = 200, 100, 100
_BEST_KEPT = 10
_NEAR_WIDTHS, _SECOND_WIDTHS = (0.02, 0.2), (0.005, 0.1)
_OTHER_OPTION = 0.2


class _Known(NamedTuple):
    """The values that a process is made of: whose they are, where, and as normal scores."""

    trials: Any
    resources: Any
    values: Any


class GaussianModel:
    """Rank points by expected improvement at the highest level that has enough values.

    Running trials count as if they had brought what is expected of them. The kernel's shape is
    fitted rarely; it is noted with the trial at whose suggestion it was, because it depends on
    what was known then.
    """

    name = "gp"

    def __init__(self, cube: Coordinates) -> None:
        self._cube = cube
        self._shape = KeptShape(cube.size, _REFITS)

    def rank(self, history: RungHistory, number: int, rng: Any) -> Any | None:
        level = history.acquisition(max(math.ceil(self._cube.size / 2), 3))
        if level is None:
            return None
        known = _chosen(history.levels())
        points = self._points(history.rows[known.trials], known.resources)
        if self._shape.is_due(history.values):
            self._shape.keep(self._shape.fitted(points, known.values, rng), history.values)
        posterior = Posterior(self._shape.now, points, known.values)
        pending = history.pending(level)[-_MOST_PENDING:]
        if len(pending):
            posterior.believe(self._points_at(history.rows[pending], level))
        seen = history.rows[np.unique(known.trials)]
        means = posterior.mean(self._points_at(seen, level))
        order = np.argsort(-means, kind="stable")[:_BEST_KEPT]

        def promise(rows: Any) -> Any:
            expected, spread = posterior.predict(self._points_at(rows, level))
            gain = log_expected_improvement(expected, spread, float(means[order[0]]))
            return gain if history.likely is None else gain + history.likely(rows)

        return self._best_of_two_rounds(seen[order], promise, rng)

    def notes(self) -> Json:
        return self._shape.notes()

    def recall(self, notes: Json) -> None:
        self._shape.recall(notes)

    def _points(self, rows: Any, resources: Any) -> Points:
        features, owners = self._cube.features(rows)
        return Points(features=features, owners=owners, resources=np.log(resources))

    def _points_at(self, rows: Any, level: Level) -> Points:
        return self._points(rows, np.full(len(rows), level.resource))

    def _best_of_two_rounds(self, best: Any, promise: Any, rng: Any) -> Any:
        """Rank points from everywhere and around the best, then more around the winner."""
        start = np.where(np.isnan(best), rng.random(best.shape), best)
        near = start[rng.integers(len(start), size=_NEAR)]
        first = self._cube.settle(
            np.vstack(
                [rng.random((_UNIFORM, self._cube.size)), self._moved(near, _NEAR_WIDTHS, rng)]
            )
        )
        promises = promise(first)
        winner = first[np.argmax(promises)]
        around = np.where(np.isnan(winner), rng.random(len(winner)), winner)
        second = self._cube.settle(self._moved(np.tile(around, (_SECOND, 1)), _SECOND_WIDTHS, rng))
        promises = np.concatenate([promises, promise(second)])
        return np.vstack([first, second])[np.argsort(-promises, kind="stable")]

    def _moved(self, rows: Any, widths: tuple[float, float], rng: Any) -> Any:
        """Move points a little: numbers by a normal step, options now and then to another."""
        width = np.exp(rng.uniform(*np.log(widths), size=(len(rows), 1)))
        moved = np.abs(rows + width * rng.standard_normal(rows.shape))
        moved = np.clip(np.where(moved > 1.0, 2.0 - moved, moved), 0.0, 1.0)
        for place, axis in enumerate(self._cube.axes.values()):
            if axis.options:
                other = rng.random(len(rows)) < _OTHER_OPTION
                moved[:, place] = np.where(other, rng.random(len(rows)), rows[:, place])
        return moved


def log_expected_improvement(means: Any, spreads: Any, best: float) -> Any:
    """Give the logarithm of the expected improvement over the best, sound far below it too."""
    far = (means - best) / spreads
    density = np.exp(-0.5 * far**2) / math.sqrt(2.0 * math.pi)
    near = np.log(np.maximum(density + far * ndtr(far), 1e-300))
    below = np.minimum(far, -5.0)
    # Where the difference of two tiny numbers is lost, its leading term is taken.
    tail = log_ndtr(below) - np.log(-below)
    return np.log(spreads) + np.where(far < -5.0, tail, near)


def _chosen(levels: Sequence[Level]) -> _Known:
    """Turn scores into normal scores of their ranks, and choose those that a process can bear.

    Of the upper levels all are taken; of a lower one that has too many, the best and a part of
    the rest that is the same from one suggestion to the next.
    """
    scores = np.concatenate([level.scores for level in levels])
    trials = np.concatenate([level.trials for level in levels])
    resources: Any = np.repeat(
        [level.resource for level in levels], [len(x.trials) for x in levels]
    )
    values = ndtri((rankdata(scores) - 0.5) / len(scores))
    if len(values) <= _MOST_VALUES:
        return _Known(trials, resources, values)
    kept: list[Any] = []
    room: int = _MOST_VALUES
    end: int = len(values)
    for level in reversed(levels):
        places = np.arange(end - len(level.trials), end)
        share = room if level is levels[0] else max(room // 2, min(room, _MOST_VALUES // 4))
        kept.append(places[_best_and_some(values[places], trials[places], share)])
        room, end = room - len(kept[-1]), end - len(level.trials)
    chosen = np.sort(np.concatenate(kept))
    return _Known(trials[chosen], resources[chosen], values[chosen])


def _best_and_some(values: Any, trials: Any, share: int) -> Any:
    if len(values) <= share:
        return np.arange(len(values))
    order = np.argsort(-values, kind="stable")
    best, rest = order[: share // 2], order[share // 2 :]
    mixed = (trials[rest].astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)
    return np.concatenate([best, rest[np.argsort(mixed, kind="stable")[: share - len(best)]]])
