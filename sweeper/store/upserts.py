"""Writing many rows at once: each statement is compiled once, and then only executed.

The controller writes a few rows hundreds of times a second. Letting SQLAlchemy compile, cache
and bind each statement anew costs more than the database does, so that it is asked for the SQL
text once, and rows are handed to the driver as they are.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import JSON, Connection, Table
from sqlalchemy.dialects import postgresql, registry, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError

# In ASCII, because a lone surrogate can only be written as its escape.
_encode = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Upsert:
    """The text of one statement, and how a row is handed to it."""

    text: str
    columns: tuple[str, ...]
    json_columns: tuple[str, ...]
    by_position: bool

    def execute(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
        """Insert the rows, or update those whose keys are there already."""
        for row in rows:
            for name in self.json_columns:
                if row[name] is not None:
                    row[name] = _encode(row[name])
        if not self.by_position:
            connection.exec_driver_sql(self.text, list(rows))
            return
        given = [tuple(map(row.__getitem__, self.columns)) for row in rows]
        try:
            # SQLite's rows skip SQLAlchemy's bookkeeping, which costs more than writing them.
            connection.connection.cursor().executemany(self.text, given)
        except sqlite3.Error as error:
            raise DBAPIError.instance(self.text, None, error, sqlite3.Error) from error


def upsert(table: Table, dialect: Dialect) -> Upsert:
    """Give the upsert into a table, by its primary key, for a connection's dialect."""
    return _upsert(table, dialect.name)


def _psycopg() -> Dialect:
    dialect: Dialect = registry.load("postgresql.psycopg")()
    return dialect


_INSERTS: Mapping[str, tuple[Callable[[Table], Any], Callable[[], Dialect]]] = {
    "sqlite": (sqlite.insert, lambda: sqlite.dialect(paramstyle="qmark")),
    "postgresql": (postgresql.insert, _psycopg),
}


@cache
def _upsert(table: Table, dialect_name: str) -> Upsert:
    insert, make_dialect = _INSERTS[dialect_name]
    statement = insert(table)
    keys = [column.name for column in table.primary_key]
    rest = {c.name: statement.excluded[c.name] for c in table.c if c.name not in keys}
    names = [column.name for column in table.c]
    compiled = statement.on_conflict_do_update(index_elements=keys, set_=rest).compile(
        dialect=make_dialect(), column_keys=names
    )
    positions = compiled.positiontup
    return Upsert(
        text=str(compiled),
        columns=tuple(positions or names),
        json_columns=tuple(c.name for c in table.c if isinstance(c.type, JSON)),
        by_position=positions is not None,
    )
