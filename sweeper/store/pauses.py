"""Whom the scheduler has paused, and what it has settled, read from the events of a sweep."""

from __future__ import annotations

from sqlalchemy import func, select

from sweeper.model.event import SCHEDULED, TRIAL_PAUSED
from sweeper.store.store import Store
from sweeper.store.tables import events


def paused_attempts(store: Store, sweep_id: int) -> dict[int, int]:
    """Give the last attempt of each trial that the scheduler has ever paused."""
    query = (
        select(events.c.trial, func.max(events.c.attempt))
        .where(events.c.sweep_id == sweep_id, events.c.kind == TRIAL_PAUSED)
        .group_by(events.c.trial)
    )
    with store.reading() as connection:
        return {row.trial: row[1] for row in connection.execute(query)}


def settled(store: Store, sweep_id: int) -> list[tuple[int | None, str]]:
    """Give (trial, text) of what the scheduler has settled, in order."""
    query = select(events.c.trial, events.c.text).where(
        events.c.sweep_id == sweep_id, events.c.kind == SCHEDULED
    )
    with store.reading() as connection:
        return [(row.trial, row.text) for row in connection.execute(query.order_by(events.c.id))]
