"""The answers to a table: what columns there are, the rows in sight, all of them as CSV."""

from __future__ import annotations

import csv
import io
from array import array
from collections.abc import Iterator
from typing import Any

from flask import Response, request

from sweeper_dashboard.desk import Desk
from sweeper_dashboard.payload import Fields
from sweeper_dashboard.query import Cell
from sweeper_dashboard.selection import Selection, numbers_text, selection_from
from sweeper_dashboard.sheet import Column, Positions, Sheet
from sweeper_dashboard.strips import cells, chosen

_MOST_ROWS = 1000
_PIECE = 500
_MOST_PICKED = 20_000


def describe(desk: Desk, name: str) -> Fields:
    """List the columns of a sweep's table, and which of them are shown at first."""
    sheet = desk.sheets.of(name)
    sweep = sheet.view.overview.sweep
    goal = sweep.goals().first
    return {
        "objective": goal.metric,
        "mode": goal.mode.value,
        "columns": [
            {
                "key": column.key,
                "name": column.name,
                "group": column.group,
                "kind": column.kind if column.kind != "any" else _kind(sheet, column.key),
                "varies": sheet.varies(column.key),
            }
            for column in sheet.columns.values()
        ],
        "shown": _shown(sheet),
    }


def _shown(sheet: Sheet) -> list[str]:
    sweep = sheet.view.overview.sweep
    objective = sweep.goals().first.metric
    metrics = [k for k in sheet.columns if k.startswith("m:") and k != f"m:{objective}"]
    params = [f"p:{name}" for name in sweep.space["parameters"]]
    return [
        "number",
        "status",
        "value",
        *params,
        *metrics,
        "end",
        "tags",
        *(["note"] if sheet.view.marks.notes else []),
        "duration",
        "steps",
        "attempts",
        "host",
        "error",
    ]


def _kind(sheet: Sheet, key: str) -> str:
    get = sheet.columns[key].get
    for position in range(min(len(sheet.trials), 200)):
        value = get(position)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return "number"
        if value is not None:
            return "text"
    return "number"


def rows(desk: Desk, name: str) -> Fields:
    """Give the rows between two places of the table, as it is filtered and sorted."""
    sheet = desk.sheets.of(name)
    selection = selection_from(request.args)
    positions = _ordered(sheet, selection)
    start = max(request.args.get("start", default=0, type=int), 0)
    end = min(request.args.get("end", default=100, type=int), start + _MOST_ROWS)
    keys = _keys(sheet)
    getters = [sheet.columns[key].get for key in keys]
    return {
        "matched": len(positions),
        "total": len(sheet.trials),
        "keys": keys,
        "rows": [[get(position) for get in getters] for position in positions[start:end]],
    }


def matching(desk: Desk, name: str) -> Fields:
    """Count the trials that the address selects, and name them where they are few enough."""
    sheet = desk.sheets.of(name)
    positions = sheet.positions(selection_from(request.args))
    whole = len(positions) == len(sheet.trials) or len(positions) > _MOST_PICKED
    numbers = None if whole else numbers_text([sheet.numbers[at] for at in positions])
    return {"matched": len(positions), "total": len(sheet.trials), "numbers": numbers}


def as_csv(desk: Desk, name: str) -> Response:
    """Give what the table shows, all rows of it, as a CSV file that is written as it is sent."""
    sheet = desk.sheets.of(name)
    positions = _ordered(sheet, selection_from(request.args))
    file = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)
    file = file.encode("ascii", "replace").decode().replace("?", "_")
    return Response(
        _lines(sheet, positions, _keys(sheet)),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{file}.csv"'},
    )


def _lines(sheet: Sheet, positions: Positions, keys: list[str]) -> Iterator[str]:
    """Write a table in pieces of some hundred rows."""
    columns = [sheet.columns[key] for key in keys]
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow([_safe(column.name) for column in columns])
    for start in range(0, len(positions), _PIECE):
        piece = positions[start : start + _PIECE]
        writer.writerows(zip(*(_written(column, piece) for column in columns), strict=True))
        yield written.getvalue()
        written.seek(0)
        written.truncate()
    yield written.getvalue()


def _written(column: Column, piece: Positions) -> list[Cell]:
    if isinstance(column.of, array) and column.kind != "text":
        return cells(chosen(column.of, piece))
    return [_safe(column.get(position)) for position in piece]


def _ordered(sheet: Sheet, selection: Selection) -> Positions:
    sort = request.args.get("sort", "")
    return sheet.positions(selection, sort.removeprefix("-"), down=sort.startswith("-"))


def _keys(sheet: Sheet) -> list[str]:
    asked = request.args.get("columns")
    wanted: list[Any] = asked.split("\n") if asked else list(sheet.columns)
    return [key for key in wanted if key in sheet.columns]


def _safe(value: Cell) -> Cell:
    """Keep a text from being run as a formula by whoever opens the file."""
    if isinstance(value, tuple):
        value = " ".join(value)
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value
