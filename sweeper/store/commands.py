"""What people may write into a store: wishes that the controller obeys, and marks of their own.

A wish changes nothing by itself. Tags, notes and views belong to people alone, so that any
process may write them; each raises the sweep's cursor marked, and never its rev.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select, update

from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.model.encoding import Json
from sweeper.store.rows import clean
from sweeper.store.store import Store
from sweeper.store.tables import notes, sweeps, tags, views, wishes

_AT_ONCE = 500


class WishKind(StrEnum):
    """What a person wants of a running sweep."""

    STOP = "stop"  # end the sweep, or one trial of it
    PAUSE = "pause"  # launch nothing, let running trials save and pause
    RESUME = "resume"  # go on after a pause
    CHANGE = "change"  # go on with other trials, workers or time
    QUEUE = "queue"  # try this configuration next


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
    return _record_wish(store, sweep_id, by, clock, {"kind": kind.value, "trial": trial})


def wish_change(
    store: Store,
    sweep_id: int,
    changes: Mapping[str, Json],
    *,
    by: str | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> int:
    """Wish that a running sweep goes on with other options, and give the wish's id.

    Args:
        store: where the sweep lies.
        sweep_id: the sweep.
        changes: trials, workers and time (seconds in all); None lifts a limit.
        by: who wishes it; None names this process's user.
        clock: gives the time.
    """
    wanted = {"kind": WishKind.CHANGE.value, "values": dict(changes)}
    return _record_wish(store, sweep_id, by, clock, wanted)


def wish_trial(
    store: Store,
    sweep_id: int,
    params: Mapping[str, Json],
    *,
    by: str | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> int:
    """Wish that a running sweep tries a configuration next, and give the wish's id.

    The parameters are encoded; those that the sweep pins may be left out.
    """
    wanted = {"kind": WishKind.QUEUE.value, "values": dict(params)}
    return _record_wish(store, sweep_id, by, clock, wanted)


def _record_wish(
    store: Store, sweep_id: int, by: str | None, clock: Clock, wanted: Mapping[str, object]
) -> int:
    row = {**wanted, "by": by or getpass.getuser(), "created": clock.now()}
    with store.writing() as connection:
        # rev stays: only the lease's holder moves it, and its answer to the wish does.
        made = connection.execute(
            insert(wishes).values(sweep_id=sweep_id, **row).returning(wishes.c.id)
        )
        wish_id = int(made.scalar_one())
        _mark(connection, sweep_id)
    return wish_id


def answer_to(store: Store, wish_id: int) -> str | None:
    """Give the controller's answer to a wish; None while it has not answered."""
    query = select(wishes.c.answer).where(wishes.c.id == wish_id)
    with store.reading() as connection:
        return connection.execute(query).scalar()


def change_tags(
    store: Store,
    sweep_id: int,
    trials: Sequence[int | None],
    *,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
) -> None:
    """Tag trials, and take tags from them; None among the trials means the sweep itself."""
    added = dict.fromkeys(text for tag in add if (text := _short(tag)))
    removed, wanted = set(remove), dict.fromkeys(trials)
    here = select(tags.c.id, tags.c.trial, tags.c.tag).where(tags.c.sweep_id == sweep_id)
    with store.writing() as connection:
        rows = [row for row in connection.execute(here) if row.trial in wanted]
        gone = [row.id for row in rows if row.tag in removed]
        for first in range(0, len(gone), _AT_ONCE):
            which = tags.c.id.in_(gone[first : first + _AT_ONCE])
            connection.execute(delete(tags).where(which))
        known = {(row.trial, row.tag) for row in rows if row.tag not in removed}
        made = [
            {"sweep_id": sweep_id, "trial": trial, "tag": tag}
            for trial in wanted
            for tag in added
            if (trial, tag) not in known
        ]
        if made:
            connection.execute(insert(tags), made)
        _mark(connection, sweep_id)


def write_note(
    store: Store,
    sweep_id: int,
    trials: Sequence[int | None],
    text: str,
    *,
    by: str | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> None:
    """Give trials a note in place of the one they had; an empty text takes it away."""
    who, now = by or getpass.getuser(), clock.now()
    with store.writing() as connection:
        for trial in dict.fromkeys(trials):
            here = (notes.c.sweep_id == sweep_id, notes.c.trial.is_not_distinct_from(trial))
            connection.execute(delete(notes).where(*here))
            if text.strip():
                row = {"trial": trial, "text": clean(text.strip()), "by": who, "written": now}
                connection.execute(insert(notes).values(sweep_id=sweep_id, **row))
        _mark(connection, sweep_id)


def save_view(
    store: Store,
    sweep_id: int,
    name: str,
    address: str,
    *,
    by: str | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> None:
    """Save a named view of a sweep, in place of an older one of its name."""
    row = {"name": _short(name), "address": clean(address)}
    saved = {"by": by or getpass.getuser(), "saved": clock.now()}
    with store.writing() as connection:
        _forget_view(connection, sweep_id, name)
        connection.execute(insert(views).values(sweep_id=sweep_id, **row, **saved))
        _mark(connection, sweep_id)


def forget_view(store: Store, sweep_id: int, name: str) -> None:
    """Delete a named view; nothing happens where there is none."""
    with store.writing() as connection:
        _forget_view(connection, sweep_id, name)
        _mark(connection, sweep_id)


def _forget_view(connection: Connection, sweep_id: int, name: str) -> None:
    here = (views.c.sweep_id == sweep_id, views.c.name == _short(name))
    connection.execute(delete(views).where(*here))


def _mark(connection: Connection, sweep_id: int) -> None:
    raised = sweeps.c.marked + 1
    connection.execute(update(sweeps).where(sweeps.c.id == sweep_id).values(marked=raised))


def _short(text: str) -> str:
    return (clean(text) or "").strip()[:200]
