"""When and where the attempts of a sweep ran, read lightly because there may be many."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from sweeper.store.store import Store
from sweeper.store.tables import attempts


class Span(NamedTuple):
    """One attempt as a stretch of time on a machine, its status and outcome as recorded."""

    trial: int
    number: int
    status: str
    outcome: str | None
    host: str | None
    devices: list[str]
    started: float | None
    ended: float | None


def list_spans(store: Store, sweep_id: int) -> list[Span]:
    """List when and where each attempt of a sweep ran, by trial and number."""
    columns = [attempts.c[name] for name in Span._fields]
    query = select(*columns).where(attempts.c.sweep_id == sweep_id)
    with store.reading() as connection:
        found = connection.execute(query.order_by(attempts.c.trial, attempts.c.number))
        return [Span(*row) for row in found]
