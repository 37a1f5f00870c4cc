"""What people may write into a store: wishes that the controller obeys and answers."""

from __future__ import annotations

import getpass
from enum import StrEnum

from sqlalchemy import insert, select

from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.store.store import Store
from sweeper.store.tables import wishes


class WishKind(StrEnum):
    """What a person wants of a running sweep."""

    STOP = "stop"  # end the sweep, or one trial of it
    PAUSE = "pause"  # launch nothing, let running trials save and pause
    RESUME = "resume"  # go on after a pause


def wish(
    store: Store,
    sweep_id: int,
    kind: WishKind,
    *,
    trial: int | None = None,
    by: str | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> int:
    """Record what a person wants, and give the wish's id; the controller answers it."""
    values = {
        "sweep_id": sweep_id,
        "trial": trial,
        "kind": kind.value,
        "by": by or getpass.getuser(),
        "created": clock.now(),
    }
    with store.writing() as connection:
        # rev stays: only the lease's holder moves it, and its answer to the wish does.
        made = connection.execute(insert(wishes).values(**values).returning(wishes.c.id))
        return int(made.scalar_one())


def answer_to(store: Store, wish_id: int) -> str | None:
    """Give the controller's answer to a wish; None while it has not answered."""
    query = select(wishes.c.answer).where(wishes.c.id == wish_id)
    with store.reading() as connection:
        return connection.execute(query).scalar()
