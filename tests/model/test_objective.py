"""Tests of objectives, and of the numbers that follow from a seed and a name."""

from __future__ import annotations

import math
from statistics import fmean
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.errors import SweeperError
from sweeper.model.objective import Goal, Mode, build_objective, objective_from
from sweeper.model.randomness import seed_from, unit
from sweeper.testing.fakes import refused


@pytest.mark.parametrize(
    ("metric", "mode"),
    [
        (None, None),
        ([], []),
        ("loss", None),
        (None, "min"),
        ("loss", "minimize"),
        (["loss", "size"], "min"),
        (["loss", "loss"], ["min", "max"]),
    ],
)
def test_an_objective_that_does_not_pair_up_is_refused(metric: Any, mode: Any) -> None:
    refused(SweeperError, lambda: build_objective(metric, mode))


def test_an_objective_is_read_back_from_its_description() -> None:
    made = build_objective(["loss", "accuracy"], ["min", "max"])
    assert objective_from(made.describe()) == made
    assert made.metrics == ("loss", "accuracy")
    assert made.first == Goal(metric="loss", mode=Mode.MIN)


@given(st.sampled_from(Mode), st.floats(), st.one_of(st.floats(), st.none()))
@settings(max_examples=60)
def test_what_is_not_finite_beats_nothing_and_loses_to_all(
    mode: Mode, value: float, other: float | None
) -> None:
    goal = Goal(metric="m", mode=mode)
    if not math.isfinite(value):
        assert not goal.better(value, other)
        assert goal.better(0.0, value)
    elif other is not None and math.isfinite(other):
        assert goal.better(value, other) == (value < other if mode is Mode.MIN else value > other)
    assert not goal.better(value, value)


def test_values_become_scores_of_which_more_is_better() -> None:
    made = build_objective(["loss", "accuracy"], ["min", "max"])
    assert made.scores((0.1, 0.9)) == (-0.1, 0.9)
    assert made.scores((math.nan, None)) == (-math.inf, -math.inf)


def test_units_are_spread_evenly_and_seeds_fit_every_library() -> None:
    drawn = [unit(7, number, "lr") for number in range(4000)]
    assert all(0.0 <= number < 1.0 for number in drawn)
    assert fmean(drawn) == pytest.approx(0.5, abs=0.02)
    assert len(set(drawn)) == 4000
    seeds = [seed_from(7, number) for number in range(1000)]
    assert all(0 <= seed < 2**32 for seed in seeds)
    assert len(set(seeds)) == 1000


def test_other_names_and_seeds_give_other_numbers() -> None:
    given_ = [unit(7, 1, 23), unit(7, 12, 3), unit(71, 2, 3), unit(7, 123), unit(7, "a", "b")]
    assert len(set(given_)) == 5
    # What was recorded must be drawn again by every later version.
    assert unit(7, 0, "lr") == 0.783341432316678
    assert seed_from(7, 0, "trial") == 2250228293
