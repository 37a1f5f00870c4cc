"""Tests of the reasons for which a sweep ends early."""

from __future__ import annotations

from typing import Any

import pytest

from sweeper.clock import SettableClock
from sweeper.control.budget import all_tried, ending_due, share_saved
from sweeper.control.ledger import Ledger
from sweeper.model.lifecycle import SweepStatus, TrialStatus
from sweeper.model.sweep import Options
from sweeper.testing.fakes import LOSS, make_trial

DONE, PRUNED, FAILED = TrialStatus.COMPLETED, TrialStatus.PRUNED, TrialStatus.FAILED


def ledger_of(*trials: tuple[TrialStatus, float | None], options: Options) -> Ledger:
    """Make a ledger of trials that have ended like this."""
    ledger = Ledger(LOSS, options, SettableClock())
    for number, (status, value) in enumerate(trials):
        ledger.take_in(make_trial(number, status=status, value=value))
    return ledger


def due(*trials: tuple[TrialStatus, float | None], seconds: float = 0.0, **options: Any) -> Any:
    """Say how a sweep with such options and trials is to end."""
    asked = Options(**options)
    return ending_due(ledger_of(*trials, options=asked), asked, LOSS.first, seconds)


def test_without_a_budget_a_sweep_goes_on() -> None:
    assert due((DONE, 0.5), seconds=1e9) is None
    assert due() is None


def test_time_is_up_at_its_end_and_not_before() -> None:
    assert due(seconds=59.9, time=60.0) is None
    ending = due(seconds=60.0, time=60.0)
    assert ending.status is SweepStatus.COMPLETED
    assert "60 s" in ending.reason


@pytest.mark.parametrize(("value", "ends"), [(0.2, False), (0.1, True), (0.05, True)])
def test_a_target_is_reached_by_a_value_as_good(value: float, ends: bool) -> None:
    assert (due((DONE, value), target=0.1) is not None) == ends
    assert due((PRUNED, value), target=0.1) is None


def test_patience_counts_the_trials_since_the_best() -> None:
    worse = [(DONE, 0.9), (PRUNED, 0.8)]
    assert due((DONE, 0.5), *worse, patience=3) is None
    assert due((DONE, 0.5), *worse, (DONE, 0.5), patience=3) is not None
    assert due((DONE, 0.5), *worse, (DONE, 0.4), patience=3) is None


def test_failures_in_a_row_end_the_sweep_as_failed() -> None:
    assert due((FAILED, None), (FAILED, None), (DONE, 0.5), max_failures=2) is None
    ending = due((DONE, 0.5), (FAILED, None), (FAILED, None), max_failures=2)
    assert ending.status is SweepStatus.FAILED


def test_a_sweep_of_failures_alone_has_failed() -> None:
    options = Options()
    ending = all_tried(ledger_of((FAILED, None), options=options), 1, exhausted=True)
    assert ending.status is SweepStatus.FAILED
    for exhausted, told in ((True, "configurations of the space"), (False, "all trials")):
        done = ledger_of((FAILED, None), (DONE, 0.5), options=options)
        ending = all_tried(done, 2, exhausted=exhausted)
        assert ending.status is SweepStatus.COMPLETED
        assert told in ending.reason


def test_what_pruning_saved_is_a_share_of_full_trainings() -> None:
    ledger = ledger_of((DONE, 0.5), options=Options())
    assert share_saved(ledger) is None
    ledger.take_in(make_trial(1, status=PRUNED, value=0.5))
    assert share_saved(ledger) == 0.0
    ledger.tally.longest, ledger.tally.steps_done = 10, 11
    assert share_saved(ledger) == pytest.approx(0.45)
