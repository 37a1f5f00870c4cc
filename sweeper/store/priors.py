"""What a sweep has learnt from an earlier one: written with the sweep, and never changed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from sweeper.model.lifecycle import TrialStatus
from sweeper.model.prior import Prior
from sweeper.store.rows import finite
from sweeper.store.store import Store
from sweeper.store.tables import priors


def write_priors(connection: Connection, sweep_id: int, learnt: Sequence[Prior]) -> None:
    """Record what a new sweep learns from, in the transaction that records the sweep."""
    if learnt:
        connection.execute(insert(priors), [_row(sweep_id, prior) for prior in learnt])


def list_priors(store: Store, sweep_id: int) -> tuple[Prior, ...]:
    """List what a sweep learns from, by number."""
    query = select(priors).where(priors.c.sweep_id == sweep_id).order_by(priors.c.number)
    with store.reading() as connection:
        return tuple(_prior(row) for row in connection.execute(query).mappings())


def _row(sweep_id: int, prior: Prior) -> dict[str, Any]:
    return {
        "sweep_id": sweep_id,
        "number": prior.number,
        "status": prior.status.value,
        "params": dict(prior.params),
        "value": finite(prior.value),
        "values": None if prior.values is None else list(prior.values),
        # JSON has no word for what is not finite that both databases take.
        "told": {
            name: value if math.isfinite(value) else None for name, value in prior.told.items()
        },
        "last_step": prior.last_step,
        "curve": [[step, value if math.isfinite(value) else None] for step, value in prior.curve],
    }


def _prior(row: Any) -> Prior:
    return Prior(
        number=row["number"],
        status=TrialStatus(row["status"]),
        params=row["params"],
        value=row["value"],
        values=None if row["values"] is None else tuple(row["values"]),
        told={name: _number(value) for name, value in row["told"].items()},
        last_step=row["last_step"],
        curve=tuple((step, _number(value)) for step, value in row["curve"]),
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else value
