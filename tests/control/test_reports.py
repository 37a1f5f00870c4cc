"""What the ledger makes of reports: the scheduler sees only the objective's own steps."""

from __future__ import annotations

from sweeper.clock import SettableClock
from sweeper.control.ledger import Ledger
from sweeper.model.event import AttemptKey, Ended, Reported, Started
from sweeper.model.lifecycle import AttemptStatus, Outcome, TrialStatus, Wish
from sweeper.model.sweep import Options
from sweeper.testing.fakes import LOSS

KEY = AttemptKey(0, 1)


def running() -> Ledger:
    """Make a ledger with one running trial."""
    ledger = Ledger(LOSS, Options(), SettableClock())
    ledger.add(0, {}, seed=1, origin="search")
    ledger.start(0)
    ledger.launched(KEY)
    ledger.began(Started(key=KEY, time=1.0, host="here", pid=1))
    return ledger


def report(step: int, **metrics: float) -> Reported:
    """Make a report of the running attempt."""
    return Reported(key=KEY, time=float(step), step=step, metrics=metrics)


def test_a_report_without_the_objective_is_no_step_of_it() -> None:
    ledger = running()

    assert ledger.reported(report(1, other=1.0)) is None
    seen = ledger.reported(report(1, loss=1.0))

    assert seen is not None
    assert (seen.before, seen.step) == (0, 1)


def test_a_beginning_that_is_heard_twice_counts_once() -> None:
    ledger = running()

    ledger.began(Started(key=KEY, time=2.0, host="there", pid=2))

    assert ledger.live[0].host == "here"


def test_an_attempt_that_was_to_end_anyway_is_no_loss() -> None:
    ledger = running()
    ledger.wish(0, Wish.PRUNE)

    trial = ledger.ended(
        Ended(key=KEY, time=3.0, status=AttemptStatus.LOST, outcome=Outcome.LOST_WORKER)
    )

    assert trial is not None
    assert (trial.status, trial.losses) == (TrialStatus.PRUNED, 0)
