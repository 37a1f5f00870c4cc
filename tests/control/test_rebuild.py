"""Tests of the way back: a new ledger, searcher and scheduler from what was recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from sweeper.control.ledger import Ledger
from sweeper.control.rebuild import refill, teach_scheduler, teach_searcher
from sweeper.model.assignment import Decision
from sweeper.model.event import AttemptKey, Ended, Reported, Started
from sweeper.model.lifecycle import AttemptStatus, Outcome, TrialStatus, Wish
from sweeper.model.sweep import Options
from sweeper.model.trial import TrialRecord
from sweeper.schedule import ASHA, Median, Progress
from sweeper.store import questions
from sweeper.store.recording import Changes
from sweeper.store.store import Store
from sweeper.testing.fakes import LOSS, ListedSearcher, make_sweep, make_trial
from sweeper.testing.scheduler import make_curve, make_report
from sweeper.testing.store import Driven

OPTIONS = Options(retries=1, losses=1)


@pytest.fixture
def driven(sqlite_url: str) -> Iterator[Driven]:
    """A sweep without trials, whose lease is held here."""
    store = Store(sqlite_url)
    yield Driven(store, make_sweep())
    store.close()


def running(driven: Driven, count: int) -> Ledger:
    """Let so many trials begin, each with one report, and record them."""
    ledger = Ledger(LOSS, OPTIONS, driven.clock)
    for number in range(count):
        ledger.add(number, {"x": number}, seed=number, origin="search")
        key = AttemptKey(number, ledger.start(number).number)
        ledger.launched(key)
        ledger.began(Started(key=key, time=driven.clock.now(), host="h", pid=1))
        ledger.reported(Reported(key=key, time=1.0, step=1, metrics={"loss": 1.0}))
    driven.record(ledger.take_changes())
    return ledger


def refilled(driven: Driven) -> tuple[Ledger, list[TrialRecord]]:
    """Make a new ledger as the next controller does, and record what it found."""
    ledger = Ledger(LOSS, OPTIONS, driven.clock)
    sweep = questions.find_sweep(driven.store, driven.name)
    trials = refill(ledger, driven.store, sweep, driven.clock)
    driven.record(ledger.take_changes())
    return ledger, trials


def test_a_controllers_death_costs_its_trials_neither_a_retry_nor_a_loss(driven: Driven) -> None:
    running(driven, 3)
    for _ in range(4):
        ledger, trials = refilled(driven)
        assert [trial.status for trial in trials] == [TrialStatus.WAITING] * 3
        assert [(t.failures, t.losses) for t in trials] == [(0, 0)] * 3
        assert ledger.waiting() == [0, 1, 2]
        for number in range(3):
            ledger.start(number)
        driven.record(ledger.take_changes())
    attempts = questions.list_attempts(driven.store, driven.id, 0)
    assert [attempt.number for attempt in attempts] == [1, 2, 3, 4, 5]
    assert {attempt.outcome for attempt in attempts[:4]} == {Outcome.INTERRUPTED}
    assert {attempt.status for attempt in attempts[:4]} == {AttemptStatus.LOST}


@pytest.mark.parametrize(
    ("wish", "becomes"),
    [
        (Wish.PAUSE, TrialStatus.WAITING),
        (Wish.PRUNE, TrialStatus.PRUNED),
        (Wish.CANCEL, TrialStatus.CANCELLED),
    ],
)
def test_what_was_wished_of_an_attempt_is_remembered(
    driven: Driven, wish: Wish, becomes: TrialStatus
) -> None:
    ledger = running(driven, 1)
    ledger.wish(0, wish)
    driven.record(ledger.take_changes())
    _, [trial] = refilled(driven)
    assert trial.status is becomes


def test_sums_and_the_best_are_as_they_were(driven: Driven) -> None:
    before = running(driven, 6)
    driven.clock.advance(10.0)
    for number, status in enumerate([AttemptStatus.SUCCEEDED] * 3 + [AttemptStatus.FAILED] * 2):
        succeeded = status is AttemptStatus.SUCCEEDED
        before.ended(
            Ended(
                key=AttemptKey(number, 1),
                time=driven.clock.now(),
                status=status,
                outcome=Outcome.SUCCEEDED if succeeded else Outcome.NOT_A_NUMBER,
                values=(0.5 - number,) if succeeded else None,
            )
        )
    driven.record(before.take_changes())
    after, _ = refilled(driven)
    assert after.tally.best == before.tally.best == (2, -1.5)
    assert (after.tally.steps_done, after.tally.longest) == (
        before.tally.steps_done,
        before.tally.longest,
    )
    assert after.tally.counts[TrialStatus.WAITING] == 1
    assert after.tally.counts[TrialStatus.COMPLETED] == 3
    # Whoever resumes has mended something, so that failures are counted anew.
    assert (before.tally.failed_in_a_row, after.tally.failed_in_a_row) == (2, 0)


def test_trials_are_observed_in_the_order_of_their_numbers(driven: Driven) -> None:
    running(driven, 12)
    _, trials = refilled(driven)
    searcher = ListedSearcher([])
    teach_searcher(searcher, trials)
    assert [trial.number for trial in searcher.observed] == list(range(12))
    assert {trial.status for trial in searcher.observed} == {TrialStatus.WAITING}


@pytest.mark.parametrize("make", [lambda: ASHA(), lambda: Median()], ids=["asha", "median"])
def test_a_scheduler_that_was_taught_decides_as_the_one_that_heard(
    driven: Driven, make: Any
) -> None:
    heard = make()
    changes = Changes()
    for trial in range(15):
        for step, value in enumerate(make_curve(trial, 9), 1):
            heard.decide(make_report(trial, step, value))
            changes.metrics[(trial, "loss", step)] = (value, 1.0, 1)
    driven.record(changes)
    taught = make()
    sweep = questions.find_sweep(driven.store, driven.name)
    ledger = Ledger(LOSS, OPTIONS, driven.clock)
    teach_scheduler(taught, ledger, driven.store, sweep, [])
    for trial in range(15, 40):
        for step, value in enumerate(make_curve(trial, 9), 1):
            report = make_report(trial, step, value)
            assert taught.decide(report) is heard.decide(report)


def test_a_scheduler_is_told_again_in_the_order_in_which_it_was_told(driven: Driven) -> None:
    """A trial counts what had ended by then; 0 and 2 overlap, and 0 reports a step again."""
    changes = Changes()
    times = {(0, 1): 1.0, (1, 1): 2.0, (0, 2): 7.0, (0, 3): 4.0, (2, 1): 5.0, (2, 2): 9.0}
    for (trial, step), time in times.items():
        changes.metrics[(trial, "loss", step)] = (0.5, time, 1)
    driven.record(changes)
    ends = {0: 8.0, 1: 3.0, 3: 6.0}
    trials = [
        replace(make_trial(number, {}, status=TrialStatus.COMPLETED, value=0.5), ended=ended)
        for number, ended in ends.items()
    ]
    heard = Listening()

    sweep = questions.find_sweep(driven.store, driven.name)
    ledger = Ledger(LOSS, OPTIONS, driven.clock)
    teach_scheduler(heard, ledger, driven.store, sweep, [*trials, make_trial(2, {})])

    told = [(0, 1), (1, 1), (1, "end"), (2, 1), (3, "end"), (0, 2), (0, 3), (0, "end"), (2, 2)]
    assert heard.told == told
    assert ledger.passed == {0: 3, 1: 1, 2: 2}


class Listening(Median):
    """A scheduler that keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[int, int | str]] = []

    def decide(self, report: Progress) -> Decision:
        self.told.append((report.trial, report.step))
        return Decision.CONTINUE

    def observe_end(self, trial: TrialRecord) -> None:
        self.told.append((trial.number, "end"))
