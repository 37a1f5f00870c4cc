"""The contract of a scheduler as tests: inherit, say how to make yours, and run pytest."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Protocol

from sweeper.model.assignment import Decision
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.randomness import unit
from sweeper.model.trial import TrialRecord
from sweeper.schedule.scheduler import Pausing, Progress, Scheduler
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
    """Report a curve until it is stopped or paused, and give the decisions.

    The scheduler is told of an end, and that each step has a checkpoint.
    """
    return go_on_with_curve(scheduler, trial, list(values), 0)


def go_on_with_curve(
    scheduler: Scheduler, trial: int, values: list[float], done: int
) -> list[Decision]:
    """Report what is left of a curve after so many steps, as run_curve() does."""
    decisions = []
    for step in range(done + 1, len(values) + 1):
        report = replace(make_report(trial, step, values[step - 1]), checkpoint=step)
        decisions.append(scheduler.decide(report))
        if decisions[-1] is not Decision.CONTINUE:
            break
    last = decisions[-1] if decisions else Decision.CONTINUE
    if last is not Decision.PAUSE:
        status = TrialStatus.PRUNED if last is Decision.STOP else TrialStatus.COMPLETED
        reached = done + len(decisions)
        ended = make_trial(trial, status=status, value=values[reached - 1])
        scheduler.observe_end(replace(ended, last_step=reached))
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


class PausingScheduler(Scheduler, Pausing, Protocol):
    """A scheduler that may pause trials."""


class PausingContract(SchedulerContract):
    """What a scheduler also keeps that pauses trials: it lets go on who waits, and each once.

    Example:
        >>> from sweeper.schedule import ASHA
        >>> class TestPromotion(PausingContract):
        ...     def make(self):
        ...         return ASHA(max_steps=27, type="promotion")
    """

    def make(self) -> PausingScheduler:
        raise NotImplementedError("a contract test says how its scheduler is made")

    def test_who_goes_on_has_waited(self) -> None:
        scheduler, waiting = self.make(), _Waiting()
        for trial in range(40):
            waiting.run(scheduler, trial)
            for resumed in iter(scheduler.next_resume, None):
                assert resumed in waiting.steps
                waiting.run(scheduler, resumed)
        assert waiting.resumed

    def test_who_has_ended_does_not_go_on(self) -> None:
        scheduler, waiting = self.make(), _Waiting()
        for trial in range(12):
            waiting.run(scheduler, trial)
        for trial in waiting.steps:
            scheduler.observe_end(make_trial(trial, status=TrialStatus.CANCELLED))
        assert scheduler.next_resume() is None
        assert scheduler.last_resume() is None

    def test_a_rebuilt_one_knows_who_waits(self) -> None:
        whole, waiting = self.make(), _Waiting()
        for trial in range(25):
            waiting.run(whole, trial)
            for resumed in iter(whole.next_resume, None):
                waiting.run(whole, resumed)
        rebuilt = self.make()
        for trial in reversed(range(25)):
            for step, value in enumerate(make_curve(trial)[: waiting.reached[trial]], 1):
                rebuilt.decide(make_report(trial, step, value))
        for ended in waiting.ended():
            rebuilt.observe_end(ended)
        rebuilt.take_up(frozenset(waiting.steps))
        for trial in range(25, 60):
            assert run_curve(rebuilt, trial, make_curve(trial)) == run_curve(
                whole, trial, make_curve(trial)
            )
            assert rebuilt.next_resume() == whole.next_resume()

    def test_at_the_end_only_those_who_wait_go_on_and_each_once(self) -> None:
        scheduler, waiting = self.make(), _Waiting()
        for trial in range(12):
            waiting.run(scheduler, trial)
        left = set(waiting.steps) - set(iter(scheduler.next_resume, None))
        given = list(iter(scheduler.last_resume, None))
        assert set(given) <= left
        assert len(given) == len(set(given))


class _Waiting:
    """Who waits at which step, how far each has come, and who has gone on."""

    def __init__(self) -> None:
        self.steps: dict[int, int] = {}
        self.reached: dict[int, int] = {}
        self.resumed: list[int] = []

    def run(self, scheduler: Scheduler, trial: int) -> None:
        """Let a trial begin, or go on from where it waited."""
        done = self.steps.pop(trial, 0)
        if done:
            self.resumed.append(trial)
        decisions = go_on_with_curve(scheduler, trial, make_curve(trial), done)
        self.reached[trial] = done + len(decisions)
        if decisions and decisions[-1] is Decision.PAUSE:
            self.steps[trial] = self.reached[trial]

    def ended(self) -> Iterable[TrialRecord]:
        """Give the records of those who neither wait nor run."""
        for trial, reached in self.reached.items():
            if trial not in self.steps:
                status = TrialStatus.COMPLETED if reached == _STEPS else TrialStatus.PRUNED
                yield replace(make_trial(trial, status=status), last_step=reached)
