"""Whether a trial's configuration can be used: what it told, held against the constraints."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from sweeper.model.encoding import Json
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import Objective
from sweeper.model.trial import TrialRecord


class Broken(NamedTuple):
    """What a trial does not keep, in words; missing says that it never told."""

    reason: str
    missing: bool


def told(
    objective: Objective,
    summary: Mapping[str, Mapping[str, float]],
    result: Mapping[str, Json] | None,
    values: tuple[float, ...] | None,
) -> dict[str, float]:
    """Give the last of what a trial told by metric; NaN for what was no finite number."""
    reported = {name: known.get("last", math.nan) for name, known in summary.items()}
    returned = {name: _number(value) for name, value in (result or {}).items()}
    return {**reported, **returned, **dict(zip(objective.metrics, values or ()))}


def broken(objective: Objective, known: Mapping[str, float]) -> Broken | None:
    """Say which constraints a finished trial does not keep; None where it keeps them all."""
    missing = [c.metric for c in objective.constraints if c.metric not in known]
    if missing:
        reason = f"the function neither returned nor reported {missing[0]!r}, which is constrained"
        return Broken(reason, missing=True)
    wrong = [c for c in objective.constraints if c.excess(known[c.metric]) > 0.0]
    if not wrong:
        return None
    stories = [f"{c.metric} = {known[c.metric]:.6g}, and is to be {c.condition}" for c in wrong]
    return Broken("; ".join(stories), missing=False)


def excesses(objective: Objective, trial: TrialRecord) -> dict[str, float] | None:
    """Give how far a trial lies beyond each bound, zero or less where it keeps to it.

    None where it has not told all of them.
    """
    known = told(objective, trial.summary, trial.result, trial.values)
    if any(constraint.metric not in known for constraint in objective.constraints):
        return None
    return {c.metric: c.excess(known[c.metric]) for c in objective.constraints}


def raised(trial: TrialRecord) -> bool:
    """Tell whether the function itself said that its configuration cannot be used."""
    return trial.status is TrialStatus.INFEASIBLE and trial.values is None


def _number(value: Json) -> float:
    return float(value) if isinstance(value, (int, float)) else math.nan
