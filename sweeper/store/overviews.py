"""Sweeps with their tags and the counts of their trials, read within a transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, func, select

from sweeper.errors import SweepNotFound
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.sweep import SweepOverview, SweepRecord
from sweeper.store.leases import standing
from sweeper.store.rows import sweep_record
from sweeper.store.store import Store
from sweeper.store.tables import sweeps, tags, trials


def sweep_of(connection: Connection, name: str) -> SweepRecord | None:
    """Give the sweep of a name; None where there is none."""
    row = connection.execute(select(sweeps).where(sweeps.c.name == name)).mappings().first()
    if row is None:
        return None
    return sweep_record(row, tags_of(connection, [row["id"]]).get(row["id"], ()))


def the_sweep(connection: Connection, store: Store, name: str) -> SweepRecord:
    """Give the sweep of a name.

    Raises:
        SweepNotFound: there is none; lists the latest names.
    """
    found = sweep_of(connection, name)
    if found is not None:
        return found
    query = select(sweeps.c.name).order_by(sweeps.c.updated.desc()).limit(5)
    known = connection.execute(query).scalars().all()
    hint = f"The latest ones there: {', '.join(known)}." if known else "The store is empty."
    raise SweepNotFound(f"there is no sweep {name!r} in {store}", hint=hint)


def overviews_of(connection: Connection, query: Select[Any], now: float) -> list[SweepOverview]:
    """Give the sweeps that a query over their table selects, in three questions for them all."""
    rows = connection.execute(query).mappings().all()
    ids = [row["id"] for row in rows]
    marked, counts = tags_of(connection, ids), counts_of(connection, ids)
    return [
        overview_of(sweep_record(row, marked.get(row["id"], ())), counts.get(row["id"], {}), now)
        for row in rows
    ]


def overview_of(sweep: SweepRecord, counts: Mapping[TrialStatus, int], now: float) -> SweepOverview:
    """Give a sweep with the counts of its trials, as it stands at a time."""
    return SweepOverview(sweep=sweep, status=standing(sweep, now), counts=counts)


def tags_of(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Give the tags of sweeps by their keys, in the order in which they were given."""
    query = select(tags.c.sweep_id, tags.c.tag).where(
        tags.c.sweep_id.in_(ids), tags.c.trial.is_(None)
    )
    found: dict[int, tuple[str, ...]] = {}
    for sweep_id, tag in connection.execute(query.order_by(tags.c.id)):
        found[sweep_id] = (*found.get(sweep_id, ()), tag)
    return found


def counts_of(connection: Connection, ids: Sequence[int]) -> dict[int, dict[TrialStatus, int]]:
    """Count the trials of sweeps by status."""
    query = (
        select(trials.c.sweep_id, trials.c.status, func.count())
        .where(trials.c.sweep_id.in_(ids))
        .group_by(trials.c.sweep_id, trials.c.status)
    )
    found: dict[int, dict[TrialStatus, int]] = {}
    for sweep_id, status, count in connection.execute(query):
        found.setdefault(sweep_id, {})[TrialStatus(status)] = count
    return found
