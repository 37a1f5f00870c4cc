"""Tests of how an objective is read from what a function returned or reported."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy
import pytest
import torch

from sweeper.errors import SweeperError
from sweeper.testing.fakes import refused
from sweeper.worker.run import objective_values
from tests.naming import shown

ONE, TWO = ("loss",), ("loss", "size")


@pytest.mark.parametrize(
    "returned",
    [0.5, numpy.float32(0.5), numpy.array(0.5), numpy.array([0.5])[0], torch.tensor(0.5)],
    ids=shown,
)
def test_whatever_float_takes_is_an_objective(returned: Any) -> None:
    assert objective_values(returned, ONE, {}) == ((0.5,), None)


def test_whole_numbers_and_truths_count_as_numbers() -> None:
    assert objective_values(3, ONE, {})[0] == (3.0,)
    assert objective_values(True, ONE, {})[0] == (1.0,)


def test_a_dict_gives_the_objective_and_is_kept_as_the_result() -> None:
    values, result = objective_values({"loss": numpy.float64(0.5), "net": object}, ONE, {})
    assert values == (0.5,)
    assert result is not None
    assert result["loss"] == 0.5
    assert "object" in result["net"]


def test_what_a_dict_lacks_is_taken_from_the_last_report() -> None:
    values, result = objective_values({"size": 3}, ONE, {"loss": 0.25})
    assert (values, result) == ((0.25,), {"size": 3})
    assert objective_values({"loss": 1.0}, ONE, {"loss": 0.25})[0] == (1.0,)


def test_nothing_returned_means_the_last_report() -> None:
    assert objective_values(None, ONE, {"loss": 0.25, "other": 1.0}) == ((0.25,), None)


def test_several_objectives_come_as_a_tuple_a_list_or_a_dict() -> None:
    for returned in ((0.5, 3), [0.5, 3], {"size": 3, "loss": 0.5}):
        assert objective_values(returned, TWO, {})[0] == (0.5, 3.0)


def test_the_result_is_json_that_every_database_takes() -> None:
    odd = {"loss": 0.5, "nan": math.nan, "inf": math.inf, 3: [1], "big": 10**400, "none": None}
    _, result = objective_values({key: odd[key] for key in odd if key != "big"}, ONE, {})
    assert json.loads(json.dumps(result, allow_nan=False))["nan"] == "nan"


@pytest.mark.parametrize(
    ("returned", "metrics"),
    [
        ("good", ONE),
        (object(), ONE),
        ([0.5], ONE),
        (1j, ONE),
        (None, ONE),
        ({"lose": 0.5}, ONE),
        ({"loss": None}, ONE),
        ((0.5,), TWO),
        ((0.5, 1, 2), TWO),
        (0.5, TWO),
        (numpy.array([0.5, 0.25]), ONE),
    ],
    ids=shown,
)
def test_what_is_no_objective_is_refused_by_its_name(
    returned: Any, metrics: tuple[str, ...]
) -> None:
    error = refused(SweeperError, lambda: objective_values(returned, metrics, {}))
    assert "loss" in error.message
