"""Judging: how an attempt ended, knowing what was wished of it, and what its reports sum up to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from sweeper.model.event import Ended, Failure, Reported
from sweeper.model.lifecycle import NEVER_RETRIED, AttemptStatus, Outcome, Wish
from sweeper.model.objective import Objective
from sweeper.model.sweep import Options
from sweeper.model.trial import AttemptRecord, TrialRecord

_STOPPED_AS = {
    Wish.PAUSE: Outcome.PAUSED,
    Wish.PRUNE: Outcome.PRUNED,
    Wish.CANCEL: Outcome.STOPPED_BY_USER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """Under which an attempt ended: what was wished of it, whether its time was up.

    held says that its scheduler has paused it.
    """

    wish: Wish
    timed_out: bool
    interrupting: bool
    held: bool = False


def judged(
    event: Ended, circumstances: Circumstances, options: Options
) -> tuple[AttemptStatus, Outcome, Failure | None]:
    """Say how an attempt ended; its backend knows only that it was stopped or is gone."""
    wish = circumstances.wish
    if circumstances.held and wish is Wish.PAUSE and event.status is not AttemptStatus.SUCCEEDED:
        # All that was left for it to do was to end, in whatever way.
        return AttemptStatus.STOPPED, Outcome.PAUSED, event.failure
    if event.status not in (AttemptStatus.STOPPED, AttemptStatus.LOST):
        return event.status, event.outcome, event.failure
    if circumstances.timed_out and wish is Wish.NONE:
        message = f"it ran longer than the {options.timeout:g} s allowed"
        return AttemptStatus.FAILED, Outcome.TIMEOUT, Failure(type="Timeout", message=message)
    if wish is Wish.NONE:
        return event.status, event.outcome, event.failure
    failure = event.failure
    if event.status is AttemptStatus.LOST and not circumstances.interrupting:
        message = f"it did not end within its {options.grace:g} s of grace"
        failure = Failure(type="Killed", message=message)
    if circumstances.interrupting and wish is Wish.PAUSE:
        return event.status, Outcome.INTERRUPTED, failure
    return event.status, _STOPPED_AS[wish], failure


def has_chance(trial: TrialRecord, attempt: AttemptRecord, options: Options) -> bool:
    """Tell whether a further attempt is left to a trial whose attempt failed or was lost."""
    if attempt.outcome in NEVER_RETRIED:
        return False
    if attempt.status is AttemptStatus.FAILED:
        return trial.failures <= options.retries
    return trial.losses <= options.losses


def summary_after(
    objective: Objective, trial: TrialRecord, event: Reported
) -> dict[str, dict[str, float]]:
    """Give the summary of a trial that has made one more report."""
    summary = {name: dict(known) for name, known in trial.summary.items()}
    for metric, value in event.metrics.items():
        summary[metric] = _summed_up(objective, metric, summary.get(metric), event.step, value)
    return summary


def _summed_up(
    objective: Objective,
    metric: str,
    known: Mapping[str, float] | None,
    step: int,
    value: float,
) -> dict[str, float]:
    """Add a report to a metric's summary; what is not finite leaves only its step."""
    summed = dict(known or {})
    summed["step"] = step
    if not math.isfinite(value):
        summed.pop("last", None)
        return summed
    summed["last"] = value
    summed["min"] = min(value, summed.get("min", value))
    summed["max"] = max(value, summed.get("max", value))
    for goal in objective.goals:
        if goal.metric == metric:
            summed["best"] = summed[goal.mode.value]
    return summed


def told_before(trial: TrialRecord, step: int) -> dict[str, float]:
    """Give what a trial has already reported at a step, where it reports there once more."""
    if step != trial.last_step:
        return {}
    summaries = trial.summary.items()
    return {name: s["last"] for name, s in summaries if s["step"] == step and "last" in s}


def in_a_line(attempt: AttemptRecord) -> str:
    """Say in a line what went wrong with an attempt."""
    if attempt.error_type is None:
        return str(attempt.outcome)
    first = (attempt.error or "").strip().splitlines()[:1]
    return f"{attempt.error_type}: {first[0]}" if first else attempt.error_type
