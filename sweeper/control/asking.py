"""Asking a scheduler: its words are checked, because anybody may have written it."""

from __future__ import annotations

from sweeper.errors import SweeperError
from sweeper.model.assignment import Decision
from sweeper.model.milestones import Milestones
from sweeper.schedule.scheduler import Progress, Scheduler


def milestones_of(scheduler: Scheduler, trial: int) -> Milestones:
    """Ask for the steps at which a trial is to wait for a decision.

    Raises:
        SweeperError: the answer is none.
    """
    given: object = scheduler.milestones(trial)
    if isinstance(given, Milestones):
        return given
    raise SweeperError(
        f"milestones({trial}) of the scheduler {_name(scheduler)} gave {given!r}, "
        f"a {type(given).__name__}",
        hint="Return a sweeper.schedule.Milestones, as Milestones(first=1, factor=3, last=81); "
        "Milestones() has none.",
    )


def decision_of(scheduler: Scheduler, report: Progress) -> Decision:
    """Ask what is to become of a trial that has reported.

    Raises:
        SweeperError: the answer is none.
    """
    given: str = scheduler.decide(report)
    if type(given) is Decision:
        return given
    try:
        return Decision(given)
    except ValueError as error:
        raise SweeperError(
            f"decide() of the scheduler {_name(scheduler)} gave {given!r}",
            hint="Return Decision.CONTINUE, Decision.PAUSE or Decision.STOP of sweeper.schedule.",
        ) from error


def _name(scheduler: Scheduler) -> str:
    return type(scheduler).__qualname__
