"""The verb that asks a store in SQL: sql."""

from __future__ import annotations

import argparse
import csv
import sys
from itertools import islice
from typing import Any

from sweeper.cli.output import Usage, common_options, say, say_json
from sweeper.display.tables import show_table
from sweeper.store.sql import Answer, ask, columns_of
from sweeper.store.store import Store

_MOST_SHOWN = 1000


def add_verbs(verbs: Any) -> None:
    """Add sql."""
    sql = verbs.add_parser(
        "sql",
        parents=[common_options()],
        help="ask the store in SQL, reading only",
        description="Ask the store one statement that reads; without one, list its tables and "
        "columns.",
    )
    sql.add_argument("statement", metavar="SELECT", nargs="?", help="- reads standard input")
    sql.add_argument("--csv", action="store_true", help="comma-separated values, all rows")
    sql.set_defaults(act=_sql)


def _sql(parsed: argparse.Namespace) -> int:
    if parsed.csv and parsed.json:
        raise Usage("--csv and --json exclude each other", hint="Leave one of them out.")
    store = Store(parsed.store, must_exist=True)
    statement = sys.stdin.read() if parsed.statement == "-" else parsed.statement
    if statement is None:
        return _list_columns(store, as_json=parsed.json)
    with ask(store, statement) as answer:
        if parsed.json:
            say_json([dict(zip(answer.columns, row, strict=True)) for row in answer.rows])
        elif parsed.csv:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(answer.columns)
            writer.writerows(answer.rows)
        else:
            _show(answer)
    return 0


def _show(answer: Answer) -> None:
    show_table(answer.columns, list(islice(answer.rows, _MOST_SHOWN)))
    if next(answer.rows, None) is not None:
        say(f"These are the first {_MOST_SHOWN:,} rows; all of them: --csv or --json.")


def _list_columns(store: Store, *, as_json: bool) -> int:
    found = columns_of(store)
    if as_json:
        say_json({table: dict(columns) for table, columns in found.items()})
        return 0
    rows = [(table, *column) for table, columns in found.items() for column in columns]
    show_table(("table", "column", "type"), rows)
    return 0
