"""The contract of a scheduler as tests: inherit, say how to make yours, and run pytest."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

from sweeper.model.assignment import Decision
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.randomness import unit
from sweeper.schedule.scheduler import Progress, Scheduler
from sweeper.testing.fakes import LOSS, make_trial

_STEPS = 27


def make_report(trial: int, step: int, value: float, before: int | None = None) -> Progress:
    """Make a report of a loss, by default the one after the previous step's.

    Example:
        >>> make_report(0, 3, 0.5).score, make_report(0, 3, 0.5).before
        (-0.5, 2)
    """
    return Progress(
        trial=trial,
        step=step,
        value=value,
        score=LOSS.first.score(value),
        before=step - 1 if before is None else before,
        metrics={"loss": value},
    )


def run_curve(scheduler: Scheduler, trial: int, values: Iterable[float]) -> list[Decision]:
    """Report a curve until it is stopped, tell how the trial ended, and give the decisions."""
    decisions = []
    value = math.nan
    for step, value in enumerate(values, 1):
        decisions.append(scheduler.decide(make_report(trial, step, value)))
        if decisions[-1] is not Decision.CONTINUE:
            break
    stopped = bool(decisions) and decisions[-1] is not Decision.CONTINUE
    status = TrialStatus.PRUNED if stopped else TrialStatus.COMPLETED
    scheduler.observe_end(make_trial(trial, status=status, value=value))
    return decisions


def make_curve(trial: int, steps: int = _STEPS) -> list[float]:
    """Make the falling loss of a trial, noisy, and differing from trial to trial."""
    level = 0.5 + unit(7, trial)
    return [level + 1.0 / step + 0.1 * unit(7, trial, step) for step in range(1, steps + 1)]


class SchedulerContract:
    """What every scheduler keeps.

    Example:
        >>> from sweeper.schedule import ASHA
        >>> class TestASHA(SchedulerContract):
        ...     def make(self):
        ...         return ASHA()

    The objective is a loss, to be small, reported at 27 steps.
    """

    def make(self) -> Scheduler:
        """Make a fresh scheduler."""
        raise NotImplementedError("a contract test says how its scheduler is made")

    def test_milestones_ascend(self) -> None:
        milestones = self.make().milestones(0)
        found = list(milestones.crossed(0, 1000))
        assert all(early < late for early, late in pairwise(found))
        assert all(milestone >= 1 for milestone in found)

    def test_every_report_gets_a_decision(self) -> None:
        scheduler = self.make()
        for trial in range(12):
            values = [math.nan, math.inf, -math.inf, *make_curve(trial)]
            assert all(type(d) is Decision for d in run_curve(scheduler, trial, values))

    def test_a_report_that_comes_again_counts_once(self) -> None:
        once, twice = self.make(), self.make()
        for trial in range(12):
            for step, value in enumerate(make_curve(trial), 1):
                report = make_report(trial, step, value)
                decision = once.decide(report)
                assert twice.decide(report) is decision
                twice.decide(report)
                if decision is not Decision.CONTINUE:
                    break

    def test_a_rebuilt_one_decides_as_the_uninterrupted_one(self) -> None:
        whole = self.make()
        decided = [run_curve(whole, trial, make_curve(trial)) for trial in range(40)]
        for stop in (1, 13, 39):
            rebuilt = self.make()
            for trial in range(stop):
                run_curve(rebuilt, trial, make_curve(trial)[: len(decided[trial])])
            rest = [run_curve(rebuilt, trial, make_curve(trial)) for trial in range(stop, 40)]
            assert rest == decided[stop:]

    def test_a_rebuilt_one_goes_on_in_the_middle_of_a_trial(self) -> None:
        whole, rebuilt = self.make(), self.make()
        for trial in range(12):
            run_curve(whole, trial, make_curve(trial))
            run_curve(rebuilt, trial, make_curve(trial))
        curve = make_curve(12)
        reports = [make_report(12, step, value) for step, value in enumerate(curve, 1)]
        expected = [whole.decide(report) for report in reports]
        for report in reports[:5]:
            rebuilt.decide(report)
        assert [rebuilt.decide(report) for report in reports[5:]] == expected[5:]

    def test_nothing_is_to_be_resumed_while_nothing_was_paused(self) -> None:
        assert self.make().next_resume() is None

    def test_a_trial_may_end_without_a_report_and_be_told_twice(self) -> None:
        scheduler = self.make()
        for status in (TrialStatus.FAILED, TrialStatus.CANCELLED, TrialStatus.PRUNED):
            for _ in range(2):
                scheduler.observe_end(make_trial(3, status=status))
        assert run_curve(scheduler, 4, make_curve(4))


class PruningContract(SchedulerContract):
    """What a scheduler also keeps that stops the worst of many trials, and never the best.

    Example:
        >>> from sweeper.schedule import Median
        >>> class TestMedian(PruningContract):
        ...     def make(self):
        ...         return Median()
    """

    def test_the_worst_of_many_is_stopped_and_the_best_is_not(self) -> None:
        scheduler = self.make()
        for trial in range(20):
            run_curve(scheduler, trial, make_curve(trial))
        best = run_curve(scheduler, 20, [value / 100 for value in make_curve(20)])
        assert best == [Decision.CONTINUE] * _STEPS
        worst = run_curve(scheduler, 21, [100 * value for value in make_curve(21)])
        assert worst[-1] in (Decision.STOP, Decision.PAUSE)
        assert len(worst) < _STEPS
