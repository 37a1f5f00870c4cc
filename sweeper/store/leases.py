"""The lease of a sweep: who drives it, for how long, and how it changes hands."""

from __future__ import annotations

from dataclasses import asdict
from uuid import uuid4

from sqlalchemy import Connection, select, update

from sweeper.clock import Clock
from sweeper.errors import SweepBusy
from sweeper.model.lifecycle import SweepStatus
from sweeper.model.sweep import LeaseHolder, SweepRecord
from sweeper.processes import Identity, known_dead, this_process
from sweeper.store.rows import sweep_record
from sweeper.store.store import Store
from sweeper.store.tables import sweeps

LEASE_SECONDS = 30.0


def acquire(store: Store, sweep: SweepRecord, clock: Clock) -> LeaseHolder:
    """Take the lease of a sweep that nobody alive holds.

    Raises:
        SweepBusy: a living process holds it; says which.
    """
    holder = _new_holder(clock)
    with store.writing() as connection:
        # Locked, because on PostgreSQL two of us could otherwise both find it free.
        query = select(sweeps).where(sweeps.c.id == sweep.id).with_for_update()
        row = connection.execute(query).mappings().one()
        refuse_busy(sweep_record(row), clock)
        connection.execute(update(sweeps).where(sweeps.c.id == sweep.id).values(**_columns(holder)))
    return holder


def refuse_busy(sweep: SweepRecord, clock: Clock) -> None:
    """Raise where somebody alive drives the sweep.

    Raises:
        SweepBusy: says which process on which host.
    """
    holder = sweep.lease
    if holder is not None and lives(holder, clock):
        raise SweepBusy(
            f"sweep {sweep.name!r} is driven by process {holder.pid} on {holder.host}",
            hint=f"Wait for it, stop it with: sweeper stop {sweep.name}, or follow it in the "
            "dashboard.",
        )


def renew(connection: Connection, sweep_id: int, holder: LeaseHolder, clock: Clock) -> bool:
    """Extend the lease inside a transaction; False means that another has taken it."""
    won = connection.execute(
        update(sweeps)
        .where(sweeps.c.id == sweep_id, sweeps.c.lease_owner == holder.owner)
        .values(lease_expires=clock.now() + LEASE_SECONDS)
    )
    return won.rowcount == 1


def release(store: Store, sweep_id: int, holder: LeaseHolder) -> bool:
    """Give the lease back; False means that it was no longer held."""
    empty = {f"lease_{name}": None for name in asdict(holder)}
    with store.writing() as connection:
        won = connection.execute(
            update(sweeps)
            .where(sweeps.c.id == sweep_id, sweeps.c.lease_owner == holder.owner)
            .values(**empty)
        )
    return won.rowcount == 1


def lives(holder: LeaseHolder, clock: Clock) -> bool:
    """Tell whether a lease still holds: unexpired, its process not known to be dead."""
    if holder.expires <= clock.now():
        return False
    return not known_dead(
        Identity(host=holder.host, boot=holder.boot, pid=holder.pid, started=holder.pid_started)
    )


def standing(sweep: SweepRecord, clock: Clock) -> SweepStatus:
    """Give a sweep's status as people see it: running without a live lease is interrupted."""
    unattended = sweep.lease is None or not lives(sweep.lease, clock)
    if sweep.status is SweepStatus.RUNNING and unattended:
        return SweepStatus.INTERRUPTED
    return sweep.status


def _new_holder(clock: Clock) -> LeaseHolder:
    process = this_process()
    return LeaseHolder(
        owner=uuid4().hex,
        host=process.host,
        boot=process.boot,
        pid=process.pid,
        pid_started=process.started,
        expires=clock.now() + LEASE_SECONDS,
    )


def _columns(holder: LeaseHolder) -> dict[str, object]:
    return {f"lease_{name}": value for name, value in asdict(holder).items()}
