"""What all trials of a sweep write, in the order in which it was recorded."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from sweeper.store.store import Store
from sweeper.store.tables import logs


class Line(NamedTuple):
    """A piece of what a trial wrote; id is the cursor for what comes after it."""

    id: int
    trial: int
    stream: str
    text: str


def read_all_logs(store: Store, sweep_id: int, *, after: int = 0, limit: int = 5_000) -> list[Line]:
    """Read what all trials wrote, beyond a cursor."""
    query = (
        select(logs.c.id, logs.c.trial, logs.c.stream, logs.c.text)
        .where(logs.c.sweep_id == sweep_id, logs.c.id > after)
        .order_by(logs.c.id)
        .limit(limit)
    )
    with store.reading() as connection:
        return [Line(*row) for row in connection.execute(query)]
