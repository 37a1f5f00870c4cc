"""The trials of a sweep in columns, read lightly because there may be very many."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Select, Text, cast, select

from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.model.sweep import SweepOverview
from sweeper.store.cursors import SweepCursor
from sweeper.store.overviews import counts_of, overview_of, the_sweep
from sweeper.store.store import Store
from sweeper.store.tables import attempts, trials

WHOLE = ("number", "seed", "last_step", "attempts", "failures", "losses", "rev")
"""Columns of whole numbers."""

REAL = ("value", "created", "started", "ended", "duration")
"""Columns of numbers, some of which may be None."""

WORDS = ("status", "origin", "error", "outcome", "host")
"""Columns of texts; outcome and host are those of a trial's latest attempt."""

WRITTEN = ("params", "summary", "values")
"""Columns of JSON as it is recorded, which the reader parses."""

Part: TypeAlias = Mapping[str, Sequence[Any]]
"""Some trials by number: a value of each for each column."""

_PART = 2_000
_NAMES = (*WHOLE, *REAL, *WORDS, *WRITTEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The state of a sweep of which trials were read: whole where it was all of them."""

    overview: SweepOverview
    whole: bool


def read_columns(
    store: Store,
    name: str,
    known: SweepCursor | None,
    take: Callable[[Part], None],
    clock: Clock = SYSTEM_CLOCK,
) -> State:
    """Hand over the trials that changed after what is known, of one consistent state.

    What searchers keep in mind and what functions returned are left out.

    Args:
        store: where the sweep lies.
        name: the sweep's name.
        known: the cursor of what is known; all trials are given where it is None, of another
            sweep or of a later state.
        take: called with some thousand trials at a time, in the order of their numbers.
        clock: tells whether the sweep's lease lives.

    Raises:
        SweepNotFound: there is no sweep of this name.
    """
    now = store.time(clock)
    with store.reading() as connection:
        sweep = the_sweep(connection, store, name)
        whole = known is None or known.id != sweep.id or known.rev > sweep.rev
        query = _rows_of(sweep.id)
        if known is not None and not whole:
            query = query.where(trials.c.rev > known.rev)
        for rows in connection.execute(query).partitions(_PART):
            take(dict(zip(_NAMES, zip(*rows, strict=True), strict=True)))
        counts = counts_of(connection, [sweep.id]).get(sweep.id, {})
    return State(overview=overview_of(sweep, counts, now), whole=whole)


def _rows_of(sweep_id: int) -> Select[Any]:
    latest = (
        (trials.c.sweep_id == attempts.c.sweep_id)
        & (trials.c.number == attempts.c.trial)
        & (trials.c.attempts == attempts.c.number)
    )
    plain = [trials.c[name] for name in (*WHOLE, *REAL, "status", "origin", "error")]
    written = [cast(trials.c[name], Text) for name in WRITTEN]
    return (
        select(*plain, attempts.c.outcome, attempts.c.host, *written)
        .select_from(trials.outerjoin(attempts, latest))
        .where(trials.c.sweep_id == sweep_id)
        .order_by(trials.c.number)
    )
