"""Upgrading a store of an older sweeper, after a copy where it is a file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import text

from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.errors import StoreError, SweepBusy
from sweeper.model.sweep import LeaseHolder
from sweeper.store import tables
from sweeper.store.leases import lives
from sweeper.store.schema import known_versions, schema_version
from sweeper.store.store import Store


def upgrade(url: str | None = None, clock: Clock = SYSTEM_CLOCK) -> str:
    """Bring a store to this sweeper's schema, and say what was done.

    Example:
        >>> upgrade("sqlite:///runs.db")  # doctest: +SKIP
        'sqlite:///runs.db has schema 0001 already'

    Raises:
        StoreError: there is no store, or a newer sweeper made it.
        SweepBusy: somebody drives a sweep of it.
    """
    store = Store(url, must_exist=True, check=False)
    with store.reading() as connection:
        version = schema_version(connection)
    if version == tables.SCHEMA_VERSION:
        return f"{store} has schema {version} already"
    copied = ""
    if version in known_versions():
        _refuse_driven(store, clock)
    if version in known_versions() and store.file is not None:
        copied = f"; the old one is kept as {_copy(store.file, version)}"
    store.upgrade_schema()
    return f"{store} now has schema {tables.SCHEMA_VERSION}{copied}"


# Columns that every schema has.
_LEASES = text(
    "select name, lease_owner as owner, lease_host as host, lease_boot as boot, lease_pid as pid, "
    "lease_pid_started as pid_started, lease_expires as expires "
    "from sweeps where lease_owner is not null"
)


def _refuse_driven(store: Store, clock: Clock) -> None:
    """Refuse while a controller of the older sweeper writes into the tables."""
    with store.reading() as connection:
        held = [dict(row) for row in connection.execute(_LEASES).mappings()]
    now = store.time(clock)
    for columns in held:
        name, holder = columns.pop("name"), LeaseHolder(**columns)
        if lives(holder, now):
            raise SweepBusy(
                f"{store} cannot be upgraded: process {holder.pid} on {holder.host} drives sweep "
                f"{name!r}",
                hint="Interrupt it there (Ctrl-C) or let it end, upgrade, then resume it.",
            )


def _copy(path: Path, version: str) -> Path:
    """Copy a SQLite file consistently, which a plain copy of a file in WAL mode is not."""
    target = path.with_name(f"{path.name}.schema-{version}")
    unfinished = path.with_name(f"{target.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(unfinished)) as copy:
            source.backup(copy)
        unfinished.replace(target)
    except (sqlite3.Error, OSError) as error:
        unfinished.unlink(missing_ok=True)
        raise StoreError(
            f"{path} could not be copied to {target}: {error}",
            hint="The store is as it was; make room for a copy beside it, or let it be written.",
        ) from error
    return target
