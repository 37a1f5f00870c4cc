"""Tests of how values are written as JSON and read back."""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.errors import SpaceError
from sweeper.model.domains import choice
from sweeper.model.encoding import Reference, canonical, decode, encode
from tests.model.strategies import OBJECTS, Color, Size, Word, choices, same, some_function, values
from tests.naming import shown


@given(values)
@settings(max_examples=60)
def test_a_value_survives_json_bit_for_bit_with_its_type(value: Any) -> None:
    assert same(decode(json.loads(json.dumps(encode(value)))), value)


@given(values)
@settings(max_examples=40)
def test_what_is_written_is_json_that_any_reader_takes(value: Any) -> None:
    json.dumps(encode(value), allow_nan=False)


@given(choices(), st.integers(0, 4))
@settings(max_examples=60)
def test_an_option_comes_back_as_itself_through_its_domain(domain: Any, place: int) -> None:
    option = domain.options[place % domain.size]
    read = domain.decode(json.loads(json.dumps(domain.encode(option))))
    assert same(read, option)


@pytest.mark.parametrize("value", OBJECTS, ids=shown)
def test_an_object_comes_back_as_a_reference_that_names_it(value: Any) -> None:
    read = decode(json.loads(json.dumps(encode(value))))
    assert type(read) is Reference
    assert canonical(read) == canonical(value)
    assert decode(encode(read)) == read


def test_the_members_of_an_enum_are_objects_even_where_they_are_numbers_or_texts() -> None:
    domain = choice([Size.SMALL, 1, Word.YES, "yes", Color.RED, OrderedDict, some_function])
    assert domain.problem() is None
    for option in [Size.SMALL, 1, Word.YES, "yes", Color.RED, OrderedDict, some_function]:
        assert domain.decode(json.loads(json.dumps(encode(option)))) is option


def test_one_and_true_and_one_point_nought_are_different_options() -> None:
    assert len({canonical(value) for value in (1, True, 1.0, "1", None, 0.0, -0.0)}) == 7


def test_a_numpy_scalar_is_written_as_the_number_that_it_is() -> None:
    assert same(decode(encode(numpy.float64(0.1))), 0.1)
    assert same(decode(encode(numpy.int64(7))), 7)
    assert same(decode(encode(numpy.bool_(True))), True)


@pytest.mark.parametrize(
    "value",
    [lambda: 1, object(), {1: "a"}, {"$sweeper": "tuple"}, [object()], {1, 2}, numpy.zeros(2)],
    ids=["lambda", "instance", "number as key", "our tag as key", "inside", "set", "array"],
)
def test_a_value_without_a_stable_name_is_refused_with_a_hint(value: Any) -> None:
    with pytest.raises(SpaceError) as caught:
        encode(value)
    assert caught.value.hint


def test_dicts_are_the_same_option_whatever_their_order() -> None:
    assert canonical({"a": 1, "b": 2}) == canonical({"b": 2, "a": 1})
    assert list(decode(encode({"b": 1, "a": 2}))) == ["b", "a"]
