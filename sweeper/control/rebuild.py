"""The way back: how a sweep that stopped anywhere is made to go on where it stood."""

from __future__ import annotations

from sweeper.clock import Clock
from sweeper.control.ledger import Ledger
from sweeper.model.event import AttemptKey, Ended, Failure
from sweeper.model.lifecycle import ENDED, LIVE, AttemptStatus, Outcome, Wish
from sweeper.model.objective import Goal
from sweeper.model.sweep import SweepRecord
from sweeper.model.trial import TrialRecord
from sweeper.schedule.scheduler import Progress, Scheduler
from sweeper.search.searcher import RungAware, Searcher
from sweeper.store import questions
from sweeper.store.store import Store


def refill(ledger: Ledger, store: Store, sweep: SweepRecord, clock: Clock) -> list[TrialRecord]:
    """Fill a new ledger from the store, ending the attempts that nobody runs any more.

    They do not count as losses: it was the controller that went away, not their worker.
    """
    recorded = questions.list_trials(store, sweep.id)
    for trial in recorded:
        ledger.take_in(trial)
    for kept in questions.list_artifacts(store, sweep.id):
        if kept["kind"] == "checkpoint":
            newest = max(kept["step"] or 0, ledger.saved.get(kept["trial"], 0))
            ledger.saved[kept["trial"]] = newest
    live = questions.list_attempts(store, sweep.id, status=[s.value for s in LIVE])
    ledger.interrupting = True
    for attempt in live:
        ledger.live[attempt.trial] = attempt
        key = AttemptKey(attempt.trial, attempt.number)
        if attempt.wish is Wish.NONE:
            ledger.wish(attempt.trial, Wish.PAUSE)
        # It ended when the store was last written, at the latest.
        ledger.ended(_went_with_controller(key, sweep.updated))
        ledger.changes.event(
            clock.now(), "attempt_lost", "its controller went away while it ran", key
        )
    ledger.interrupting = False
    ledger.failed_in_a_row = 0
    ledger.first_errors = []
    ledger.release_paused()
    by_number = {trial.number: trial for trial in recorded}
    by_number.update(ledger.changes.trials)
    return [by_number[number] for number in sorted(by_number)]


def _went_with_controller(key: AttemptKey, time: float) -> Ended:
    return Ended(
        key=key,
        time=time,
        status=AttemptStatus.LOST,
        outcome=Outcome.INTERRUPTED,
        failure=Failure(type="ControllerGone", message="its controller went away"),
    )


def teach_searcher(searcher: Searcher, trials: list[TrialRecord]) -> None:
    """Let a new searcher observe the recorded trials in the order of their numbers."""
    for trial in trials:
        searcher.observe(trial)


def tell_rungs(searcher: RungAware, scheduler: Scheduler, report: Progress) -> None:
    """Let a searcher know of a report that has come to a rung of the scheduler's."""
    rungs = tuple(scheduler.milestones(report.trial).crossed(report.before, report.step))
    if rungs:
        searcher.observe_report(report, rungs)


def teach_scheduler(
    scheduler: Scheduler,
    store: Store,
    sweep: SweepRecord,
    goal: Goal,
    trials: list[TrialRecord],
    searcher: RungAware | None = None,
) -> dict[int, int]:
    """Feed a new scheduler the recorded reports, trial by trial, and then the ends.

    A searcher that learns from rungs hears of them along with it.

    Gives the furthest step of each trial that has reported.
    """
    furthest: dict[int, int] = {}
    for curve in questions.curves(store, sweep.id, goal.metric):
        before = 0
        for step, value in zip(curve.steps, curve.values):
            report = Progress(
                trial=curve.trial,
                step=step,
                value=value,
                score=goal.score(value),
                before=before,
                metrics={goal.metric: value},
            )
            scheduler.decide(report)
            if searcher is not None:
                tell_rungs(searcher, scheduler, report)
            before = step
        furthest[curve.trial] = before
    for trial in trials:
        if trial.status in ENDED:
            scheduler.observe_end(trial)
    return furthest
