"""Tests of the ledger: any events in any order leave it consistent."""

from __future__ import annotations

import math
import os
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sweeper.clock import Clock, SettableClock
from sweeper.control.ledger import Ledger
from sweeper.errors import LifecycleError
from sweeper.model.event import AttemptKey, Ended, Failure, Logged, Published, Reported, Started
from sweeper.model.lifecycle import (
    ENDED,
    LIVE,
    RETRY_POLICY,
    Again,
    AttemptStatus,
    Outcome,
    TrialStatus,
    Wish,
)
from sweeper.model.resources import Resources
from sweeper.model.sweep import Options
from sweeper.model.trial import AttemptRecord, TrialRecord
from sweeper.testing.fakes import LOSS, refused

A, T = AttemptStatus, TrialStatus
RETRIES, LOSSES = 1, 2
OPTIONS = Options(retries=RETRIES, losses=LOSSES)


def end(
    key: AttemptKey,
    status: AttemptStatus = A.SUCCEEDED,
    outcome: Outcome = Outcome.SUCCEEDED,
    value: float = 0.5,
    time: float = 2.0,
) -> Ended:
    """Make the end of an attempt."""
    values = (value,) if status is A.SUCCEEDED else None
    failure = Failure(type="E", message="no") if status in (A.FAILED, A.LOST) else None
    return Ended(key=key, time=time, status=status, outcome=outcome, values=values, failure=failure)


def report(key: AttemptKey, step: int, loss: float = 1.0) -> Reported:
    """Make a report of the objective."""
    return Reported(key=key, time=1.0, step=step, metrics={"loss": loss})


def started(key: AttemptKey) -> Started:
    """Make the word of a worker that it begins."""
    return Started(key=key, time=1.0, host="h", pid=1)


def fresh(clock: Clock | None = None, **options: Any) -> Ledger:
    """Make a ledger with one waiting trial."""
    ledger = Ledger(LOSS, replace(OPTIONS, **options), clock or SettableClock())
    ledger.add(0, {"x": 1}, seed=7, origin="search")
    return ledger


def begin(ledger: Ledger, number: int = 0) -> AttemptKey:
    """Start, launch and run the next attempt of a trial."""
    attempt = ledger.start(number)
    key = AttemptKey(number, attempt.number)
    ledger.launched(key)
    ledger.began(started(key))
    return key


OUTCOMES = {
    A.SUCCEEDED: [Outcome.SUCCEEDED, Outcome.INFEASIBLE],
    A.STOPPED: [Outcome.PAUSED],
    A.FAILED: [Outcome.ERROR, Outcome.NOT_A_NUMBER],
    A.LOST: [Outcome.LOST_WORKER, Outcome.LOST_NODE, Outcome.PREEMPTED],
}


class LedgerMachine(RuleBasedStateMachine):
    """Let workers, people and controllers do what they may, stale and twice as well."""

    @initialize()
    def begin(self) -> None:
        self.clock = SettableClock()
        self.ledger = Ledger(LOSS, OPTIONS, self.clock)
        self.trials: dict[int, TrialRecord] = {}
        self.attempts: dict[AttemptKey, AttemptRecord] = {}
        self.told: list[AttemptKey] = []

    def living(self, key: AttemptKey) -> AttemptRecord | None:
        """Give an attempt that has not ended, as it was written down."""
        attempt = self.attempts[key]
        return attempt if attempt.status in LIVE else None

    def write_down(self) -> None:
        """Keep what would be recorded, as a store does."""
        changes = self.ledger.take_changes()
        self.trials |= changes.new_trials | changes.trials
        self.attempts |= changes.new_attempts | changes.attempts

    @rule()
    def add(self) -> None:
        self.ledger.add(len(self.trials), {"x": 1}, seed=7, origin="search")
        self.write_down()

    @precondition(lambda self: self.ledger.waiting())
    @rule(data=st.data())
    def start(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(self.ledger.waiting()))
        before = self.trials[number].attempts
        attempt = self.ledger.start(number)
        assert attempt.number == before + 1
        self.told.append(AttemptKey(number, attempt.number))
        self.write_down()

    @precondition(lambda self: self.ledger.live)
    @rule(data=st.data(), wish=st.sampled_from(Wish))
    def wish(self, data: st.DataObject, wish: Wish) -> None:
        number = data.draw(st.sampled_from(sorted(self.ledger.live)))
        before = self.ledger.live[number].wish
        assert self.ledger.wish(number, wish) == (wish > before)
        assert self.ledger.live[number].wish is max(before, wish)
        self.write_down()

    @precondition(lambda self: self.told)
    @rule(data=st.data(), step=st.integers(1, 5), loss=st.floats())
    def say(self, data: st.DataObject, step: int, loss: float) -> None:
        key = data.draw(st.sampled_from(self.told))
        stale = self.living(key) is None
        progress = self.ledger.reported(report(key, step, loss))
        self.ledger.logged(Logged(key=key, time=1.0, stream="stdout", text="x"))
        published = Published(key=key, time=1.0, kind="artifact", name="a", path="/a")
        self.ledger.published(published)
        assert (progress is None) == stale
        assert bool(self.ledger.changes) == (not stale)
        self.write_down()

    @precondition(lambda self: self.told)
    @rule(data=st.data())
    def move_on(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(self.told))
        attempt = self.living(key)
        if attempt is None:
            self.ledger.began(started(key))
            assert not self.ledger.changes
        elif attempt.status is A.CREATED:
            self.ledger.launched(key)
        elif attempt.status is A.LAUNCHED:
            self.ledger.began(started(key))
        self.write_down()

    @precondition(lambda self: self.told)
    @rule(data=st.data(), status=st.sampled_from(sorted(set(A) - LIVE)), value=st.floats(-9, 9))
    def finish(self, data: st.DataObject, status: AttemptStatus, value: float) -> None:
        key = data.draw(st.sampled_from(self.told))
        outcome = data.draw(st.sampled_from(OUTCOMES[status]))
        attempt, before = self.living(key), self.trials[key.trial]
        if attempt is None:
            assert self.ledger.ended(end(key, status, outcome, value)) is None
            assert not self.ledger.changes
            return
        if status is A.STOPPED and attempt.wish is Wish.NONE:
            return
        after = self.ledger.ended(end(key, status, outcome, value))
        assert after is not None
        assert after.failures == before.failures + (status is A.FAILED)
        unwished = status is A.LOST and attempt.wish is Wish.NONE
        assert after.losses == before.losses + unwished
        if after.status is T.WAITING:
            assert outcome is not Outcome.NOT_A_NUMBER
            assert after.failures <= RETRIES or status is A.LOST
            assert after.losses <= LOSSES or status is A.FAILED
        self.write_down()

    @rule()
    def pause_and_release(self) -> None:
        paused = [n for n, t in self.ledger.trials.items() if t.status is T.PAUSED]
        self.ledger.release_paused()
        assert all(self.ledger.trials[n].status is T.WAITING for n in paused)
        self.write_down()

    @precondition(lambda self: self.ledger.waiting())
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self.ledger.cancel(data.draw(st.sampled_from(self.ledger.waiting())))
        self.write_down()

    @rule()
    def lose_the_controller(self) -> None:
        """Make a new ledger of what was written, as a resume does."""
        before = {n: (t.failures, t.losses) for n, t in self.trials.items()}
        self.ledger = Ledger(LOSS, OPTIONS, self.clock)
        for number in sorted(self.trials):
            self.ledger.take_in(self.trials[number])
        self.ledger.interrupting = True
        for key, attempt in self.attempts.items():
            if attempt.status in LIVE:
                self.ledger.live[key.trial] = attempt
                self.ledger.wish(key.trial, Wish.PAUSE)
                self.ledger.ended(end(key, A.LOST, Outcome.INTERRUPTED))
        self.ledger.interrupting = False
        self.write_down()
        for number, trial in self.trials.items():
            assert trial.status is not T.RUNNING
            if trial.status is T.WAITING:
                assert (trial.failures, trial.losses) == before[number]

    @invariant()
    def a_trial_runs_exactly_while_one_attempt_lives(self) -> None:
        living = Counter(a.trial for a in self.attempts.values() if a.status in LIVE)
        running = {n for n, t in self.trials.items() if t.status is T.RUNNING}
        assert living == Counter(running)
        assert set(self.ledger.live) == running

    @invariant()
    def attempts_are_numbered_without_gaps(self) -> None:
        for number, trial in self.trials.items():
            numbers = sorted(key.attempt for key in self.attempts if key.trial == number)
            assert numbers == list(range(1, trial.attempts + 1))

    @invariant()
    def the_counts_are_those_of_the_trials(self) -> None:
        assert +self.ledger.tally.counts == Counter(t.status for t in self.trials.values())
        waiting = [n for n, t in self.trials.items() if t.status is TrialStatus.WAITING]
        assert self.ledger.waiting() == sorted(waiting)

    @invariant()
    def what_has_ended_is_let_go(self) -> None:
        kept = {n for n, t in self.trials.items() if t.status not in ENDED}
        assert set(self.ledger.trials) == kept

    @invariant()
    def the_best_is_the_best_completed_trial(self) -> None:
        done = [t.value for t in self.trials.values() if t.status is T.COMPLETED]
        values = [value for value in done if value is not None]
        best = None if self.ledger.tally.best is None else self.ledger.tally.best[1]
        assert best == (min(values) if values else None)


LedgerMachine.TestCase.settings = settings(
    max_examples=int(os.environ.get("SWEEPER_EXAMPLES", "40")),
    stateful_step_count=30,
    deadline=None,
)
TestLedgerMachine = LedgerMachine.TestCase


def test_a_lost_attempt_gives_its_trial_another_chance_of_its_own_kind() -> None:
    ledger = fresh(retries=0, losses=1)
    trial = ledger.ended(end(begin(ledger), A.LOST, Outcome.LOST_WORKER))
    assert trial is not None
    assert (trial.status, trial.failures, trial.losses) == (T.WAITING, 0, 1)
    trial = ledger.ended(end(begin(ledger), A.LOST, Outcome.LOST_NODE))
    assert trial is not None
    assert (trial.status, trial.losses, trial.error) == (T.FAILED, 2, "E: no")


RETRIED = {Again.RETRIES: 2, Again.LOSSES: 4, Again.NEVER: 0}
BAD_ENDS = [
    (A.FAILED, Outcome.ERROR, Again.RETRIES),
    (A.FAILED, Outcome.TIMEOUT, Again.RETRIES),
    (A.FAILED, Outcome.OUT_OF_MEMORY, Again.RETRIES),
    (A.LOST, Outcome.OUT_OF_MEMORY, Again.LOSSES),
    (A.LOST, Outcome.LOST_WORKER, Again.LOSSES),
    (A.LOST, Outcome.LOST_NODE, Again.LOSSES),
    (A.LOST, Outcome.PREEMPTED, Again.LOSSES),
    (A.FAILED, Outcome.NOT_A_NUMBER, Again.NEVER),
]


@pytest.mark.parametrize(("status", "outcome", "against"), BAD_ENDS)
def test_each_end_is_followed_by_as_many_attempts_as_its_policy_allows(
    status: AttemptStatus, outcome: Outcome, against: Again
) -> None:
    assert RETRY_POLICY[outcome] in (against, Again.EITHER)
    ledger = fresh(retries=RETRIED[Again.RETRIES], losses=RETRIED[Again.LOSSES])

    for attempt in range(RETRIED[against] + 1):
        assert ledger.waiting() == [0], attempt
        ledger.ended(end(begin(ledger), status, outcome))

    assert ledger.tally.counts[T.FAILED] == 1
    assert ledger.changes.new_trials[0].attempts == RETRIED[against] + 1


@pytest.mark.parametrize("wish", [Wish.PRUNE, Wish.CANCEL])
def test_whoever_was_stopped_for_good_is_not_run_again(wish: Wish) -> None:
    ledger = fresh(retries=5)
    key = begin(ledger)
    ledger.wish(0, wish)
    trial = ledger.ended(end(key, A.STOPPED, Outcome.PAUSED))
    assert trial is not None
    assert trial.status in ENDED
    recorded = ledger.changes.new_attempts[key].outcome
    assert recorded is not None
    assert RETRY_POLICY[recorded] is Again.NEVER


def test_whoever_was_to_pause_and_was_killed_instead_goes_on_for_free() -> None:
    ledger = fresh(retries=0, losses=0)
    for interrupting in (True, False):
        key = begin(ledger)
        ledger.interrupting = interrupting
        ledger.wish(0, Wish.PAUSE)
        trial = ledger.ended(end(key, A.LOST, Outcome.LOST_WORKER))
        assert trial is not None
        assert (trial.status, trial.losses) == (T.WAITING, 0)
        recorded = ledger.changes.new_attempts[key].outcome
        assert recorded is not None
        assert RETRY_POLICY[recorded] is Again.FREE


class JumpingClock(SettableClock):
    """A clock that somebody sets: what it says has nothing to do with the time that passes."""

    def now(self) -> float:
        return 1e9 - 3600.0 * self.elapsed()


def test_durations_and_time_limits_do_not_follow_a_clock_that_is_set() -> None:
    clock = JumpingClock()
    ledger = fresh(clock, timeout=10.0, resources=Resources(gpus=1))
    told = begin(ledger)
    clock.advance(4.0)
    assert ledger.overtime.overdue() == []
    lost = ledger.ended(replace(end(told, A.LOST, Outcome.LOST_WORKER), time=clock.now()))
    assert lost is not None
    assert lost.duration == ledger.tally.gpu_seconds == 4.0

    key = begin(ledger)
    clock.advance(6.5)
    said = replace(end(key), time=clock.now(), usage={"seconds": 6.0})  # as its worker measured
    done = ledger.ended(said)
    assert done is not None
    assert done.duration == ledger.tally.gpu_seconds == 10.0


def test_an_attempt_over_its_time_fails_unless_something_was_wished_of_it() -> None:
    clock = SettableClock()
    ledger = fresh(clock, timeout=10.0, retries=0)
    key = begin(ledger)
    clock.advance(9.9)
    assert ledger.overtime.overdue() == []
    clock.advance(0.2)
    assert ledger.overtime.overdue() == [key]
    assert ledger.overtime.overdue() == []
    trial = ledger.ended(end(key, A.LOST, Outcome.LOST_WORKER))
    assert trial is not None
    assert (trial.status, trial.failures, trial.losses) == (T.FAILED, 1, 0)
    assert ledger.changes.attempts == {}
    assert ledger.changes.new_attempts[key].outcome is Outcome.TIMEOUT


def test_an_attempt_cannot_stop_without_a_wish() -> None:
    ledger = fresh()
    key = begin(ledger)
    error = refused(LifecycleError, lambda: ledger.ended(end(key, A.STOPPED, Outcome.PAUSED)))
    assert "trial 0, attempt 1" in error.message


def test_the_end_may_be_the_first_that_is_heard_of_an_attempt() -> None:
    for status in (A.SUCCEEDED, A.FAILED, A.LOST):
        ledger = fresh()
        ledger.start(0)
        assert ledger.ended(end(AttemptKey(0, 1), status, OUTCOMES[status][0])) is not None


def test_a_summary_keeps_last_and_best_and_passes_over_what_is_not_finite() -> None:
    ledger = fresh()
    key = begin(ledger)
    for step, loss in enumerate([0.5, 0.2, math.nan, 0.4, math.inf], 1):
        ledger.reported(report(key, step, loss))
    summary = ledger.trials[0].summary["loss"]
    assert summary == {"step": 5, "min": 0.2, "max": 0.5, "best": 0.2}
    ledger.reported(report(key, 6, 0.3))
    assert ledger.trials[0].summary["loss"]["last"] == 0.3


def test_a_step_reported_again_is_told_to_the_scheduler_with_what_went_before() -> None:
    ledger = fresh()
    key = begin(ledger)
    told = [ledger.reported(report(key, step)) for step in (1, 2, 5)]
    assert [(p.before, p.step) for p in told if p] == [(0, 1), (1, 2), (2, 5)]
    # Run again without a checkpoint, it reports its first step anew.
    again = ledger.reported(report(key, 1))
    assert again is not None
    assert again.before == 0
