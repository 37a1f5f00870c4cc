"""The lease of a sweep: who drives it, for how long, and how it changes hands."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
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
_LOOK_SECONDS = 0.1


def acquire(store: Store, sweep: SweepRecord, clock: Clock, *, watch: bool = False) -> LeaseHolder:
    """Take the lease of a sweep that nobody alive holds.

    Args:
        store: where the sweep lies.
        sweep: which one.
        clock: tells when leases expire.
        watch: whether to look for a sign of life, a third of a lease long, before a lease is
            taken that has only expired: somebody may have moved a clock.

    Raises:
        SweepBusy: a living process holds it; says which.
    """
    silent = _watched(store, sweep.id, clock) if watch else None
    now = store.time(clock)
    holder = _new_holder(now)
    with store.writing() as connection:
        # Locked, because on PostgreSQL two of us could otherwise both find it free.
        found = _locked(connection, sweep.id)
        if watch and found.lease != silent and not (found.lease is None or _is_dead(found.lease)):
            raise _busy(found.name, found.lease)
        refuse_busy(found, now)
        connection.execute(update(sweeps).where(sweeps.c.id == sweep.id).values(**_columns(holder)))
    return holder


def _watched(store: Store, sweep_id: int, clock: Clock) -> LeaseHolder | None:
    """Watch whoever holds an expired lease; gives it as it stood at first."""
    first = _holder(store, sweep_id)
    if first is None or _is_dead(first) or lives(first, store.time(clock)):
        return first
    for _ in range(round(LEASE_SECONDS / 3 / _LOOK_SECONDS)):
        time.sleep(_LOOK_SECONDS)
        if _holder(store, sweep_id) != first:
            break
    return first


def _holder(store: Store, sweep_id: int) -> LeaseHolder | None:
    with store.reading() as connection:
        query = select(sweeps).where(sweeps.c.id == sweep_id)
        return sweep_record(connection.execute(query).mappings().one()).lease


def _locked(connection: Connection, sweep_id: int) -> SweepRecord:
    query = select(sweeps).where(sweeps.c.id == sweep_id).with_for_update()
    return sweep_record(connection.execute(query).mappings().one())


def refuse_busy(sweep: SweepRecord, now: float) -> None:
    """Raise where somebody alive drives the sweep; now is the store's time.

    Raises:
        SweepBusy: says which process on which host.
    """
    if sweep.lease is not None and lives(sweep.lease, now):
        raise _busy(sweep.name, sweep.lease)


def _busy(name: str, holder: LeaseHolder) -> SweepBusy:
    return SweepBusy(
        f"sweep {name!r} is driven by process {holder.pid} on {holder.host}",
        hint=f"Wait for it, stop it with: sweeper stop {name}, or follow it in the dashboard.",
    )


def prolonged(store: Store, holder: LeaseHolder, clock: Clock) -> LeaseHolder:
    """Give a holder with as much time left as a new one's."""
    return replace(holder, expires=store.time(clock) + LEASE_SECONDS)


def renew(connection: Connection, sweep_id: int, holder: LeaseHolder) -> bool:
    """Extend the lease inside a transaction; False means that another has taken it."""
    won = connection.execute(
        update(sweeps)
        .where(sweeps.c.id == sweep_id, sweeps.c.lease_owner == holder.owner)
        .values(lease_expires=holder.expires)
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


def lives(holder: LeaseHolder, now: float) -> bool:
    """Tell whether a lease still holds: unexpired, its process not known to be dead."""
    return holder.expires > now and not _is_dead(holder)


def _is_dead(holder: LeaseHolder) -> bool:
    return known_dead(
        Identity(host=holder.host, boot=holder.boot, pid=holder.pid, started=holder.pid_started)
    )


def standing(sweep: SweepRecord, now: float) -> SweepStatus:
    """Give a sweep's status as people see it: running without a live lease is interrupted."""
    unattended = sweep.lease is None or not lives(sweep.lease, now)
    if sweep.status is SweepStatus.RUNNING and unattended:
        return SweepStatus.INTERRUPTED
    return sweep.status


def _new_holder(now: float) -> LeaseHolder:
    process = this_process()
    return LeaseHolder(
        owner=uuid4().hex,
        host=process.host,
        boot=process.boot,
        pid=process.pid,
        pid_started=process.started,
        expires=now + LEASE_SECONDS,
    )


def _columns(holder: LeaseHolder) -> dict[str, object]:
    return {f"lease_{name}": value for name, value in asdict(holder).items()}
