"""Writing many rows at once: each statement is compiled once, and then only executed.

The controller writes a few rows hundreds of times a second. Letting SQLAlchemy compile, cache
and bind each statement anew costs more than the database does, so that it is asked for the SQL
text once, and rows are handed to the driver as they are.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import JSON, Connection, Table, TextClause, bindparam, update
from sqlalchemy.dialects import postgresql, registry, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError

# In ASCII, because a lone surrogate can only be written as its escape.
_encode = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The text of one statement, and how a row is handed to it."""

    text: str
    columns: tuple[str, ...]
    json_columns: tuple[str, ...]
    by_position: bool

    def execute(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
        """Run the statement for each row."""
        for row in rows:
            for name in self.json_columns:
                if row[name] is not None:
                    row[name] = _encode(row[name])
        if not self.by_position:
            connection.exec_driver_sql(self.text, list(rows))
            return
        given = [tuple(map(row.__getitem__, self.columns)) for row in rows]
        with driving(self.text):
            connection.connection.cursor().executemany(self.text, given)

    def first(self, connection: Connection, row: dict[str, Any]) -> Any:
        """Run the statement for one row, and give the first value that it returns, if any."""
        if not self.by_position:
            return connection.exec_driver_sql(self.text, row).scalar()
        with driving(self.text):
            given = tuple(map(row.__getitem__, self.columns))
            found = connection.connection.cursor().execute(self.text, given).fetchone()
        return None if found is None else found[0]


@contextmanager
def driving(text: str) -> Iterator[None]:
    """Let an error of SQLite's driver pass as SQLAlchemy would raise it.

    What is run hundreds of times a second skips SQLAlchemy's bookkeeping there, which costs more
    than what SQLite does.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise DBAPIError.instance(text, None, error, sqlite3.Error) from error


def upsert(table: Table, dialect: Dialect) -> Statement:
    """Give what inserts into a table, or updates where the primary key is there already."""
    return _upsert(table, dialect.name)


@cache
def prepared(clause: TextClause, dialect_name: str) -> Statement:
    """Give a statement that was written as text."""
    _, make_dialect = _INSERTS[dialect_name]
    compiled = clause.compile(dialect=make_dialect())
    positions = compiled.positiontup
    return Statement(
        text=str(compiled),
        columns=tuple(positions or ()),
        json_columns=(),
        by_position=positions is not None,
    )


def overwrite(table: Table, columns: tuple[str, ...], dialect: Dialect) -> Statement:
    """Give what sets some columns of a table; a row has its primary key as key_NAME."""
    return _overwrite(table, columns, dialect.name)


def _psycopg() -> Dialect:
    dialect: Dialect = registry.load("postgresql.psycopg")()
    return dialect


_INSERTS: Mapping[str, tuple[Callable[[Table], Any], Callable[[], Dialect]]] = {
    "sqlite": (sqlite.insert, lambda: sqlite.dialect(paramstyle="qmark")),
    "postgresql": (postgresql.insert, _psycopg),
}


@cache
def _overwrite(table: Table, columns: tuple[str, ...], dialect_name: str) -> Statement:
    keyed = [column == bindparam(f"key_{column.name}") for column in table.primary_key]
    setting = update(table).where(*keyed)
    _, make_dialect = _INSERTS[dialect_name]
    compiled = setting.compile(dialect=make_dialect(), column_keys=list(columns))
    return _statement(table, compiled, columns)


@cache
def _upsert(table: Table, dialect_name: str) -> Statement:
    insert, make_dialect = _INSERTS[dialect_name]
    statement = insert(table)
    keys = [column.name for column in table.primary_key]
    rest = {c.name: statement.excluded[c.name] for c in table.c if c.name not in keys}
    names = [column.name for column in table.c]
    compiled = statement.on_conflict_do_update(index_elements=keys, set_=rest).compile(
        dialect=make_dialect(), column_keys=names
    )
    return _statement(table, compiled, names)


def _statement(table: Table, compiled: Any, names: Sequence[str]) -> Statement:
    positions = compiled.positiontup
    return Statement(
        text=str(compiled),
        columns=tuple(positions or names),
        json_columns=tuple(name for name in names if isinstance(table.c[name].type, JSON)),
        by_position=positions is not None,
    )
