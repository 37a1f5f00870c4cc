"""Which trials a reader looks at: the filters of a page's address, the same on all pages."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sweeper_dashboard.column_filters import column_filters, filter_tests
from sweeper_dashboard.query import Cell, Column, Query, QueryError, Test, parse

_RUN = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")
_MOST = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is shown: trials that pass the query and all brushes and are not hidden.

    Where only names trials, no others are shown; filters are those in the heads of columns.
    key tells selections of different trials apart; picked trials are marked, not filtered.
    """

    query: Query | None = None
    brushes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    filters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    hidden: frozenset[int] = frozenset()
    only: frozenset[int] = frozenset()
    picked: frozenset[int] = frozenset()
    key: str = ""

    @property
    def narrows(self) -> bool:
        """Whether anything keeps trials out."""
        return bool(self.query or self.filters or self.brushes or self.hidden or self.only)

    def tests(self, column: Column) -> list[Test]:
        """Make the tests that a position has to pass; hidden trials are not among them.

        Raises:
            QueryError: the query or a brush names a column that is not there.
        """
        found = [_brush_test(column(name), brush) for name, brush in self.brushes.items()]
        found += filter_tests(self.filters, column)
        if self.query is not None:
            found.append(self.query.test(column))
        return found


def selection_from(given: Mapping[str, str]) -> Selection:
    """Read a selection from the values of an address.

    q is a query line, f the filters of the columns; brush maps names to
    {"from": low, "to": high} or {"in": [values]} as
    JSON; hide, only and pick are trial numbers, as in 0-4,9.

    Raises:
        QueryError: the query or the brushes cannot be understood.
    """
    text, brush = given.get("q", "").strip(), given.get("brush", "")
    parts = (given.get(name, "") for name in ("f", "hide", "only"))
    return Selection(
        query=parse(text) if text else None,
        brushes=_brushes(brush) if brush else {},
        hidden=numbers_from(given.get("hide", "")),
        only=numbers_from(given.get("only", "")),
        picked=numbers_from(given.get("pick", "")),
        filters=column_filters(given.get("f", "")),
        key="\n".join((text, brush, *parts)),
    )


def numbers_from(text: str) -> frozenset[int]:
    """Read trial numbers.

    Example:
        >>> sorted(numbers_from("0-2,9"))
        [0, 1, 2, 9]
    """
    found: set[int] = set()
    for part in text.split(","):
        run = _RUN.fullmatch(part.strip())
        if run is None:
            continue
        first, last = int(run[1]), int(run[2] or run[1])
        found.update(range(first, min(last, first + _MOST - len(found)) + 1))
    return frozenset(found)


def numbers_text(numbers: Sequence[int]) -> str:
    """Write ascending trial numbers.

    Example:
        >>> numbers_text([0, 1, 2, 9])
        '0-2,9'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def _brushes(text: str) -> dict[str, dict[str, Any]]:
    try:
        brushes = json.loads(text)
    except ValueError as error:
        raise _unknown_brush(text) from error
    if not isinstance(brushes, dict) or not all(isinstance(b, dict) for b in brushes.values()):
        raise _unknown_brush(text)
    return brushes


def _unknown_brush(text: str) -> QueryError:
    return QueryError(
        f"the brush {text[:60]!r} is not understood",
        hint='Write as in: {"lr": {"from": 0.001, "to": 0.1}, "optimizer": {"in": ["adam"]}}',
    )


def _brush_test(values: Sequence[Cell], brush: Mapping[str, Any]) -> Test:
    if isinstance(brush.get("in"), list):
        kept = {str(value).lower() for value in brush["in"]}
        return lambda position: _written(values[position]) in kept
    ends = [brush.get("from"), brush.get("to")]
    low, high = (
        float(end) if isinstance(end, (int, float)) else otherwise
        for end, otherwise in zip(ends, (float("-inf"), float("inf")))
    )

    def within(position: int) -> bool:
        value = values[position]
        return isinstance(value, (int, float)) and low <= value <= high

    return within


def _written(value: Cell) -> str:
    # A whole float is the same option as the integer that a browser makes of it.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).lower()
