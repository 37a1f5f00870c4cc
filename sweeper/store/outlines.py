"""What a list of sweeps shows of each: the outline of its results, without reading its trials."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import RowMapping, func, select

from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.model.lifecycle import SweepStatus, TrialStatus
from sweeper.model.sweep import LeaseHolder
from sweeper.store.leases import lives
from sweeper.store.store import Store
from sweeper.store.tables import sweeps, trials


def value_ranges(
    store: Store, sweep_ids: Sequence[int], points: int
) -> dict[int, list[tuple[float, float]]]:
    """Give the least and the greatest objective in each stretch of a sweep's completed trials.

    Args:
        store: where the sweeps lie.
        sweep_ids: the sweeps.
        points: into how many stretches a sweep is cut by its trials' numbers; those without a
            completed trial are left out.
    """
    if not sweep_ids:
        return {}
    of_these = trials.c.sweep_id.in_(list(sweep_ids))
    totals = (
        select(trials.c.sweep_id, (func.max(trials.c.number) + 1).label("total"))
        .where(of_these)
        .group_by(trials.c.sweep_id)
        .subquery()
    )
    stretch = (trials.c.number * points // totals.c.total).label("stretch")
    query = (
        select(trials.c.sweep_id, stretch, func.min(trials.c.value), func.max(trials.c.value))
        .join(totals, totals.c.sweep_id == trials.c.sweep_id)
        .where(trials.c.status == TrialStatus.COMPLETED.value, trials.c.value.is_not(None))
        .group_by(trials.c.sweep_id, stretch)
        .order_by(trials.c.sweep_id, stretch)
    )
    found: dict[int, list[tuple[float, float]]] = {}
    with store.reading() as connection:
        for sweep_id, _, low, high in connection.execute(query):
            if math.isfinite(low) and math.isfinite(high):
                found.setdefault(sweep_id, []).append((low, high))
    return found


def standings(store: Store, clock: Clock = SYSTEM_CLOCK) -> list[tuple[int, int, int, SweepStatus]]:
    """Give (id, rev, marked, status) of each sweep: what tells whether a list of them moved."""
    columns = [sweeps.c[name] for name in ("id", "rev", "marked", "status", *_LEASE)]
    now = store.time(clock)
    with store.reading() as connection:
        rows = connection.execute(select(*columns).order_by(sweeps.c.id)).mappings().all()
    return [(row["id"], row["rev"], row["marked"], _status(row, now)) for row in rows]


_LEASE = tuple(f"lease_{each.name}" for each in fields(LeaseHolder))


def _status(row: RowMapping, now: float) -> SweepStatus:
    status = SweepStatus(row["status"])
    if status is not SweepStatus.RUNNING:
        return status
    holder = LeaseHolder(**{name.removeprefix("lease_"): row[name] for name in _LEASE})
    return status if holder.owner and lives(holder, now) else SweepStatus.INTERRUPTED
