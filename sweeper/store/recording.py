"""What the controller writes: everything of one tick in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from sweeper.clock import Clock
from sweeper.errors import LeaseLost, SweepExists
from sweeper.model.event import AttemptKey
from sweeper.model.sweep import LeaseHolder, SweepRecord
from sweeper.model.trial import AttemptRecord, TrialRecord
from sweeper.store.leases import renew
from sweeper.store.rows import attempt_row, clean, finite, sweep_row, trial_row
from sweeper.store.store import Store
from sweeper.store.tables import (
    artifacts,
    attempts,
    events,
    logs,
    metrics,
    sweeps,
    tags,
    trials,
    wishes,
)


@dataclass(slots=True, kw_only=True)
class Changes:
    """What is to be recorded: whole records by key, and rows that are only added."""

    new_trials: dict[int, TrialRecord] = field(default_factory=dict)
    trials: dict[int, TrialRecord] = field(default_factory=dict)
    new_attempts: dict[AttemptKey, AttemptRecord] = field(default_factory=dict)
    attempts: dict[AttemptKey, AttemptRecord] = field(default_factory=dict)
    metrics: dict[tuple[int, str, int], tuple[float, float, int]] = field(default_factory=dict)
    logs: list[dict[str, Any]] = field(default_factory=list)
    artifacts: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    sweep: dict[str, Any] = field(default_factory=dict)

    def trial(self, trial: TrialRecord) -> None:
        """Note the present state of a trial."""
        known = self.new_trials if trial.number in self.new_trials else self.trials
        known[trial.number] = trial

    def attempt(self, attempt: AttemptRecord) -> None:
        """Note the present state of an attempt."""
        key = AttemptKey(attempt.trial, attempt.number)
        known = self.new_attempts if key in self.new_attempts else self.attempts
        known[key] = attempt

    def event(self, time: float, kind: str, text: str, key: AttemptKey | None = None) -> None:
        """Note something that people will want to know later."""
        self.events.append(
            {
                "time": time,
                "kind": kind,
                "text": text,
                "trial": None if key is None else key.trial,
                "attempt": None if key is None else key.attempt,
            }
        )

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__)


def create_sweep(store: Store, sweep: SweepRecord) -> int:
    """Record a new sweep and give its id.

    Raises:
        SweepExists: the name is taken.
    """
    with store.writing() as connection:
        taken = select(sweeps.c.id).where(sweeps.c.name == sweep.name)
        if connection.execute(taken).first() is not None:
            raise SweepExists(
                f"there is already a sweep {sweep.name!r} in {store}",
                hint='Choose another name, or go on with it: resume="auto".',
            )
        inserted = connection.execute(
            insert(sweeps).values(**sweep_row(sweep)).returning(sweeps.c.id)
        )
        sweep_id = int(inserted.scalar_one())
        for tag in dict.fromkeys(sweep.tags):
            connection.execute(insert(tags).values(sweep_id=sweep_id, trial=None, tag=tag))
    return sweep_id


def record(store: Store, sweep_id: int, holder: LeaseHolder, changes: Changes, clock: Clock) -> int:
    """Write the changes of one tick in one transaction, and give the sweep's new rev.

    Raises:
        LeaseLost: another controller has taken the sweep over; nothing was written.
    """
    with store.writing() as connection:
        rev = _advance(connection, sweep_id, holder, changes, clock)
        _write_trials(connection, sweep_id, changes, rev)
        _write_reports(connection, sweep_id, changes, store.dialect)
        _write_added(connection, sweep_id, changes)
    return rev


def keep_lease(store: Store, sweep_id: int, holder: LeaseHolder, clock: Clock) -> None:
    """Extend the lease while nothing happens.

    Raises:
        LeaseLost: another controller has taken the sweep over.
    """
    with store.writing() as connection:
        if not renew(connection, sweep_id, holder, clock):
            raise _lost()


def _lost() -> LeaseLost:
    return LeaseLost(
        "another controller has taken this sweep over",
        hint="Nothing more is written from here; follow the sweep in the dashboard.",
    )


def _advance(
    connection: Connection, sweep_id: int, holder: LeaseHolder, changes: Changes, clock: Clock
) -> int:
    """Bump rev and extend the lease under the row's lock, or find that it is lost."""
    if not renew(connection, sweep_id, holder, clock):
        raise _lost()
    rev = connection.execute(
        update(sweeps)
        .where(sweeps.c.id == sweep_id)
        .values(rev=sweeps.c.rev + 1, updated=clock.now(), **changes.sweep)
        .returning(sweeps.c.rev)
    ).scalar_one()
    return int(rev)


_KEYS = {"sweep_id", "number", "trial"}


def _update_by_key(table: Any, row: Mapping[str, Any]) -> Any:
    keys = [name for name in row if name in _KEYS and table.c[name].primary_key]
    matches = [table.c[name] == bindparam(f"key_{name}") for name in keys]
    columns: dict[str, Any] = {name: bindparam(name) for name in row if name not in keys}
    return update(table).where(*matches).values(**columns)


def _update_rows(connection: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    statement = _STATEMENTS.get(table.name)
    if statement is None:
        statement = _STATEMENTS[table.name] = _update_by_key(table, rows[0])
    keys = [name for name in rows[0] if name in _KEYS and table.c[name].primary_key]
    for row in rows:
        for name in keys:
            row[f"key_{name}"] = row.pop(name)
    connection.execute(statement, rows)


_STATEMENTS: dict[str, Any] = {}


def _write_trials(connection: Connection, sweep_id: int, changes: Changes, rev: int) -> None:
    if changes.new_trials:
        rows = [trial_row(sweep_id, trial, rev) for trial in changes.new_trials.values()]
        connection.execute(insert(trials), rows)
    if changes.trials:
        rows = [trial_row(sweep_id, trial, rev) for trial in changes.trials.values()]
        _update_rows(connection, trials, rows)
    if changes.new_attempts:
        rows = [attempt_row(sweep_id, attempt) for attempt in changes.new_attempts.values()]
        connection.execute(insert(attempts), rows)
    if changes.attempts:
        rows = [attempt_row(sweep_id, attempt) for attempt in changes.attempts.values()]
        _update_rows(connection, attempts, rows)


def _upsert(table: Any, dialect: str) -> Any:
    name = f"upsert {dialect} {table.name}"
    if name not in _STATEMENTS:
        made = (postgresql if dialect == "postgresql" else sqlite).insert(table)
        keys = [column.name for column in table.primary_key]
        rest = {c.name: made.excluded[c.name] for c in table.c if c.name not in keys}
        _STATEMENTS[name] = made.on_conflict_do_update(index_elements=keys, set_=rest)
    return _STATEMENTS[name]


def _write_reports(connection: Connection, sweep_id: int, changes: Changes, dialect: str) -> None:
    if changes.metrics:
        rows = [
            {
                "sweep_id": sweep_id,
                "trial": trial,
                "metric": metric,
                "step": step,
                "value": finite(value),
                "time": time,
                "attempt": attempt,
            }
            for (trial, metric, step), (value, time, attempt) in changes.metrics.items()
        ]
        connection.execute(_upsert(metrics, dialect), rows)
    if changes.artifacts:
        rows = [{"sweep_id": sweep_id, **row} for row in changes.artifacts]
        connection.execute(_upsert(artifacts, dialect), rows)


def _write_added(connection: Connection, sweep_id: int, changes: Changes) -> None:
    if changes.logs:
        connection.execute(
            insert(logs),
            [{"sweep_id": sweep_id, **row, "text": clean(row["text"])} for row in changes.logs],
        )
    if changes.events:
        rows = [{"sweep_id": sweep_id, **row, "text": clean(row["text"])} for row in changes.events]
        connection.execute(insert(events), rows)
    for answer in changes.answers:
        connection.execute(update(wishes).where(wishes.c.id == answer["id"]).values(**answer))
