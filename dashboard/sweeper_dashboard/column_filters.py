"""The filters that people set in the heads of a table's columns, as the grid writes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sweeper_dashboard.query import COMPARES, Cell, Column, QueryError, Test

_SIGNS = {
    "equals": "==",
    "notEqual": "!=",
    "lessThan": "<",
    "lessThanOrEqual": "<=",
    "greaterThan": ">",
    "greaterThanOrEqual": ">=",
}
_TEXTS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": lambda text, wanted: wanted in text,
    "notContains": lambda text, wanted: wanted not in text,
    "equals": lambda text, wanted: text == wanted,
    "notEqual": lambda text, wanted: text != wanted,
    "startsWith": lambda text, wanted: text.startswith(wanted),
    "endsWith": lambda text, wanted: text.endswith(wanted),
}


def column_filters(text: str) -> dict[str, Mapping[str, Any]]:
    """Read the filters by column from an address.

    Raises:
        QueryError: they are not what the grid writes.
    """
    if not text:
        return {}
    try:
        given = json.loads(text)
    except ValueError as error:
        raise _unknown(text) from error
    if not isinstance(given, dict) or not all(isinstance(each, dict) for each in given.values()):
        raise _unknown(text)
    return given


def filter_tests(filters: Mapping[str, Mapping[str, Any]], column: Column) -> list[Test]:
    """Make the test of each filtered column.

    Raises:
        QueryError: a column is not there.
    """
    return [_test(column(key), model) for key, model in filters.items()]


def _unknown(text: str) -> QueryError:
    return QueryError(
        f"the column filters {text[:60]!r} are not understood",
        hint="Clear the filters and set them again in the heads of the columns.",
    )


def _test(values: Sequence[Cell], model: Mapping[str, Any]) -> Test:
    conditions = model.get("conditions")
    if isinstance(conditions, list):
        tests = [_test(values, each) for each in conditions if isinstance(each, dict)]
        if model.get("operator") == "OR":
            return lambda at: any(test(at) for test in tests)
        return lambda at: all(test(at) for test in tests)
    kind, wanted = str(model.get("type")), model.get("filter")
    if kind in ("blank", "notBlank"):
        return lambda at: (values[at] in (None, "", ())) is (kind == "blank")
    if model.get("filterType") == "text":
        return _text_test(values, kind, str(wanted or "").lower())
    if kind == "inRange":
        low, high = wanted, model.get("filterTo")
        return lambda at: COMPARES[">="](values[at], low) and COMPARES["<="](values[at], high)
    compare = COMPARES[_SIGNS.get(kind, "==")]
    return lambda at: compare(values[at], wanted)


def _text_test(values: Sequence[Cell], kind: str, wanted: str) -> Test:
    compare = _TEXTS.get(kind, _TEXTS["contains"])

    def passes(position: int) -> bool:
        value = values[position]
        text = " ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
        return compare(text.lower(), wanted)

    return passes
