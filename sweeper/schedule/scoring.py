"""What a trial is worth at a rung: by one objective, by a weighted sum, or by all of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeAlias

from sweeper.errors import SweeperError
from sweeper.model.encoding import Json
from sweeper.model.objective import Objective
from sweeper.schedule.scheduler import Progress

DOMINANCE = "dominance"

Metric: TypeAlias = str | Mapping[str, float] | None


class Scoring:
    """Score reports by the first objective, another one, a weighted sum, or all of them.

    Example:
        >>> Scoring("ASHA", None).by_dominance
        False

    Args:
        name: whose argument metric was, for errors.
        metric: an objective's name, weights by name, "dominance", or None for the first one.

    Raises:
        SweeperError: it is none of these.
    """

    def __init__(self, name: str, metric: Metric) -> None:
        self._name = name
        self._metric = dict(metric) if isinstance(metric, Mapping) else metric
        self._objective: Objective | None = None
        weights = self._metric if isinstance(self._metric, dict) else {}
        if not (metric is None or isinstance(metric, str) or weights) or not all(
            type(weight) in (int, float) and 0 < weight < math.inf for weight in weights.values()
        ):
            raise SweeperError(
                f"{name} got metric = {metric!r}",
                hint='Give an objective\'s name, weights above 0 by name, or "dominance".',
            )

    @property
    def written(self) -> Json:
        """What was given, as JSON."""
        return self._metric

    @property
    def by_dominance(self) -> bool:
        """Whether all objectives count, none more than the others."""
        return self._metric == DOMINANCE

    def prepare(self, objective: Objective) -> None:
        """Take the sweep's objective.

        Raises:
            SweeperError: the sweep has no such objective, or only one for dominance.
        """
        known = objective.metrics
        asked = list(self._metric) if isinstance(self._metric, dict) else [self._metric]
        if self.by_dominance:
            if len(known) < 2:
                raise SweeperError(
                    f"{self._name} got metric = 'dominance', and the sweep has one objective",
                    hint='Give the sweep several: metric=["accuracy", "latency"].',
                )
        elif self._metric is not None and not set(asked) <= set(known):
            raise SweeperError(
                f"{self._name} got metric = {self._metric!r}",
                hint=f"The sweep's objectives are {', '.join(map(repr, known))}.",
            )
        self._objective = objective

    def score(self, report: Progress) -> float:
        """Give one number of which more is better."""
        if self._metric is None or self._objective is None:
            return report.score
        weights = self._metric if isinstance(self._metric, dict) else {self._metric: 1.0}
        return sum(
            weights[goal.metric] * goal.score(report.metrics.get(goal.metric))
            for goal in self._objective.goals
            if goal.metric in weights
        )

    def scores(self, report: Progress) -> tuple[float, ...]:
        """Give one number an objective, of each of which more is better."""
        if self._objective is None:
            return (report.score,)
        goals = self._objective.goals
        return tuple(goal.score(report.metrics.get(goal.metric)) for goal in goals)
