"""Where a sweep and a trial stand: the cheap question whether anything moved."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import bindparam, func, select

from sweeper.store.store import Store
from sweeper.store.tables import logs, sweeps, trials


class SweepCursor(NamedTuple):
    """The key of a sweep and the counters of what was recorded and marked in it."""

    id: int
    rev: int
    marked: int


class TrialCursor(NamedTuple):
    """The rev of a trial and the last piece of its log; 0 where it wrote nothing."""

    rev: int
    log: int


# Pages ask these every second, and composing a query costs as much as running it.
_OF_SWEEP = select(sweeps.c.id, sweeps.c.rev, sweeps.c.marked).where(
    sweeps.c.name == bindparam("name")
)
_LAST_LOG = (
    select(func.max(logs.c.id))
    .where(logs.c.sweep_id == trials.c.sweep_id, logs.c.trial == trials.c.number)
    .scalar_subquery()
)
_OF_TRIAL = (
    select(trials.c.rev, _LAST_LOG)
    .join(sweeps, sweeps.c.id == trials.c.sweep_id)
    .where(sweeps.c.name == bindparam("name"), trials.c.number == bindparam("number"))
)


def sweep_cursor(store: Store, name: str) -> SweepCursor | None:
    """Tell where a sweep stands; None where the store has none of this name."""
    with store.reading() as connection:
        row = connection.execute(_OF_SWEEP, {"name": name}).first()
    return None if row is None else SweepCursor(*row)


def trial_cursor(store: Store, name: str, number: int) -> TrialCursor | None:
    """Tell where a trial and its log stand; None where the store has no such trial."""
    with store.reading() as connection:
        row = connection.execute(_OF_TRIAL, {"name": name, "number": number}).first()
    return None if row is None else TrialCursor(row[0], row[1] or 0)
