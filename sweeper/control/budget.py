"""The reasons for which a sweep ends before all its trials were tried."""

from __future__ import annotations

from dataclasses import dataclass

from sweeper.control.ledger import Ledger
from sweeper.model.lifecycle import SweepStatus, TrialStatus, Wish
from sweeper.model.objective import Goal
from sweeper.model.sweep import Options

_ALIKE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a sweep is to end, why, and what its running trials are to do."""

    status: SweepStatus | None
    reason: str
    wish: Wish = Wish.CANCEL


def ending_due(
    ledger: Ledger, options: Options, goal: Goal, active_seconds: float
) -> Ending | None:
    """Say whether a budget is used up; the first reason that holds counts."""
    if ledger.tally.failed_in_a_row >= options.max_failures:
        return Ending(
            status=SweepStatus.FAILED,
            reason=f"{ledger.tally.failed_in_a_row} trials failed in a row",
        )
    alike = _failed_alike(ledger)
    if alike is not None:
        return Ending(status=SweepStatus.FAILED, reason=alike)
    if options.time is not None and active_seconds >= options.time:
        return _done(f"the time of {options.time:g} s is used up")
    if options.gpu_hours is not None and ledger.tally.gpu_seconds >= options.gpu_hours * 3600:
        return _done(f"the {options.gpu_hours:g} GPU-hours are used up")
    if ledger.tally.best is None:
        return None
    number, value = ledger.tally.best
    if options.target is not None and not goal.better(options.target, value):
        return _done(f"trial {number} reached the target: {goal.metric} = {value:g}")
    if options.patience is not None and ledger.tally.since_best >= options.patience:
        return _done(f"{ledger.tally.since_best} trials in a row brought nothing better")
    return None


def seconds_until_due(ledger: Ledger, options: Options, active_seconds: float) -> float:
    """Say when a time is next up, an attempt's or the sweep's; infinite where none is."""
    due = ledger.overtime.seconds_left()
    if options.time is not None and options.time > active_seconds:
        due = min(due, options.time - active_seconds)
    return max(0.0, due)


def _failed_alike(ledger: Ledger) -> str | None:
    """Say that a launch's very first trials all failed with one error: nothing will mend it."""
    errors = ledger.tally.first_errors
    if len(errors) < _ALIKE or len(set(errors)) > 1 or _results(ledger):
        return None
    return f"the first {len(errors)} trials failed alike: {errors[0]}"


def all_tried(ledger: Ledger, trials: int, *, exhausted: bool) -> Ending:
    """Say how a sweep ends that has nothing left to try; without a result it has failed."""
    if ledger.tally.counts[TrialStatus.FAILED] and not _results(ledger):
        return Ending(status=SweepStatus.FAILED, reason="all trials failed")
    if exhausted:
        return _done(f"all {trials} configurations of the space were tried")
    return _done("all trials were tried")


def _results(ledger: Ledger) -> int:
    """Count the trials that have shown what they are worth."""
    shown = (TrialStatus.COMPLETED, TrialStatus.INFEASIBLE, TrialStatus.PRUNED)
    return sum(ledger.tally.counts[status] for status in shown) + len(ledger.held)


def _done(reason: str) -> Ending:
    return Ending(status=SweepStatus.COMPLETED, reason=reason)


def share_saved(ledger: Ledger) -> float | None:
    """Give the share of training steps that pruning saved; None while nobody can say."""
    ended = ledger.tally.counts[TrialStatus.COMPLETED] + ledger.tally.counts[TrialStatus.PRUNED]
    if not ledger.tally.longest or not ledger.tally.counts[TrialStatus.PRUNED]:
        return None
    return max(0.0, 1.0 - ledger.tally.steps_done / (ended * ledger.tally.longest))
