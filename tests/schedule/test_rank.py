"""Tests of the incremental ranks against plain sorting, and of what they cost."""

from __future__ import annotations

import math
import statistics
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.schedule.rank import RunningMedian, TopShare

scores = st.one_of(st.floats(-1e6, 1e6), st.integers(-3, 3).map(float), st.just(-math.inf))


@given(st.lists(scores, max_size=60), st.integers(2, 6))
@settings(max_examples=60)
def test_the_cutoff_is_the_worst_of_the_best_share(given_: list[float], share: int) -> None:
    top = TopShare(share)
    for place, score in enumerate(given_):
        top.add(place, score)
        best = sorted(given_[: place + 1], reverse=True)[: (place + 1) // share]
        assert top.cutoff == (best[-1] if best else None)
        assert len(top) == place + 1


@given(st.lists(st.tuples(st.integers(0, 5), scores), max_size=40), st.integers(2, 4))
@settings(max_examples=60)
def test_whoever_is_known_keeps_the_first_score(
    given_: list[tuple[int, float]], share: int
) -> None:
    top, first = TopShare(share), {}
    for who, score in given_:
        top.add(who, score)
        first.setdefault(who, score)
    best = sorted(first.values(), reverse=True)[: len(first) // share]
    assert top.cutoff == (best[-1] if best else None)
    assert len(top) == len(first)


@given(st.lists(scores, max_size=60))
@settings(max_examples=60)
def test_the_running_median_is_the_median(given_: list[float]) -> None:
    median = RunningMedian()
    assert median.value is None
    for place, number in enumerate(given_):
        median.add(number)
        assert median.value == pytest.approx(statistics.median(given_[: place + 1]))
        assert len(median) == place + 1


def test_the_median_of_the_largest_numbers_does_not_overflow() -> None:
    median = RunningMedian()
    for number in (1.5e308, 1.7e308):
        median.add(number)
    assert median.value == pytest.approx(1.6e308)


class Counted(float):
    """A number that counts how often any of its kind is compared."""

    comparisons = 0

    def __lt__(self, other: Any) -> bool:
        Counted.comparisons += 1
        return float.__lt__(self, other)

    def __neg__(self) -> Counted:
        return Counted(float.__neg__(self))


def _comparisons(make: Any, count: int) -> int:
    """Count the comparisons of the last hundred additions of so many."""
    rank, before = make(), 0
    for place in range(count):
        if place == count - 100:
            before = Counted.comparisons
        number = Counted((place * 7919) % 10007)
        rank.add(*((place, number) if isinstance(rank, TopShare) else (number,)))
    return Counted.comparisons - before


@pytest.mark.parametrize("make", [lambda: TopShare(3), RunningMedian], ids=["top", "median"])
def test_a_hundred_times_more_numbers_cost_no_more_than_a_logarithm(make: Any) -> None:
    few, many = _comparisons(make, 200), _comparisons(make, 20_000)
    assert few > 0
    assert many <= 3 * few
