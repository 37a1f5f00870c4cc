"""Tests of large answers: what is packed is small, and says the same."""

from __future__ import annotations

import base64
import gzip
from typing import Any

import numpy as np
import orjson
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sweeper_dashboard.packing import packed_column
from sweeper_dashboard.strips import reals

from sweeper.store.store import Store
from tests.dashboard.factory import populate


def unpacked(column: object) -> list[object]:
    """Read a column as a browser does."""
    if isinstance(column, list):
        return column
    assert isinstance(column, dict)
    if "u1" in column:
        words = dict(enumerate(column["of"]))
        return [words.get(place) for place in base64.b64decode(column["u1"])]
    found = np.frombuffer(base64.b64decode(column["f4"]), dtype="<f4").tolist()
    return [None if value != value else value for value in found]


@pytest.mark.parametrize(
    "column",
    [
        [],
        [None, None],
        [0.1, None, 0.1],
        list(range(600)),
        [0.5, None, -2.0],
        ["a", None, "b", "a"],
        [1, 2, None],
        [1, 0.5],
        ["a", 0.5],
        [1e300, 0.5],
        [1e-300, 0.5],
        [str(number) for number in range(300)],
        [[1], [2]],
    ],
)
def test_a_packed_column_says_what_the_list_said(column: list[object]) -> None:
    assert unpacked(packed_column(column)) == column


def test_many_fractions_keep_seven_digits() -> None:
    column = [None, *(number / 7 for number in range(600))]

    packed = packed_column(column)

    assert isinstance(packed, dict)
    assert list(packed) == ["f4"]
    assert unpacked(packed)[0] is None
    assert unpacked(packed)[1:] == pytest.approx(column[1:], rel=1e-7)


@given(st.lists(st.none() | st.floats(allow_nan=False), min_size=1))
def test_a_column_says_the_same_as_a_strip_of_numbers_and_as_a_list(values: list[Any]) -> None:
    assert unpacked(packed_column(reals(values))) == unpacked(packed_column(values))


def test_few_different_numbers_are_sent_exactly() -> None:
    steps = [0.1 * (place % 7) for place in range(2000)]

    packed = packed_column(reals(steps))

    assert unpacked(packed) == steps
    assert isinstance(packed, dict)
    assert len(packed["u1"]) < 2 * len(steps)


def test_many_trials_are_sent_small_and_squeezed(client: FlaskClient, store: Store) -> None:
    populate(store, "many", 3000, curves=False)

    plain = client.get("/api/sweep/many/trials")
    small = client.get("/api/sweep/many/trials", headers={"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.data) == plain.data
    # Of eleven parameters, two metrics and what every trial has.
    assert len(small.data) < 3000 * 60
    trials = orjson.loads(plain.data)["trials"]
    assert unpacked(trials["status"])[:3] == ["completed", "failed", "running"]
    assert unpacked(trials["number"]) == list(range(3000))
    few = client.get("/api/sweep/many/changes?since=0&status=x").json["trials"]
    assert len(unpacked(few["value"])) == 3000
