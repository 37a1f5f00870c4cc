"""Asking a store in SQL: one statement that reads, and whatever it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError

from sweeper.errors import StoreError
from sweeper.store.store import Store

_AT_ONCE = 1000
# What makes a connection read alone, and what ends that. A statement of PostgreSQL may end its
# transaction, so its session is bound too.
_SESSION = "SET SESSION CHARACTERISTICS AS TRANSACTION READ"
_TURNS = {
    "sqlite": (("PRAGMA query_only = ON",), "PRAGMA query_only = OFF"),
    "postgresql": (
        (f"{_SESSION} ONLY", "SET TRANSACTION READ ONLY"),
        f"{_SESSION} WRITE",
    ),
}
_SELECTS = re.compile(r"\s*(select|with|values)\b", re.IGNORECASE)
_WRITES = ("readonly database", "read-only transaction")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The columns of an answer, and its rows as they come."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]


@contextmanager
def ask(store: Store, statement: str) -> Iterator[Answer]:
    """Ask one statement that may only read; rows are fetched as they are taken.

    Example:
        >>> with ask(Store("sqlite:///:memory:"), "select count(*) as sweeps from sweeps") as found:
        ...     found.columns, list(found.rows)
        (('sweeps',), [(0,)])

    Raises:
        StoreError: it would write, or the database does not understand it; says what it says.
    """
    with store.reading() as connection, _only_reading(connection):
        try:
            # A server's cursor knows these alone, and of all else says that it is no syntax.
            fetched = {"yield_per": _AT_ONCE} if _SELECTS.match(statement) else {}
            result = connection.exec_driver_sql(statement, execution_options=fetched)
            if not result.returns_rows:
                raise StoreError(f"{statement!r} answers nothing", hint="Ask with a SELECT.")
            with result:
                yield Answer(columns=tuple(result.keys()), rows=map(tuple, result))
        except DBAPIError as error:
            raise _misunderstood(error) from error


def columns_of(store: Store) -> dict[str, list[tuple[str, str]]]:
    """Give each table's columns with their types, by table."""
    with store.reading() as connection:
        found = inspect(connection)
        return {
            table: [(column["name"], str(column["type"])) for column in found.get_columns(table)]
            for table in sorted(found.get_table_names())
        }


@contextmanager
def _only_reading(connection: Connection) -> Iterator[None]:
    """Let a connection read alone, for a while: it goes back to be used for writing too."""
    before, after = _TURNS[connection.dialect.name]
    for turn in before:
        connection.exec_driver_sql(turn)
    try:
        yield
    except StoreError:
        # PostgreSQL takes its settings back with the transaction, and heeds no more in this one.
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(after)
        raise
    connection.exec_driver_sql(after)


def _misunderstood(error: DBAPIError) -> StoreError:
    said = str(error.orig).strip().splitlines()[0]
    if any(words in said for words in _WRITES):
        return StoreError(
            "this statement would write, and the store is only asked here",
            hint="Ask with a SELECT; what a sweep has recorded is changed by its controller alone.",
        )
    return StoreError(
        f"the store does not understand this: {said}",
        hint="See its tables and columns: sweeper sql",
    )
