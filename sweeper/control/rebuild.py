"""The way back: how a sweep that stopped anywhere is made to go on where it stood."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from heapq import merge
from operator import itemgetter

from sweeper.clock import Clock
from sweeper.control.ledger import Ledger
from sweeper.model.event import AttemptKey, Ended, Failure
from sweeper.model.lifecycle import ENDED, LIVE, AttemptStatus, Outcome, TrialStatus, Wish
from sweeper.model.objective import Goal
from sweeper.model.sweep import SweepRecord
from sweeper.model.trial import TrialRecord
from sweeper.schedule.scheduler import Copying, Note, Noting, Pausing, Progress, Scheduler
from sweeper.search.searcher import RungAware, Searcher
from sweeper.store import questions
from sweeper.store.pauses import paused_attempts, settled
from sweeper.store.questions import Curve
from sweeper.store.store import Store


def refill(ledger: Ledger, store: Store, sweep: SweepRecord, clock: Clock) -> list[TrialRecord]:
    """Fill a new ledger from the store, ending the attempts that nobody runs any more.

    They do not count as losses: it was the controller that went away, not their worker. Whom
    the scheduler had paused waits for it again, also where its sweep had ended meanwhile.
    """
    recorded = questions.list_trials(store, sweep.id)
    paused = paused_attempts(store, sweep.id)
    replaced = {trial.copied.replaces for trial in recorded if trial.copied is not None}
    for trial in recorded:
        held = paused.get(trial.number) == trial.attempts > 0 and trial.number not in replaced
        if held and trial.status is TrialStatus.PRUNED:
            ledger.take_back(trial)
        else:
            ledger.take_in(trial)
        if held and trial.status in (TrialStatus.RUNNING, TrialStatus.PAUSED):
            ledger.held.add(trial.number)
    for kept in questions.list_artifacts(store, sweep.id):
        if kept["kind"] == "checkpoint":
            ledger.saved.add(kept["trial"], kept["step"])
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
    ledger.tally.failed_in_a_row = 0
    ledger.tally.first_errors = []
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
    rungs = tuple(scheduler.milestones(report.trial).rungs(report.before, report.step))
    if rungs:
        searcher.observe_report(report, rungs)


def teach_scheduler(
    scheduler: Scheduler,
    ledger: Ledger,
    store: Store,
    sweep: SweepRecord,
    trials: list[TrialRecord],
    searcher: RungAware | None = None,
) -> None:
    """Feed a new scheduler its notes, the reports and ends in their order, and who is held.

    A searcher that learns from rungs hears of them along with it. The ledger learns the
    furthest step of each trial that has reported.
    """
    if isinstance(scheduler, Noting):
        scheduler.recall([Note(*written) for written in settled(store, sweep.id)])
    if isinstance(scheduler, Copying):
        for trial in trials:
            scheduler.observe_start(trial)
    curves = questions.curves(store, sweep.id, sweep.goals().first.metric)
    for told in _in_order(curves, sweep.goals().first, _others(store, sweep), trials):
        if isinstance(told, TrialRecord):
            scheduler.observe_end(told)
            continue
        scheduler.decide(told)
        if searcher is not None:
            tell_rungs(searcher, scheduler, told)
    for curve in curves:
        ledger.passed[curve.trial] = curve.steps[-1]
    if isinstance(scheduler, Pausing):
        scheduler.take_up(ledger.held)


def _in_order(
    curves: list[Curve],
    goal: Goal,
    others: Mapping[tuple[int, int], Mapping[str, float]],
    trials: list[TrialRecord],
) -> Iterator[Progress | TrialRecord]:
    """Give all reports and ends as they came; at the same time, by the trials' numbers.

    Some schedulers, Optuna's pruners among them, compare a trial only with what had ended by then.
    """
    told = {curve.trial: curve for curve in curves}
    ended = {trial.number: trial for trial in trials if trial.status in ENDED}
    stories = [
        _story(told.get(number, Curve(trial=number)), goal, others, ended.get(number))
        for number in sorted(told.keys() | ended.keys())
    ]
    for _, _, event in merge(*stories, key=itemgetter(0, 1)):
        yield event


def _story(
    curve: Curve,
    goal: Goal,
    others: Mapping[tuple[int, int], Mapping[str, float]],
    ended: TrialRecord | None,
) -> Iterator[tuple[float, int, Progress | TrialRecord]]:
    """Give a trial's reports by step, and its end behind them, each with its time and number."""
    before, latest = 0, -math.inf
    for step, value, time in zip(curve.steps, curve.values, curve.times):
        # A step that is reported again may come later than the next one was reported.
        latest = max(latest, time)
        report = Progress(
            trial=curve.trial,
            step=step,
            value=value,
            score=goal.score(value),
            before=before,
            metrics={**others.get((curve.trial, step), {}), goal.metric: value},
        )
        yield latest, curve.trial, report
        before = step
    if ended is not None:
        yield max(latest, ended.ended or latest), curve.trial, ended


def _others(store: Store, sweep: SweepRecord) -> dict[tuple[int, int], dict[str, float]]:
    """Give the other objectives' values by trial and step."""
    found: dict[tuple[int, int], dict[str, float]] = {}
    for metric in sweep.goals().metrics[1:]:
        for curve in questions.curves(store, sweep.id, metric):
            for step, value in zip(curve.steps, curve.values):
                found.setdefault((curve.trial, step), {})[metric] = value
    return found
