"""Constraints: what a metric of a trial must keep for its configuration to be of use."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sweeper.errors import SweeperError
from sweeper.model.encoding import Json

_WRITTEN = re.compile(r"\s*(<=|>=|<|>)\s*(\S+)\s*")
_LEAST_EXCESS = math.nextafter(0.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A metric and the bound that it is to keep.

    Example:
        >>> constraint = read_constraint("latency_ms", "<= 20")
        >>> constraint.excess(25.0), constraint.excess(15.0), str(constraint)
        (5.0, -5.0, 'latency_ms <= 20')
    """

    metric: str
    comparison: str
    bound: float

    def excess(self, value: float) -> float:
        """Say how far a value lies beyond the bound; zero or less where it keeps to it."""
        if math.isnan(value):
            return math.inf
        beyond = value - self.bound if self.comparison[0] == "<" else self.bound - value
        is_strict = len(self.comparison) == 1
        return _LEAST_EXCESS if is_strict and beyond == 0.0 else beyond

    @property
    def condition(self) -> str:
        """The bound as it is written."""
        return f"{self.comparison} {self.bound:.12g}"

    def __str__(self) -> str:
        return f"{self.metric} {self.condition}"


def read_constraint(metric: str, written: object) -> Constraint:
    """Read a bound such as "<= 20", ">= 0.9", "< 1e9" or "> 0".

    Raises:
        SweeperError: it is none; names the metric.
    """
    found = _WRITTEN.fullmatch(written) if isinstance(written, str) else None
    bound = _number(found[2]) if found else None
    if found is None or bound is None:
        raise SweeperError(
            f"constraints: {metric!r} is to be {written!r}, which is no bound",
            hint=f'Write a comparison and a number: constraints={{"{metric}": "<= 20"}}; '
            "there are <=, >=, < and >.",
        )
    return Constraint(metric=metric, comparison=found[1], bound=bound)


def read_constraints(written: object) -> tuple[Constraint, ...]:
    """Read bounds by metric.

    Raises:
        SweeperError: they are none; names the one that is wrong.
    """
    if written is None:
        return ()
    if not isinstance(written, Mapping) or not all(isinstance(name, str) for name in written):
        raise SweeperError(
            f"constraints = {written!r}",
            hint='Give bounds by metric: constraints={"latency_ms": "<= 20"}.',
        )
    return tuple(read_constraint(name, written[name]) for name in sorted(written))


def write_constraints(constraints: tuple[Constraint, ...]) -> dict[str, Json]:
    """Write bounds as JSON that read_constraints() reads."""
    return {constraint.metric: constraint.condition for constraint in constraints}


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
