"""What the controller writes: everything of one tick in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Double,
    Integer,
    bindparam,
    delete,
    insert,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError

from sweeper.clock import Clock
from sweeper.errors import LeaseLost, SweepExists
from sweeper.model.event import AttemptKey, Logged, Published
from sweeper.model.sweep import LeaseHolder, SweepRecord
from sweeper.model.trial import AttemptRecord, TrialRecord
from sweeper.store.leases import prolonged, renew
from sweeper.store.priors import write_priors
from sweeper.store.rows import (
    REPORTED,
    attempt_row,
    clean,
    finite,
    report_row,
    sweep_row,
    trial_row,
)
from sweeper.store.store import DRIVER_SECONDS, Store
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
from sweeper.store.upserts import overwrite, prepared, upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What is kept of a whole sweep; None leaves what is recorded.

    updated is when the changes happened; None stands for the moment of their being written.
    """

    active_seconds: float | None = None
    gpu_seconds: float | None = None
    best_trial: int | None = None
    best_value: float | None = None
    updated: float | None = None


@dataclass(slots=True, kw_only=True)
class Changes:
    """What is to be recorded: whole records by key, and rows that are only added.

    reporting holds the trials of which nothing has changed but their summary and last step.
    """

    new_trials: dict[int, TrialRecord] = field(default_factory=dict)
    trials: dict[int, TrialRecord] = field(default_factory=dict)
    reporting: dict[int, TrialRecord] = field(default_factory=dict)
    new_attempts: dict[AttemptKey, AttemptRecord] = field(default_factory=dict)
    attempts: dict[AttemptKey, AttemptRecord] = field(default_factory=dict)
    metrics: dict[tuple[int, str, int], tuple[float, float, int]] = field(default_factory=dict)
    logs: list[dict[str, Any]] = field(default_factory=list)
    artifacts: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    gone: list[tuple[int, str, str]] = field(default_factory=list)
    sweep: dict[str, Any] = field(default_factory=dict)
    sums: Sums | None = None

    def trial(self, trial: TrialRecord) -> None:
        """Note the present state of a trial."""
        known = self.new_trials if trial.number in self.new_trials else self.trials
        known[trial.number] = trial
        self.reporting.pop(trial.number, None)

    def report(self, trial: TrialRecord) -> None:
        """Note the present state of a trial that has done nothing but report."""
        if trial.number in self.new_trials or trial.number in self.trials:
            self.trial(trial)
        else:
            self.reporting[trial.number] = trial

    def attempt(self, attempt: AttemptRecord) -> None:
        """Note the present state of an attempt."""
        key = AttemptKey(attempt.trial, attempt.number)
        known = self.new_attempts if key in self.new_attempts else self.attempts
        known[key] = attempt

    def log(self, event: Logged) -> None:
        """Add a piece of what an attempt wrote; pieces that follow each other become one."""
        row: dict[str, Any] = {
            "trial": event.key.trial,
            "attempt": event.key.attempt,
            "stream": event.stream,
            "time": event.time,
            "text": event.text,
        }
        last = self.logs[-1] if self.logs else row
        if last is not row and all(last[n] == row[n] for n in ("trial", "attempt", "stream")):
            last["text"] += event.text
        else:
            self.logs.append(row)

    def publish(self, event: Published) -> None:
        """Add a checkpoint or artifact."""
        self.artifacts.append(
            {
                "trial": event.key.trial,
                "attempt": event.key.attempt,
                "kind": event.kind,
                "name": event.name,
                "path": event.path,
                "step": event.step,
                "size": event.size,
                "time": event.time,
            }
        )

    def remove_artifact(self, trial: int, kind: str, name: str) -> None:
        """Note that a trial's checkpoint or artifact is gone."""
        which = (trial, kind, name)
        self.artifacts = [
            row for row in self.artifacts if (row["trial"], row["kind"], row["name"]) != which
        ]
        self.gone.append(which)

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

    def absorb(self, newer: Changes) -> None:
        """Take in what came after; of the same record, the newer state counts."""
        for number, trial in newer.new_trials.items():
            self.new_trials[number] = trial
        for trial in newer.trials.values():
            self.trial(trial)
        for trial in newer.reporting.values():
            self.report(trial)
        self.new_attempts.update(newer.new_attempts)
        for attempt in newer.attempts.values():
            self.attempt(attempt)
        self.metrics.update(newer.metrics)
        self.sweep.update(newer.sweep)
        self.sums = newer.sums or self.sums
        for trial_kind_name in newer.gone:
            self.remove_artifact(*trial_kind_name)
        for name in ("logs", "artifacts", "events", "answers"):
            getattr(self, name).extend(getattr(newer, name))

    @property
    def size(self) -> int:
        """About how many rows these changes are."""
        counted = (self.trials, self.reporting, self.attempts, self.metrics, self.logs, self.events)
        return sum(len(rows) for rows in counted)

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__)


def create_sweep(store: Store, sweep: SweepRecord) -> int:
    """Record a new sweep and give its id.

    Raises:
        SweepExists: the name is taken.
    """
    with store.writing() as connection:
        inserting = insert(sweeps).values(**sweep_row(sweep)).returning(sweeps.c.id)
        try:
            sweep_id = int(connection.execute(inserting).scalar_one())
        # Its name is the only value of a new sweep that must be new.
        except IntegrityError as error:
            raise SweepExists(
                f"there is already a sweep {sweep.name!r} in {store}",
                hint='Choose another name, or go on with it: resume="auto".',
            ) from error
        write_priors(connection, sweep_id, sweep.priors)
        for tag in dict.fromkeys(sweep.tags):
            connection.execute(insert(tags).values(sweep_id=sweep_id, trial=None, tag=tag))
    return sweep_id


def record(store: Store, sweep_id: int, holder: LeaseHolder, changes: Changes, clock: Clock) -> int:
    """Write the changes of one tick in one transaction, and give the sweep's new rev.

    Raises:
        LeaseLost: another controller has taken the sweep over; nothing was written.
    """
    rev = _record(store, sweep_id, holder, changes, clock, None)
    if rev is None:
        raise _lost()
    return rev


def record_once(
    store: Store, sweep_id: int, holder: LeaseHolder, changes: Changes, clock: Clock, since: int
) -> int:
    """Write changes that may have been written already, if the rev is still what it was.

    A connection that breaks while it commits leaves it open whether it did. As only the
    lease's holder moves the rev, a rev beyond since says that it did.

    Raises:
        LeaseLost: another controller has taken the sweep over; nothing was written.
    """
    rev = _record(store, sweep_id, holder, changes, clock, since)
    return since + 1 if rev is None else rev


def _record(
    store: Store,
    sweep_id: int,
    holder: LeaseHolder,
    changes: Changes,
    clock: Clock,
    since: int | None,
) -> int | None:
    holder = prolonged(store, holder, clock)
    with store.writing(patience=DRIVER_SECONDS) as connection:
        rev = _advance(connection, sweep_id, holder, changes, clock, since)
        if rev is not None:
            _write_trials(connection, sweep_id, changes, rev)
            _write_reports(connection, sweep_id, changes)
            _write_added(connection, sweep_id, changes)
    return rev


def keep_lease(store: Store, sweep_id: int, holder: LeaseHolder, clock: Clock) -> None:
    """Extend the lease while nothing happens.

    Raises:
        LeaseLost: another controller has taken the sweep over.
    """
    holder = prolonged(store, holder, clock)
    with store.writing(patience=DRIVER_SECONDS) as connection:
        if not renew(connection, sweep_id, holder):
            raise _lost()


def _lost() -> LeaseLost:
    return LeaseLost(
        "another controller has taken this sweep over",
        hint="Nothing more is written from here; follow the sweep in the dashboard.",
    )


# Run with every transaction, and text because building this statement costs more than running it.
_ADVANCE = text(
    "update sweeps set rev = rev + 1, "
    "updated = coalesce(:updated, :now), lease_expires = :expires, "
    "active_seconds = coalesce(:active_seconds, active_seconds), "
    "gpu_seconds = coalesce(:gpu_seconds, gpu_seconds), "
    "best_trial = coalesce(:best_trial, best_trial), "
    "best_value = coalesce(:best_value, best_value) "
    "where id = :id and lease_owner = :owner and rev = coalesce(:since, rev) returning rev"
).bindparams(
    bindparam("since", type_=BigInteger),
    bindparam("best_trial", type_=Integer),
    bindparam("best_value", type_=Double),
    bindparam("active_seconds", type_=Double),
    bindparam("gpu_seconds", type_=Double),
    bindparam("updated", type_=Double),
)


_SUMS = [field.name for field in fields(Sums)]


def _advance(
    connection: Connection,
    sweep_id: int,
    holder: LeaseHolder,
    changes: Changes,
    clock: Clock,
    since: int | None,
) -> int | None:
    """Bump rev and extend the lease under the row's lock; None where rev is not since."""
    sums = changes.sums or Sums()
    given = {"id": sweep_id, "owner": holder.owner, "now": clock.now(), "expires": holder.expires}
    known = {name: getattr(sums, name) for name in _SUMS}
    advancing = prepared(_ADVANCE, connection.dialect.name)
    rev = advancing.first(connection, {**given, **known, "since": since})
    if rev is None:
        if since is not None and renew(connection, sweep_id, holder):
            return None
        raise _lost()
    if changes.sweep:
        columns = update(sweeps).where(sweeps.c.id == sweep_id).values(**changes.sweep)
        connection.execute(columns)
    return int(rev)


def _write_trials(connection: Connection, sweep_id: int, changes: Changes, rev: int) -> None:
    changed = [*changes.new_trials.values(), *changes.trials.values()]
    if changed:
        rows = [trial_row(sweep_id, trial, rev) for trial in changed]
        upsert(trials, connection.dialect).execute(connection, rows)
    if changes.reporting:
        rows = [report_row(sweep_id, trial, rev) for trial in changes.reporting.values()]
        overwrite(trials, REPORTED, connection.dialect).execute(connection, rows)
    begun = [*changes.new_attempts.values(), *changes.attempts.values()]
    if begun:
        rows = [attempt_row(sweep_id, attempt) for attempt in begun]
        upsert(attempts, connection.dialect).execute(connection, rows)


def _write_reports(connection: Connection, sweep_id: int, changes: Changes) -> None:
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
        upsert(metrics, connection.dialect).execute(connection, rows)
    for trial, kind, name in changes.gone:
        which = artifacts.c
        connection.execute(
            delete(artifacts).where(
                which.sweep_id == sweep_id,
                which.trial == trial,
                which.kind == kind,
                which.name == name,
            )
        )
    if changes.artifacts:
        rows = [
            {"sweep_id": sweep_id, **row, "name": clean(row["name"]), "path": clean(row["path"])}
            for row in changes.artifacts
        ]
        upsert(artifacts, connection.dialect).execute(connection, rows)


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
