"""Opening a store: its address, its transactions, and the check of its version."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from sweeper.clock import Clock
from sweeper.errors import StoreError
from sweeper.store.failures import storing
from sweeper.store.schema import check_known, check_version, create_schema
from sweeper.store.upserts import driving

DEFAULT_URL = "sqlite:///.sweeper/store.db"
_BUSY_SECONDS = 30.0
# Whoever drives a sweep has trials to hear meanwhile, and writes later what it cannot write now.
DRIVER_SECONDS = 5.0
# A clock that goes apart from the time that passes by more than this was moved, or slept.
_MOVED_SECONDS = 1.0
_DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


def default_url() -> str:
    """Give the store's address where nobody names one: $SWEEPER_STORE, else a local file."""
    return os.environ.get("SWEEPER_STORE") or DEFAULT_URL


class Store:
    """A SQL database of sweeps on SQLite or PostgreSQL.

    Example:
        >>> store = Store("sqlite:///:memory:")
        >>> with store.reading() as connection:
        ...     connection.exec_driver_sql("select count(*) from sweeps").scalar()
        0

    Raises:
        StoreError: the address is unusable, the server unreachable or the schema foreign.
    """

    def __init__(
        self, url: str | None = None, *, must_exist: bool = False, check: bool = True
    ) -> None:
        """Open a store, made where there is none; check=False opens any schema as it is."""
        self.url = _parse(url or default_url())
        self.file = _file_of(self.url)
        if self.file is not None:
            _prepare_file(self.file, must_exist=must_exist)
        self._asked_apart = self._ahead = -math.inf
        self._engine = _connectable(self.url)
        self._writer = self._engine.execution_options(begin="BEGIN IMMEDIATE")
        self._writers: dict[float | None, Engine] = {}
        self._reader = self._engine
        if self.dialect == "postgresql":
            # By default each of its statements sees a newer state.
            self._reader = self._engine.execution_options(isolation_level="REPEATABLE READ")
        if check:
            with storing("opened", self.url):
                self._open_schema()

    def __str__(self) -> str:
        return self.url.render_as_string(hide_password=True)

    def address(self) -> str:
        """Give the address with its password, for a process that is to open the same store."""
        return self.url.render_as_string(hide_password=False)

    @property
    def dialect(self) -> str:
        """ "sqlite" or "postgresql"."""
        return self._engine.dialect.name

    @property
    def folder(self) -> Path:
        """Where files beside this store go."""
        return Path(".sweeper").absolute() if self.file is None else self.file.parent

    @property
    def artifacts(self) -> Path:
        """Where its sweeps' files go: two stores side by side may each have a sweep of a name."""
        own = (self.url.database or "") if self.file is None else self.file.stem
        return self.folder / ("artifacts" if own in ("", "store") else f"{own}-artifacts")

    @contextmanager
    def writing(self, patience: float | None = None) -> Iterator[Connection]:
        """Open a transaction that writes: all of it is recorded, or nothing.

        Args:
            patience: how many seconds to wait at most, for another writer of a SQLite file or
                for a word of a server.
        """
        writer = self._writer if patience is None else self._writers.get(patience)
        if writer is None:
            # Made once, because making one costs as much as a small transaction.
            writer = self._writers[patience] = self._writer.execution_options(patience=patience)
        with storing("written", self.url), writer.begin() as connection:
            yield connection

    @contextmanager
    def reading(self, patience: float | None = None) -> Iterator[Connection]:
        """Open a transaction that reads one consistent state.

        Args:
            patience: as for writing().
        """
        reader = self._reader
        if patience is not None:
            reader = reader.execution_options(patience=patience)
        with storing("read", self.url), reader.begin() as connection:
            yield connection

    def time(self, clock: Clock) -> float:
        """Tell the time by which leases run: a server's, which all machines share, else ours.

        A server is asked once, and again when this machine's clock was moved.
        """
        if self.dialect != "postgresql":
            return clock.now()
        apart = clock.now() - clock.elapsed()
        if abs(apart - self._asked_apart) > _MOVED_SECONDS:
            with self.reading(patience=DRIVER_SECONDS) as connection:
                now = connection.execute(text("select extract(epoch from clock_timestamp())"))
                self._ahead = float(now.scalar_one()) - clock.elapsed()
            self._asked_apart = apart
        return self._ahead + clock.elapsed()

    def close(self) -> None:
        """Let go of all connections; may be called twice."""
        self._engine.dispose()

    def upgrade_schema(self) -> None:
        """Bring the schema to this package's version, all of it or nothing."""
        with self._locked() as connection:
            check_known(connection, str(self))
            create_schema(connection)

    def _open_schema(self) -> None:
        with self._engine.begin() as connection:
            if check_version(connection, str(self)):
                return
        with self._locked() as connection:
            if not check_version(connection, str(self)):
                create_schema(connection)

    @contextmanager
    def _locked(self) -> Iterator[Connection]:
        """Open a transaction in which nobody else changes the schema."""
        writer = self._writer.execution_options(patience=math.inf)
        with storing("upgraded", self.url), writer.begin() as connection:
            if self.dialect == "postgresql":
                connection.execute(text("select pg_advisory_xact_lock(7893250017)"))
            yield connection


def is_absent(url: str | None) -> Path | None:
    """Give the path of a SQLite file that a launch would make; None for any other store."""
    file = _file_of(_parse(url or default_url()))
    return None if file is None or file.exists() else file


def _parse(text_url: str) -> URL:
    try:
        url = make_url(text_url)
    # A port that is no number is an ordinary ValueError.
    except (ArgumentError, ValueError) as error:
        raise _unusable(text_url) from error
    if url.drivername not in _DRIVERS:
        raise _unusable(text_url)
    return url.set(drivername=_DRIVERS[url.drivername])


def _unusable(text_url: str) -> StoreError:
    return StoreError(
        f"{re.sub('//[^/@]*@', '//***@', text_url)!r} is not the address of a store",
        hint="Use sqlite:///path/to/store.db or postgresql://user:password@host/database.",
    )


def _file_of(url: URL) -> Path | None:
    """Give the path of a SQLite file, also of one that is named as file:PATH?mode=ro&uri=true."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database).removeprefix("file:")).absolute()


def _prepare_file(path: Path, *, must_exist: bool) -> None:
    if must_exist and not path.exists():
        raise StoreError(
            f"there is no store at {path}",
            hint="Run a sweep first, or name another one with --store or $SWEEPER_STORE.",
        )
    folder = path.parent
    if folder.exists():
        return
    try:
        folder.mkdir(parents=True)
        if folder.name == ".sweeper":
            (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"the folder {folder} could not be made: {error.strerror}",
            hint="Choose another place with store= or $SWEEPER_STORE.",
        ) from error


def _connectable(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        busy = _busy_seconds(url)
        engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": busy})
        event.listen(engine, "connect", _tune_sqlite)
        event.listen(engine, "begin", partial(_begin_sqlite, busy))
        return engine
    try:
        from sweeper.store.postgres import make_engine

        return make_engine(url)
    except ImportError as error:
        raise StoreError(
            "PostgreSQL needs the psycopg package, which is not installed",
            hint='Run: pip install "sweepable[postgres]"',
        ) from error


def _busy_seconds(url: URL) -> float:
    """Say how long to wait for another program: as the address says, else half a minute."""
    try:
        return float(str(url.query.get("timeout", _BUSY_SECONDS)))
    except ValueError:
        raise _unusable(str(url)) from None


def _tune_sqlite(connection: Any, _record: object) -> None:
    # SQLAlchemy emits BEGIN itself below; the driver's own would begin too late to lock.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    # Small transactions change the same pages again and again: copied rarely, each is copied once.
    cursor.execute("PRAGMA wal_autocheckpoint = 4000")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(busy_seconds: float, connection: Connection) -> None:
    options = connection.get_execution_options()
    patience = min(busy_seconds, options.get("patience", busy_seconds))
    begin = options.get("begin", "BEGIN")
    driver = connection.connection
    with driving(begin):
        if driver.info.get("patience") != patience:
            driver.cursor().execute(f"PRAGMA busy_timeout = {round(1000 * patience)}")
            driver.info["patience"] = patience
        driver.cursor().execute(begin)
