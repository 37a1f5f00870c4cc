"""Tests of the query line: what it understands, what it refuses, and what it selects."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweeper_dashboard.query import Cell, QueryError, parse
from sweeper_dashboard.selection import numbers_from, numbers_text, selection_from

CELLS: dict[str, list[Cell]] = {
    "lr": [0.1, 0.01, None, 0.001],
    "optimizer": ["adam", "sgd", "adamw", None],
    "val/loss": [1.0, 2.0, 3.0, None],
    "flag": [True, False, "True", None],
    "tags": [("good", "old"), (), ("bad",), ()],
    "max(acc)": [0.5, 0.9, None, 0.7],
}


def column(name: str) -> list[Cell]:
    """Give a column, or refuse its name as a sheet does."""
    if name not in CELLS:
        raise QueryError(f"there is no column {name!r}", hint="See the columns.")
    return CELLS[name]


def passing(text: str) -> list[int]:
    """List the positions that pass a query."""
    test = parse(text).test(column)
    return [position for position in range(4) if test(position)]


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("lr < 0.05", [1, 3]),
        ("0.005 < lr <= 1e-1", [0, 1]),
        ('optimizer == "adam" or lr < .005', [0, 3]),
        ("not (optimizer == 'adam') and lr > 0", [1, 3]),
        ("optimizer in ['adam', \"sgd\"]", [0, 1]),
        ("optimizer not in ['adam']", [1, 2, 3]),
        ('optimizer ~ "ADAM"', [0, 2]),
        ("lr == none", [2]),
        ("lr != none", [0, 1, 3]),
        ("`val/loss` >= 2", [1, 2]),
        ("flag == true", [0, 2]),
        ('"good" in tags', [0]),
        ('tags == "bad"', [2]),
        ("max(acc) > 0.6", [1, 3]),
        ("lr < -1", []),
        ("lr < 'a'", []),
        ("AND_THEN == 1 or lr == 0.1", None),
    ],
)
def test_a_query_selects(text: str, passes: list[int] | None) -> None:
    if passes is None:
        with pytest.raises(QueryError, match="no column 'AND_THEN'"):
            passing(text)
    else:
        assert passing(text) == passes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lr <", "expected a name or a value, but found the end"),
        ("lr", "expected a comparison"),
        ("lr = 3", "a single = compares nothing"),
        ("(lr < 3", r"expected \), but found the end"),
        ("lr < 3 sgd", r"expected and, or, or the end, but found 'sgd' \(character 8\)"),
        ("lr < 'a", "is not closed"),
        ("lr < 1; drop", "is not understood"),
        ("__import__('os').system('x') == 1", "is not understood"),
        ("lr in [lr]", "a list holds values only"),
        ("(" * 80 + "lr < 1", "nested too deeply"),
        ("x" * 3000, "too long"),
    ],
)
def test_what_is_no_query_is_refused_in_one_line(text: str, said: str) -> None:
    with pytest.raises(QueryError, match=said) as refused:
        passing(text)

    assert refused.value.hint
    assert "\n" not in refused.value.message


@given(st.text(alphabet="lrabc01.<>=!~()[],\"'`-+ \nandornti", max_size=40))
def test_any_text_is_a_query_or_is_refused(text: str) -> None:
    with suppress(QueryError):
        assert set(passing(text)) <= set(range(4))


@given(st.sets(st.integers(min_value=0, max_value=500)))
def test_numbers_are_read_back_as_they_were_written(numbers: set[int]) -> None:
    assert numbers_from(numbers_text(sorted(numbers))) == numbers


def test_brushes_and_column_filters_narrow_like_a_query() -> None:
    selection = selection_from(
        {
            "brush": '{"lr": {"from": 0.005}, "optimizer": {"in": ["adam", "SGD"]}}',
            "f": '{"val/loss": {"filterType": "number", "type": "inRange", "filter": 0,'
            ' "filterTo": 1.5}}',
        }
    )

    tests = selection.tests(column)
    assert [at for at in range(4) if all(test(at) for test in tests)] == [0]


@pytest.mark.parametrize("given", [{"brush": "{"}, {"brush": "[]"}, {"f": "3"}, {"f": '{"lr": 1}'}])
def test_an_address_that_was_tampered_with_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(QueryError):
        selection_from(given)
