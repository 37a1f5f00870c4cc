"""The page about the tables, held against the tables of the code and of a real store."""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Column, Double, Integer, String, create_engine, inspect

from sweeper.model.lifecycle import AttemptStatus, Outcome, SweepStatus, TrialStatus
from sweeper.store.store import Store
from sweeper.store.tables import VERSION_TABLE, metadata

PAGE = Path(__file__).parents[2] / "docs" / "schema.md"
KINDS: dict[type[Any], str] = {
    JSON: "JSON",
    Integer: "integer",
    Double: "real",
    String: "text",
}


def documented() -> dict[str, dict[str, tuple[str, str]]]:
    """Read the page: by table and column, the type and the meaning."""
    tables: dict[str, dict[str, tuple[str, str]]] = {}
    for line in PAGE.read_text().splitlines():
        if heading := re.fullmatch(r"## (\w+)", line):
            tables[heading[1]] = {}
        elif row := re.fullmatch(r"\| `(\w+)` \| ([\w ]+) \| (.+) \|", line):
            list(tables.values())[-1][row[1]] = (row[2], row[3])
    return tables


def in_words(column: Column[object]) -> str:
    """Name a column's type as the page does."""
    kind = next(word for base, word in KINDS.items() if isinstance(column.type, base))
    return f"{kind} or null" if column.nullable else kind


def test_the_page_tells_every_table_and_column_with_its_type() -> None:
    told = {
        table: {column: kind for column, (kind, _) in columns.items()}
        for table, columns in documented().items()
        if table != VERSION_TABLE
    }
    real = {
        name: {column.name: in_words(column) for column in table.columns}
        for name, table in metadata.tables.items()
    }
    assert told == real


def test_a_fresh_store_has_the_tables_of_the_page(store: Store) -> None:
    engine = create_engine(store.address())
    looked_at = inspect(engine)
    found = {
        table: {column["name"] for column in looked_at.get_columns(table)}
        for table in looked_at.get_table_names()
    }
    engine.dispose()
    assert found == {table: set(columns) for table, columns in documented().items()}


def test_the_page_names_every_status_and_outcome() -> None:
    tables = documented()
    words: dict[tuple[str, str], Collection[StrEnum]] = {
        ("sweeps", "status"): set(SweepStatus) - {SweepStatus.INTERRUPTED},
        ("trials", "status"): set(TrialStatus),
        ("attempts", "status"): set(AttemptStatus),
        ("attempts", "outcome"): set(Outcome),
    }
    for (table, column), members in words.items():
        named = set(re.findall(r"`(\w+)`", tables[table][column][1]))
        assert {str(member) for member in members} <= named
