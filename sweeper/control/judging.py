"""Judging: how an attempt ended, knowing what was wished of it, and what its reports sum up to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sweeper.model.event import Ended, Failure, Reported
from sweeper.model.feasibility import Broken, broken, told
from sweeper.model.lifecycle import NEVER_RETRIED, AttemptStatus, Outcome, TrialStatus, Wish
from sweeper.model.objective import Goal, Objective
from sweeper.model.replicate import reported_as
from sweeper.model.sweep import Options
from sweeper.model.trial import AttemptRecord, TrialRecord
from sweeper.schedule.scheduler import Progress

_STOPPED_AS = {
    Wish.PAUSE: Outcome.PAUSED,
    Wish.PRUNE: Outcome.PRUNED,
    Wish.CANCEL: Outcome.STOPPED_BY_USER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """Under which an attempt ended: what was wished of it, whether its time was up.

    held says that its scheduler has paused it, broken which constraints it does not keep.
    """

    wish: Wish
    timed_out: bool
    interrupting: bool
    held: bool = False
    broken: Broken | None = None


def judged(
    event: Ended, circumstances: Circumstances, options: Options
) -> tuple[AttemptStatus, Outcome, Failure | None]:
    """Say how an attempt ended; its backend knows only that it was stopped or is gone."""
    wish = circumstances.wish
    if circumstances.held and wish is Wish.PAUSE and event.status is not AttemptStatus.SUCCEEDED:
        # All that was left for it to do was to end, in whatever way.
        return AttemptStatus.STOPPED, Outcome.PAUSED, event.failure
    if event.outcome is Outcome.SUCCEEDED and circumstances.broken is not None:
        return _kept_apart(circumstances.broken)
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


def broken_by(objective: Objective, trial: TrialRecord, event: Ended) -> Broken | None:
    """Say which constraints a trial does not keep whose function has returned."""
    if not objective.constraints or event.outcome is not Outcome.SUCCEEDED:
        return None
    return broken(objective, told(objective, trial.summary, event.result, event.values))


def _kept_apart(broken: Broken) -> tuple[AttemptStatus, Outcome, Failure]:
    """Say how an attempt ended whose function returned, but did not keep the constraints."""
    if broken.missing:
        failure = Failure(type="ConstraintUnknown", message=broken.reason)
        return AttemptStatus.FAILED, Outcome.ERROR, failure
    failure = Failure(type="Infeasible", message=broken.reason)
    return AttemptStatus.SUCCEEDED, Outcome.INFEASIBLE, failure


def has_chance(trial: TrialRecord, attempt: AttemptRecord, options: Options) -> bool:
    """Tell whether a further attempt is left to a trial whose attempt failed or was lost."""
    if attempt.outcome in NEVER_RETRIED:
        return False
    if attempt.status is AttemptStatus.FAILED:
        return trial.failures <= options.retries
    return trial.losses <= options.losses


def summary_after(
    objective: Objective, trial: TrialRecord, event: Reported
) -> dict[str, Mapping[str, float]]:
    """Give the summary of a trial that has made one more report."""
    summary = dict(trial.summary)
    for metric, value in event.metrics.items():
        summary[metric] = _summed_up(objective, metric, summary.get(metric), event.step, value)
    return summary


def last_reported(trial: TrialRecord) -> dict[str, tuple[int, float]]:
    """Give the step and the value of the last report of each metric of the run under way."""
    number = len(trial.replicates) + 1
    begun = trial.replicates[-1].step if trial.replicates else 0
    found = {}
    for called, known in trial.summary.items():
        name = reported_as(called, number)
        if name is not None and known.get("step", 0) > begun:
            found[name] = (int(known["step"]), known.get("last", math.nan))
    return found


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


def result_of(objective: Objective, trial: TrialRecord, event: Ended) -> dict[str, Any]:
    """Give the value and values that a trial ends with; of a stopped one, its last report."""
    if event.values is not None:
        return {"value": event.values[0], "values": event.values}
    if event.outcome is Outcome.INFEASIBLE:
        return {"value": None}
    return {"value": trial.summary.get(objective.first.metric, {}).get("last")}


def held_result(
    objective: Objective, trial: TrialRecord, status: TrialStatus
) -> tuple[TrialStatus, dict[str, Any]]:
    """Say how a trial ends that was paused: completed only where its objectives are known."""
    known = [trial.summary.get(metric, {}).get("last") for metric in objective.metrics]
    if status is TrialStatus.COMPLETED and None not in known:
        return status, {"value": known[0], "values": tuple(known)}
    return TrialStatus.PRUNED, {"value": known[0]}


def as_progress(
    goal: Goal, trial: TrialRecord, event: Reported, before: int, checkpoint: int
) -> Progress:
    """Give a report of the objective as a scheduler sees it; trial is as it stood before it."""
    value = event.metrics[goal.metric]
    return Progress(
        trial=trial.number,
        step=event.step,
        value=value,
        score=goal.score(value),
        before=before if event.step > before else 0,
        metrics=_told(trial, event),
        checkpoint=checkpoint,
    )


def _told(trial: TrialRecord, event: Reported) -> Mapping[str, float]:
    """Give all that a trial has reported at a step so far, which may have been before."""
    step = event.step
    if step != trial.last_step:
        return event.metrics
    summaries = trial.summary.items()
    before = {name: s["last"] for name, s in summaries if s["step"] == step and "last" in s}
    return {**before, **event.metrics}


def in_a_line(attempt: AttemptRecord) -> str | None:
    """Say in a line what went wrong with an attempt; None where nothing did."""
    # What was to end anyway, or went with its controller, is no fault of the machine's.
    lost = attempt.status is AttemptStatus.LOST and attempt.wish is Wish.NONE
    wrong = lost or attempt.status is AttemptStatus.FAILED
    if not wrong and attempt.outcome is not Outcome.INFEASIBLE:
        return None
    if attempt.error_type is None:
        return str(attempt.outcome)
    first = (attempt.error or "").strip().splitlines()[:1]
    if first and not wrong:
        return first[0]
    return f"{attempt.error_type}: {first[0]}" if first else attempt.error_type
