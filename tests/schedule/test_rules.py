"""Tests of ASHA and the median rule against plain, slow ones, on any interleaving of reports."""

from __future__ import annotations

import math
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.errors import SweeperError
from sweeper.model.assignment import Decision
from sweeper.schedule import ASHA, Median, Progress
from sweeper.testing.fakes import LOSS, refused
from sweeper.testing.scheduler import make_report, run_curve
from tests.schedule.plain import PlainASHA, PlainMedian

values = st.one_of(
    st.floats(-1e3, 1e3),
    st.integers(-2, 2).map(float),
    st.sampled_from([math.nan, math.inf, -math.inf]),
)
interleavings = st.lists(
    st.tuples(st.integers(0, 7), st.integers(1, 3), values), min_size=1, max_size=120
)


def as_reports(told: list[tuple[int, int, float]]) -> Iterator[Progress]:
    """Let trials report in any order; each goes on from where it stood."""
    reached: dict[int, int] = {}
    for trial, steps, value in told:
        before = reached.get(trial, 0)
        reached[trial] = before + steps
        yield make_report(trial, reached[trial], value, before)


@given(interleavings, st.integers(1, 3), st.integers(2, 4), st.sampled_from([None, 6, 20]))
@settings(max_examples=60)
def test_asha_decides_as_the_plain_one(
    told: list[tuple[int, int, float]], first: int, factor: int, last: int | None
) -> None:
    ours = ASHA(min_steps=first, max_steps=last, reduction_factor=factor)
    plain = PlainASHA(first, last, factor)
    for report in as_reports(told):
        assert ours.decide(report) is plain.decide(report)


def crowded(seed: int) -> list[tuple[int, int, float]]:
    """Let eight trials report two hundred times, one step after the other.

    Whole numbers, because sums of others depend on the order in which they are added.
    """
    numbers = Random(seed)
    losses = [*map(float, range(-50, 50)), math.nan, math.inf, -math.inf]
    return [(numbers.randrange(8), 1, numbers.choice(losses)) for _ in range(200)]


@given(st.integers(0, 2**32), st.integers(1, 3), st.integers(1, 4))
@settings(max_examples=30)
def test_median_decides_as_the_plain_one(seed: int, min_steps: int, min_trials: int) -> None:
    ours, plain = Median(min_steps, min_trials), PlainMedian(min_steps, min_trials)
    for report in as_reports(crowded(seed)):
        assert ours.decide(report) is plain.decide(report)


@given(st.integers(0, 2**32), st.integers(1, 3), st.integers(2, 4))
@settings(max_examples=30)
def test_asha_decides_as_the_plain_one_in_a_crowd(seed: int, first: int, factor: int) -> None:
    ours = ASHA(min_steps=first, reduction_factor=factor)
    plain = PlainASHA(first, None, factor)
    for report in as_reports(crowded(seed)):
        assert ours.decide(report) is plain.decide(report)


@given(interleavings, st.sampled_from([ASHA, lambda: Median(min_trials=2)]))
@settings(max_examples=40)
def test_what_is_reported_again_counts_once(told: list[tuple[int, int, float]], make: Any) -> None:
    once, twice = make(), make()
    for report in as_reports(told):
        assert twice.decide(report) is once.decide(report)
        twice.decide(report)


@pytest.mark.parametrize(
    ("make", "told"),
    [(ASHA, "reduction_factor = 1"), (Median, "min_trials = 0")],
)
def test_a_number_too_small_is_refused(make: Any, told: str) -> None:
    name, _, number = told.partition(" = ")
    assert told in refused(SweeperError, lambda: make(**{name: int(number)})).message
    refused(SweeperError, lambda: make(min_steps=0))
    refused(SweeperError, lambda: make(min_steps=1.5))
    refused(SweeperError, lambda: make(min_steps=True))
    refused(SweeperError, lambda: make(min_steps="1"))


def test_asha_needs_steps_between_its_first_rung_and_its_end() -> None:
    refused(SweeperError, lambda: ASHA(min_steps=5, max_steps=5))
    refused(SweeperError, lambda: ASHA(delayed="yes"))  # type: ignore[arg-type]
    assert list(ASHA(min_steps=1, max_steps=27).milestones(0).crossed(0, 100)) == [1, 3, 9]


def test_the_first_few_always_pass_a_rung_of_asha() -> None:
    scheduler = ASHA()
    decisions = [scheduler.decide(make_report(n, 1, float(n))) for n in range(3)]
    assert decisions == [Decision.CONTINUE, Decision.CONTINUE, Decision.STOP]


def test_a_value_that_is_not_finite_is_the_worst_at_a_rung() -> None:
    for value in (math.nan, math.inf, -math.inf):
        assert LOSS.first.score(value) == -math.inf
        scheduler = ASHA()
        for trial in range(5):
            scheduler.decide(make_report(trial, 1, 1.0))
        assert scheduler.decide(make_report(5, 1, value)) is Decision.STOP


def test_a_report_that_leaps_over_rungs_is_judged_at_each() -> None:
    scheduler = ASHA()
    for trial in range(6):
        scheduler.decide(make_report(trial, 9, 1.0, before=0))
    assert scheduler.decide(make_report(6, 3, 2.0, before=0)) is Decision.STOP


def test_median_stops_nobody_before_its_least_steps_and_trials() -> None:
    scheduler = Median(min_steps=3, min_trials=2)
    for trial in range(2):
        run_curve(scheduler, trial, [1.0] * 5)
    assert run_curve(scheduler, 2, [9.0] * 5) == [Decision.CONTINUE] * 2 + [Decision.STOP]
    lonely = Median(min_trials=2)
    run_curve(lonely, 0, [1.0] * 5)
    assert run_curve(lonely, 1, [9.0] * 5) == [Decision.CONTINUE] * 5
