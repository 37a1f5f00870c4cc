"""What a sweep is after: one metric or several, each to be small or large."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sweeper.errors import SweeperError
from sweeper.model.constraint import Constraint, read_constraints
from sweeper.model.encoding import Json


class Mode(StrEnum):
    """Which way is better."""

    MIN = "min"  # small values are better
    MAX = "max"  # large values are better


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One metric and which way it is better.

    Example:
        >>> Goal(metric="loss", mode=Mode.MIN).score(0.25)
        -0.25
    """

    metric: str
    mode: Mode

    def score(self, value: float | None) -> float:
        """Turn a value into a score of which more is better; what is not finite scores worst."""
        if value is None or not math.isfinite(value):
            return -math.inf
        return value if self.mode is Mode.MAX else -value

    def better(self, value: float | None, other: float | None) -> bool:
        """Tell whether a value beats another strictly."""
        return self.score(value) > self.score(other)

    def __str__(self) -> str:
        return f"{self.mode} {self.metric}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """The goals of a sweep, and what its trials must keep to be of use.

    The first goal is what pruning and history look at.
    """

    goals: tuple[Goal, ...]
    constraints: tuple[Constraint, ...] = ()

    @property
    def first(self) -> Goal:
        """The goal that a single-objective sweep has."""
        return self.goals[0]

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of the metrics, in order."""
        return tuple(goal.metric for goal in self.goals)

    def scores(self, values: Sequence[float | None]) -> tuple[float, ...]:
        """Turn a value of each goal into scores of which more is better."""
        return tuple(goal.score(value) for goal, value in zip(self.goals, values))

    def describe(self) -> list[Json]:
        """Write the goals as JSON."""
        return [{"metric": goal.metric, "mode": goal.mode.value} for goal in self.goals]

    def __str__(self) -> str:
        return ", ".join(map(str, self.goals))


def objective_from(
    written: Sequence[Mapping[str, Json]], constraints: Mapping[str, Json] | None = None
) -> Objective:
    """Read an objective back from what its describe() wrote, and its constraints."""
    return Objective(
        goals=tuple(Goal(metric=goal["metric"], mode=Mode(goal["mode"])) for goal in written),
        constraints=read_constraints(constraints),
    )


def build_objective(
    metric: str | Sequence[str] | None,
    mode: str | Sequence[str] | None,
    constraints: Mapping[str, str] | None = None,
) -> Objective:
    """Pair metrics with modes, and read the constraints.

    Raises:
        SweeperError: a metric or mode is missing or unknown, or their numbers differ; or a
            constraint is no bound.
    """
    metrics = [metric] if isinstance(metric, str) else list(metric or ())
    modes = [mode] if isinstance(mode, str) else list(mode or ())
    if not metrics:
        raise SweeperError(
            "the sweep does not know what to optimise",
            hint='Name it: @sweepable(metric="val_loss", mode="min").',
        )
    if len(metrics) != len(modes) or len(set(metrics)) != len(metrics):
        raise SweeperError(
            f"metric = {metric!r} and mode = {mode!r} do not pair up",
            hint='Give each metric, once, its "min" or "max".',
        )
    for given in modes:
        if given not in ("min", "max"):
            raise SweeperError(
                f"mode = {given!r} is unknown", hint='Use "min" for losses, "max" for accuracies.'
            )
    return Objective(
        goals=tuple(Goal(metric=m, mode=Mode(w)) for m, w in zip(metrics, modes)),
        constraints=read_constraints(constraints),
    )
