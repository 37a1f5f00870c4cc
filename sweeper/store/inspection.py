"""What the doctor asks of a store: whole states of sweeps, rows that belong to nothing, health."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Table, func, select, text, tuple_

from sweeper.model.sweep import SweepRecord
from sweeper.model.trial import AttemptRecord, TrialRecord
from sweeper.store.rows import attempt_record, sweep_record, trial_record
from sweeper.store.store import Store
from sweeper.store.tables import (
    artifacts,
    attempts,
    events,
    logs,
    metrics,
    notes,
    sweeps,
    tags,
    trials,
    views,
    wishes,
)

Rows = Mapping[int, float | None]

_OF_SWEEPS = (trials, attempts, metrics, logs, artifacts, events, wishes, tags, notes, views)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepState:
    """All of a sweep at one moment; rows holds the reports of some trials, by metric and step."""

    sweep: SweepRecord
    trials: list[TrialRecord]
    attempts: list[AttemptRecord]
    rows: Mapping[int, Mapping[str, Rows]]
    wished: list[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What a database says of itself; journal_mode and damage are SQLite's, now is a server's."""

    kind: str
    version: str
    journal_mode: str | None = None
    damage: str | None = None
    now: float | None = None
    newest: float | None = None


def sweep_states(store: Store, sample: int = 20) -> list[SweepState]:
    """Read every sweep as it stands at one moment, with the reports of some trials."""
    found = []
    with store.reading() as connection:
        names = connection.execute(select(sweeps.c.id).order_by(sweeps.c.id)).scalars().all()
    for sweep_id in names:
        with store.reading() as connection:
            found += _state(connection, sweep_id, sample)
    return found


def _state(connection: Connection, sweep_id: int, sample: int) -> list[SweepState]:
    row = connection.execute(select(sweeps).where(sweeps.c.id == sweep_id)).mappings().first()
    if row is None:
        return []
    query = select(trials).where(trials.c.sweep_id == sweep_id).order_by(trials.c.number)
    known = [trial_record(one) for one in connection.execute(query).mappings()]
    query = select(attempts).where(attempts.c.sweep_id == sweep_id)
    ordered = query.order_by(attempts.c.trial, attempts.c.number)
    begun = [attempt_record(one) for one in connection.execute(ordered).mappings()]
    chosen = [trial.number for trial in known[:: max(1, len(known) // sample)]]
    wished = select(wishes.c.created).where(
        wishes.c.sweep_id == sweep_id, wishes.c.answered.is_(None)
    )
    return [
        SweepState(
            sweep=sweep_record(row),
            trials=known,
            attempts=begun,
            rows={number: _rows(connection, sweep_id, number) for number in chosen},
            wished=list(connection.execute(wished).scalars()),
        )
    ]


def _rows(connection: Connection, sweep_id: int, number: int) -> dict[str, dict[int, float | None]]:
    query = select(metrics.c.metric, metrics.c.step, metrics.c.value).where(
        metrics.c.sweep_id == sweep_id, metrics.c.trial == number
    )
    found: dict[str, dict[int, float | None]] = {}
    for metric, step, value in connection.execute(query):
        found.setdefault(metric, {})[step] = value
    return found


def orphans(store: Store) -> dict[str, int]:
    """Count, by table, the rows whose sweep or trial is not there."""
    with store.reading() as connection:
        counted = {table.name: _without_sweep(connection, table) for table in _OF_SWEEPS}
        for table in (attempts, metrics, logs, artifacts):
            counted[table.name] += _without_trial(connection, table)
    return {name: count for name, count in counted.items() if count}


def _without_sweep(connection: Connection, table: Table) -> int:
    known = select(sweeps.c.id)
    query = select(func.count()).select_from(table).where(table.c.sweep_id.not_in(known))
    return int(connection.execute(query).scalar_one())


def _without_trial(connection: Connection, table: Table) -> int:
    key = tuple_(table.c.sweep_id, table.c.trial)
    query = (
        select(func.count())
        .select_from(table)
        .where(
            key.not_in(select(trials.c.sweep_id, trials.c.number)),
            table.c.sweep_id.in_(select(sweeps.c.id)),
        )
    )
    return int(connection.execute(query).scalar_one())


def health(store: Store) -> Health:
    """Ask the database for its version, its integrity and its time."""
    with store.reading() as connection:
        newest = connection.execute(select(func.max(sweeps.c.updated))).scalar()
        if store.dialect == "postgresql":
            now = connection.execute(text("select extract(epoch from clock_timestamp())")).scalar()
            version = connection.execute(text("show server_version")).scalar_one()
            return Health(
                kind="PostgreSQL", version=str(version), now=float(now or 0), newest=newest
            )
        damage = connection.execute(text("pragma quick_check(1)")).scalar()
        return Health(
            kind="SQLite",
            version=str(connection.execute(text("select sqlite_version()")).scalar()),
            journal_mode=str(connection.execute(text("pragma journal_mode")).scalar()),
            damage=None if damage == "ok" else str(damage),
            newest=newest,
        )
