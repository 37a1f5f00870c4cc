"""Tests of constraints: what is read, what is refused, and what breaks a bound."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.errors import SweeperError
from sweeper.model.constraint import Constraint, read_constraints, write_constraints
from sweeper.model.feasibility import broken, excesses, told
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import Objective, build_objective
from sweeper.testing.fakes import make_trial

NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32)
HOLDS = {
    "<=": lambda value, bound: value <= bound,
    "<": lambda value, bound: value < bound,
    ">=": lambda value, bound: value >= bound,
    ">": lambda value, bound: value > bound,
}


@given(comparison=st.sampled_from(list(HOLDS)), bound=NUMBERS, value=NUMBERS)
def test_a_bound_is_kept_exactly_where_its_comparison_holds(
    comparison: str, bound: float, value: float
) -> None:
    constraint = Constraint(metric="ms", comparison=comparison, bound=bound)
    assert (constraint.excess(value) <= 0.0) == HOLDS[comparison](value, bound)


@given(written=st.dictionaries(st.text(min_size=1), st.sampled_from(["<= 20", ">0", "< 1e-3"])))
def test_what_is_written_of_constraints_reads_as_the_same(written: dict[str, str]) -> None:
    read = read_constraints(written)
    assert read_constraints(write_constraints(read)) == read


@pytest.mark.parametrize(
    "written", ["20", "= 20", "<= twenty", "<= nan", "<=", "<= 1 2", 20, None, ["<= 1"]]
)
def test_what_is_no_bound_is_refused_by_its_metrics_name(written: object) -> None:
    with pytest.raises(SweeperError, match="latency_ms") as caught:
        read_constraints({"latency_ms": written})
    assert "<=" in caught.value.hint


def test_constraints_that_are_no_mapping_are_refused() -> None:
    with pytest.raises(SweeperError, match="constraints = "):
        read_constraints("latency_ms <= 20")


def limited() -> Objective:
    """Make an objective with two constraints."""
    return build_objective("loss", "min", {"ms": "<= 20", "loss": "< 1"})


def test_what_a_function_returned_counts_before_what_it_reported() -> None:
    known = told(limited(), {"ms": {"last": 10.0, "step": 3}}, {"ms": 30.0}, (0.5,))
    reason = broken(limited(), known)
    assert reason is not None
    assert reason.reason == "ms = 30, and is to be <= 20"


def test_a_metric_that_is_no_number_breaks_its_bound_and_one_never_told_is_missing() -> None:
    unknown = broken(limited(), told(limited(), {"ms": {"step": 3}}, None, (0.5,)))
    assert unknown is not None
    assert not unknown.missing
    missing = broken(limited(), told(limited(), {}, None, (0.5,)))
    assert missing is not None
    assert missing.missing
    assert "'ms'" in missing.reason


def test_a_pruned_trial_that_has_told_of_all_constraints_says_how_far_it_lay_off() -> None:
    summary = {"ms": {"last": 25.0, "step": 1}, "loss": {"last": 0.5, "step": 1}}
    pruned = replace(make_trial(1, status=TrialStatus.PRUNED, value=0.5), summary=summary)
    assert excesses(limited(), pruned) == {"loss": -0.5, "ms": 5.0}
    assert excesses(limited(), make_trial(1, {}, status=TrialStatus.PRUNED)) is None
    assert math.isinf(limited().constraints[1].excess(math.nan))
