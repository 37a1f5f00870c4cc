"""What readers ask of a store: one function a question, all of them reading only."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, func, select

from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.model.comparison import Compared
from sweeper.model.sweep import SweepOverview, SweepRecord
from sweeper.model.trial import AttemptRecord, TrialRecord
from sweeper.store.leases import lives
from sweeper.store.overviews import counts_of, overview_of, overviews_of, sweep_of, the_sweep
from sweeper.store.rows import attempt_record, trial_record
from sweeper.store.store import DRIVER_SECONDS, Store
from sweeper.store.tables import (
    artifacts,
    attempts,
    events,
    logs,
    metrics,
    sweeps,
    trials,
    wishes,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What is new in a sweep since a rev: its overview and the trials that changed."""

    rev: int
    overview: SweepOverview
    trials: list[TrialRecord]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One metric of one trial over its steps; a NaN is a NaN, times are epoch seconds."""

    trial: int
    steps: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPiece:
    """A piece of what an attempt wrote; id is the cursor for what comes after it."""

    id: int
    attempt: int
    stream: str
    time: float
    text: str


def find_sweep(store: Store, name: str) -> SweepRecord:
    """Give the sweep of this name.

    Raises:
        SweepNotFound: there is none; lists the nearest names.
    """
    with store.reading() as connection:
        return the_sweep(connection, store, name)


def find_compared(store: Store, name: str, number: int | None) -> Compared | None:
    """Give a trial of a sweep, its best where no number is given, with its newest attempt.

    None means that the sweep has no such trial, or no best one yet.

    Raises:
        SweepNotFound: there is no sweep of this name.
    """
    sweep = find_sweep(store, name)
    meant = sweep.best_trial if number is None else number
    trial = None if meant is None else find_trial(store, sweep.id, meant)
    if trial is None:
        return None
    attempts = list_attempts(store, sweep.id, trial.number)
    return Compared(sweep=sweep, trial=trial, attempt=attempts[-1] if attempts else None)


def has_sweep(store: Store, name: str) -> bool:
    """Tell whether a sweep of this name lies in the store."""
    with store.reading() as connection:
        return sweep_of(connection, name) is not None


def list_sweeps(store: Store, clock: Clock = SYSTEM_CLOCK) -> list[SweepOverview]:
    """List all sweeps, the latest changed first."""
    now = store.time(clock)
    with store.reading() as connection:
        return overviews_of(connection, select(sweeps).order_by(sweeps.c.updated.desc()), now)


def overview(store: Store, name: str, clock: Clock = SYSTEM_CLOCK) -> SweepOverview:
    """Give a sweep with its counts.

    Raises:
        SweepNotFound: there is no sweep of this name.
    """
    now = store.time(clock)
    with store.reading() as connection:
        sweep = the_sweep(connection, store, name)
        counts = counts_of(connection, [sweep.id]).get(sweep.id, {})
    return overview_of(sweep, counts, now)


def changes_since(store: Store, name: str, rev: int, clock: Clock = SYSTEM_CLOCK) -> Changed | None:
    """Give what changed after a rev, of one consistent state; None where nothing did.

    Args:
        store: where the sweep lies.
        name: the sweep's name.
        rev: the cursor of what is known; -1 where nothing is.
        clock: tells whether the sweep's lease lives.

    Raises:
        SweepNotFound: there is no sweep of this name.
    """
    now = store.time(clock)
    with store.reading() as connection:
        sweep = the_sweep(connection, store, name)
        if sweep.rev == rev:
            return None
        since = rev if rev <= sweep.rev else -1
        query = select(trials).where(trials.c.sweep_id == sweep.id, trials.c.rev > since)
        rows = connection.execute(query.order_by(trials.c.number)).mappings()
        changed = [trial_record(row) for row in rows]
        counts = counts_of(connection, [sweep.id]).get(sweep.id, {})
    return Changed(rev=sweep.rev, overview=overview_of(sweep, counts, now), trials=changed)


def current_rev(store: Store, sweep_id: int) -> int:
    """Give the rev of a sweep: how many transactions its controllers have recorded."""
    query = select(sweeps.c.rev).where(sweeps.c.id == sweep_id)
    with store.reading(patience=DRIVER_SECONDS) as connection:
        return int(connection.execute(query).scalar() or 0)


def is_driven(store: Store, name: str, clock: Clock = SYSTEM_CLOCK) -> bool:
    """Tell whether a living process holds the sweep's lease."""
    holder = find_sweep(store, name).lease
    return holder is not None and lives(holder, store.time(clock))


def list_trials(store: Store, sweep_id: int) -> list[TrialRecord]:
    """List all trials of a sweep by number."""
    query = select(trials).where(trials.c.sweep_id == sweep_id).order_by(trials.c.number)
    with store.reading() as connection:
        return [trial_record(row) for row in connection.execute(query).mappings()]


def find_trial(store: Store, sweep_id: int, number: int) -> TrialRecord | None:
    """Give one trial; None where the sweep has no such number."""
    query = select(trials).where(trials.c.sweep_id == sweep_id, trials.c.number == number)
    with store.reading() as connection:
        row = connection.execute(query).mappings().first()
    return None if row is None else trial_record(row)


def count_trials(store: Store, sweep_id: int) -> int:
    """Count the trials of a sweep."""
    query = select(func.count()).select_from(trials).where(trials.c.sweep_id == sweep_id)
    with store.reading() as connection:
        return int(connection.execute(query).scalar_one())


def list_attempts(
    store: Store, sweep_id: int, trial: int | None = None, *, status: Sequence[str] = ()
) -> list[AttemptRecord]:
    """List the attempts of a sweep or of one trial, optionally only of some statuses."""
    query = select(attempts).where(attempts.c.sweep_id == sweep_id)
    if trial is not None:
        query = query.where(attempts.c.trial == trial)
    if status:
        query = query.where(attempts.c.status.in_([str(s) for s in status]))
    query = query.order_by(attempts.c.trial, attempts.c.number)
    with store.reading() as connection:
        return [attempt_record(row) for row in connection.execute(query).mappings()]


def curves(
    store: Store,
    sweep_id: int,
    metric: str,
    numbers: Iterable[int] | None = None,
) -> list[Curve]:
    """Give a metric over steps, of all trials or of some."""
    query = select(metrics.c.trial, metrics.c.step, metrics.c.value, metrics.c.time).where(
        metrics.c.sweep_id == sweep_id, metrics.c.metric == metric
    )
    if numbers is not None:
        query = query.where(metrics.c.trial.in_(list(numbers)))
    found: dict[int, Curve] = {}
    with store.reading() as connection:
        for trial, *point in connection.execute(query.order_by(metrics.c.trial, metrics.c.step)):
            curve = found.get(trial) or found.setdefault(trial, Curve(trial=trial))
            _extend(curve, *point)
    return list(found.values())


def _extend(curve: Curve, step: int, value: float | None, time: float) -> None:
    curve.steps.append(step)
    curve.values.append(math.nan if value is None else value)
    curve.times.append(time)


def reports_at(
    store: Store,
    sweep_id: int,
    metric: str,
    steps: Iterable[int],
    *,
    every: int = 1,
    besides: int | None = None,
) -> list[tuple[int, int, float, float]]:
    """List (trial, step, value, time) of a metric at some steps, by trial and step.

    Args:
        store: where the sweep lies.
        sweep_id: the sweep's key.
        metric: the metric.
        steps: the steps.
        every: a number that divides the numbers of the trials that are read.
        besides: a further trial that is read.
    """
    query = (
        select(metrics.c.trial, metrics.c.step, metrics.c.value, metrics.c.time)
        .where(metrics.c.sweep_id == sweep_id, metrics.c.metric == metric)
        .where(metrics.c.step.in_(list(steps)))
        .order_by(metrics.c.trial, metrics.c.step)
    )
    if every > 1:
        query = query.where((metrics.c.trial % every == 0) | (metrics.c.trial == besides))
    with store.reading() as connection:
        return [
            (trial, step, math.nan if value is None else value, time)
            for trial, step, value, time in connection.execute(query).all()
        ]


def trial_metrics(store: Store, sweep_id: int, number: int) -> dict[str, Curve]:
    """Give all metrics of one trial over its steps."""
    query = select(metrics.c.metric, metrics.c.step, metrics.c.value, metrics.c.time).where(
        metrics.c.sweep_id == sweep_id, metrics.c.trial == number
    )
    found: dict[str, Curve] = {}
    with store.reading() as connection:
        for metric, *point in connection.execute(query.order_by(metrics.c.metric, metrics.c.step)):
            _extend(found.setdefault(metric, Curve(trial=number)), *point)
    return found


def reports_in_order(
    store: Store, sweep_id: int, metric: str
) -> list[tuple[float, int, int, float]]:
    """List (time, trial, step, value) of a metric in the order in which it was reported."""
    query = (
        select(metrics.c.time, metrics.c.trial, metrics.c.step, metrics.c.value)
        .where(metrics.c.sweep_id == sweep_id, metrics.c.metric == metric)
        .order_by(metrics.c.time, metrics.c.trial, metrics.c.step)
    )
    with store.reading() as connection:
        return [
            (time, trial, step, math.nan if value is None else value)
            for time, trial, step, value in connection.execute(query)
        ]


def metric_names(store: Store, sweep_id: int) -> list[str]:
    """List the metrics that the trials of a sweep have reported."""
    query = select(metrics.c.metric).where(metrics.c.sweep_id == sweep_id).distinct()
    with store.reading() as connection:
        return sorted(connection.execute(query).scalars())


def read_logs(
    store: Store,
    sweep_id: int,
    trial: int,
    *,
    attempt: int | None = None,
    after: int = 0,
    limit: int = 10_000,
) -> list[LogPiece]:
    """Read what a trial wrote, in order, beyond a cursor."""
    query = _written(sweep_id, trial).where(logs.c.id > after)
    if attempt is not None:
        query = query.where(logs.c.attempt == attempt)
    return _pieces(store, query.order_by(logs.c.id).limit(limit))


def last_logs(
    store: Store, sweep_id: int, trial: int, *, count: int, before: int | None = None
) -> list[LogPiece]:
    """Read the last pieces that a trial wrote, or the last ones before a cursor, in order."""
    query = _written(sweep_id, trial)
    if before is not None:
        query = query.where(logs.c.id < before)
    return _pieces(store, query.order_by(logs.c.id.desc()).limit(count))[::-1]


def find_in_logs(
    store: Store, sweep_id: int, trial: int, text: str, *, limit: int = 500
) -> list[LogPiece]:
    """Read the pieces of a trial's log in which a text occurs, in order, upper case or lower."""
    query = _written(sweep_id, trial).where(logs.c.text.icontains(text, autoescape=True))
    return _pieces(store, query.order_by(logs.c.id).limit(limit))


def _written(sweep_id: int, trial: int) -> Select[Any]:
    return select(logs).where(logs.c.sweep_id == sweep_id, logs.c.trial == trial)


def _pieces(store: Store, query: Select[Any]) -> list[LogPiece]:
    with store.reading() as connection:
        return [
            LogPiece(
                id=row["id"],
                attempt=row["attempt"],
                stream=row["stream"],
                time=row["time"],
                text=row["text"],
            )
            for row in connection.execute(query).mappings()
        ]


def list_events(store: Store, sweep_id: int, trial: int | None = None) -> list[Mapping[str, Any]]:
    """List what happened to a sweep, or to one trial, in order."""
    query = select(events).where(events.c.sweep_id == sweep_id).order_by(events.c.id)
    if trial is not None:
        query = query.where(events.c.trial == trial)
    return _mappings(store, query)


def list_artifacts(
    store: Store, sweep_id: int, trial: int | None = None
) -> list[Mapping[str, Any]]:
    """List the checkpoints and artifacts of a sweep or of one trial, oldest first."""
    query = select(artifacts).where(artifacts.c.sweep_id == sweep_id).order_by(artifacts.c.time)
    if trial is not None:
        query = query.where(artifacts.c.trial == trial)
    return _mappings(store, query)


def open_wishes(store: Store, sweep_id: int) -> list[Mapping[str, Any]]:
    """List the wishes that no controller has answered yet, oldest first."""
    query = select(wishes).where(wishes.c.sweep_id == sweep_id, wishes.c.answered.is_(None))
    return _mappings(store, query.order_by(wishes.c.id), patience=DRIVER_SECONDS)


def _mappings(store: Store, query: Any, patience: float | None = None) -> list[Mapping[str, Any]]:
    with store.reading(patience) as connection:
        return [dict(row) for row in connection.execute(query).mappings()]
