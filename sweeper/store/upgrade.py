"""Upgrading a store of an older sweeper, after a copy where it is a file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sweeper.errors import StoreError
from sweeper.store import tables
from sweeper.store.schema import known_versions, schema_version
from sweeper.store.store import Store


def upgrade(url: str | None = None) -> str:
    """Bring a store to this sweeper's schema, and say what was done.

    Example:
        >>> upgrade("sqlite:///runs.db")  # doctest: +SKIP
        'sqlite:///runs.db has schema 0001 already'

    Raises:
        StoreError: there is no store, or a newer sweeper made it.
    """
    store = Store(url, must_exist=True, check=False)
    with store.reading() as connection:
        version = schema_version(connection)
    if version == tables.SCHEMA_VERSION:
        return f"{store} has schema {version} already"
    copied = ""
    if version in known_versions() and store.file is not None:
        copied = f"; the old one is kept as {_copy(store.file, version)}"
    store.upgrade_schema()
    return f"{store} now has schema {tables.SCHEMA_VERSION}{copied}"


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
