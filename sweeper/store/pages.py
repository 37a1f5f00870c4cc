"""Pages of long lists: each question takes a cursor and a limit, and reads no more than that."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sqlalchemy import select

from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.sweep import SweepOverview
from sweeper.model.trial import TrialRecord
from sweeper.store.marks import WishRecord
from sweeper.store.overviews import overviews_of
from sweeper.store.rows import trial_record
from sweeper.store.store import Store
from sweeper.store.tables import metrics, sweeps, trials, wishes


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One reported number; a NaN is a NaN, time is in epoch seconds."""

    step: int
    value: float
    time: float
    attempt: int


def sweeps_before(
    store: Store, before: int | None, limit: int, clock: Clock = SYSTEM_CLOCK
) -> list[SweepOverview]:
    """List sweeps, the newest first, below an id where one is given."""
    query = select(sweeps).order_by(sweeps.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(sweeps.c.id < _whole(before))
    now = store.time(clock)
    with store.reading() as connection:
        return overviews_of(connection, query, now)


def trials_after(
    store: Store, sweep_id: int, after: int, limit: int, status: TrialStatus | None = None
) -> list[TrialRecord]:
    """List trials by number, above a number, optionally of one status."""
    query = select(trials).where(trials.c.sweep_id == sweep_id, trials.c.number > _whole(after))
    if status is not None:
        query = query.where(trials.c.status == status.value)
    with store.reading() as connection:
        rows = connection.execute(query.order_by(trials.c.number).limit(limit)).mappings()
        return [trial_record(row) for row in rows]


def reports_after(
    store: Store, trial: tuple[int, int], metric: str, after: int, limit: int
) -> list[Report]:
    """List the reports of a metric by step, above a step, of a sweep's id and trial number."""
    here = metrics.c.sweep_id == trial[0], metrics.c.trial == trial[1], metrics.c.metric == metric
    query = select(metrics.c.step, metrics.c.value, metrics.c.time, metrics.c.attempt)
    query = query.where(*here, metrics.c.step > after).order_by(metrics.c.step).limit(limit)
    with store.reading() as connection:
        return [
            Report(
                step=row.step,
                value=math.nan if row.value is None else row.value,
                time=row.time,
                attempt=row.attempt,
            )
            for row in connection.execute(query)
        ]


def wishes_before(store: Store, sweep_id: int, before: int | None, limit: int) -> list[WishRecord]:
    """List the wishes of a sweep, the newest first, below an id where one is given."""
    query = select(wishes).where(wishes.c.sweep_id == sweep_id)
    if before is not None:
        query = query.where(wishes.c.id < before)
    with store.reading() as connection:
        return [
            WishRecord(**{name: row[name] for name in row if name != "sweep_id"})
            for row in connection.execute(
                query.order_by(wishes.c.id.desc()).limit(limit)
            ).mappings()
        ]


def _whole(cursor: int) -> int:
    """Bring a cursor into the range of PostgreSQL's integers, which it need not keep to."""
    return min(max(cursor, -(2**31)), 2**31 - 1)
