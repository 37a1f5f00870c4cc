"""The audit: a line for each action of a person, done, refused or failed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import insert, select

from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.model.people import Role
from sweeper.store.rows import clean
from sweeper.store.store import Store
from sweeper.store.tables import audit

_LONGEST = 2000


class Result(StrEnum):
    """What became of an action."""

    DONE = "done"  # it was carried out or recorded
    REFUSED = "refused"  # the person may not do it
    FAILED = "failed"  # it could not be done


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something that a person did or tried; address is None for the shell."""

    by: str
    action: str
    outcome: Result = Result.DONE
    role: Role | None = None
    address: str | None = None
    sweep: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """A line of the audit; id is the cursor for the lines before it."""

    id: int
    time: float
    action: Action


def record_action(store: Store, action: Action, clock: Clock = SYSTEM_CLOCK) -> None:
    """Add a line to the audit."""
    row = {
        "by": _cut(action.by, 200),
        "action": _cut(action.action, 200),
        "outcome": action.outcome.value,
        "role": None if action.role is None else action.role.value,
        "address": _cut(action.address, 200),
        "sweep": _cut(action.sweep, 200),
        "detail": _cut(action.detail, _LONGEST),
    }
    with store.writing() as connection:
        connection.execute(insert(audit).values(time=clock.now(), **row))


def list_actions(store: Store, *, before: int | None = None, limit: int = 100) -> list[AuditLine]:
    """List the latest actions, or the latest before a cursor, the newest first."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.id < before)
    with store.reading() as connection:
        rows = connection.execute(query).all()
    return [
        AuditLine(
            id=row.id,
            time=row.time,
            action=Action(
                by=row.by,
                action=row.action,
                outcome=Result(row.outcome),
                role=None if row.role is None else Role(row.role),
                address=row.address,
                sweep=row.sweep,
                detail=row.detail,
            ),
        )
        for row in rows
    ]


def _cut(text: str | None, longest: int) -> str | None:
    cleaned = clean(text)
    return None if cleaned is None else cleaned[:longest]
