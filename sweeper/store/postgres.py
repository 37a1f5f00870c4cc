"""PostgreSQL's connections, which give a server up that holds them but says nothing more.

TCP notices a machine that is gone. A server that is frozen, or drowned in work, still has its
packets acknowledged by its kernel: only a bound on the wait for its answer tells.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from sweeper.clock import SYSTEM_CLOCK

PATIENCE_SECONDS = 30.0
# How long a connection that has lain idle is given to show that it stands.
PING_SECONDS = 5.0
_SETTINGS = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
# A controller that freezes amid a transaction must not keep its successor from the sweep's row.
_IDLE_IN_TRANSACTION = "set idle_in_transaction_session_timeout = 30000"


class PatientConnection(psycopg.Connection[Any]):
    """A connection that is closed once its server has said nothing for too long."""

    patience = PATIENCE_SECONDS

    def wait(self, gen: Generator[Any, Any, Any], *given: Any, **options: Any) -> Any:
        """Carry on with an exchange until it is over.

        Raises:
            psycopg.OperationalError: the server was silent for longer than the patience.
        """
        try:
            return super().wait(self._listening(gen), *given, **options)
        except _Silence as silence:
            self.pgconn.finish()
            raise psycopg.OperationalError(str(silence)) from silence

    def _listening(self, gen: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """Pass an exchange on, looking at the clock wherever nothing has come."""
        heard = SYSTEM_CLOCK.elapsed()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                now = SYSTEM_CLOCK.elapsed()
                if ready:
                    heard = now
                elif now - heard > self.patience:
                    raise _Silence(f"the server has not answered for {self.patience:g} s")
                wanted = gen.send(ready)
        except StopIteration as over:
            return over.value


class _Silence(Exception):
    """Nothing was heard of a server for too long."""


def make_engine(url: URL) -> Engine:
    """Make an engine whose connections are patient ones."""
    settings = {name: value for name, value in _SETTINGS.items() if name not in url.query}
    engine = create_engine(url, pool_pre_ping=True, connect_args=settings)
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "checkin", _lay_by)
    return engine


def _connect(_dialect: object, _record: object, given: Any, options: Any) -> PatientConnection:
    connection = PatientConnection.connect(*given, **options)
    connection.execute(_IDLE_IN_TRANSACTION)
    connection.commit()
    return connection


def _lay_by(connection: PatientConnection | None, _record: object) -> None:
    if connection is not None:
        connection.patience = PING_SECONDS


def _begin(connection: Connection) -> None:
    patience = connection.get_execution_options().get("patience", PATIENCE_SECONDS)
    connection.connection.driver_connection.patience = patience  # type: ignore[union-attr]
