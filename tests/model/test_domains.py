"""Tests of single domains: what is drawn, gridded, and refused."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.model.domain import Domain
from sweeper.model.domains import (
    choice,
    domain_from,
    lograndint,
    loguniform,
    normal,
    ordinal,
    qloguniform,
    quniform,
    randint,
    uniform,
)
from sweeper.model.encoding import canonical
from tests.model.strategies import discrete, domains, gridded, pairs, stepped, units

ALMOST_ONE = math.nextafter(1.0, 0.0)
_finite = st.floats(allow_nan=False, allow_infinity=False)


@given(domains, units)
@settings(max_examples=60)
def test_every_drawn_value_lies_inside(domain: Domain, unit: float) -> None:
    assert domain.contains(domain.at(unit))
    assert domain.contains(domain.at(0.0))
    assert domain.contains(domain.at(ALMOST_ONE))


@given(pairs(_finite), units)
@settings(max_examples=60)
def test_the_widest_bounds_do_not_overflow(ends: tuple[float, float], unit: float) -> None:
    domain = uniform(*ends)
    assert domain.contains(domain.at(unit))
    assert domain.grid(3).grid_value(1) == domain.grid(3).grid_value(1)


@given(pairs(st.integers()), units)
@settings(max_examples=60)
def test_whole_numbers_of_any_size_are_drawn_inside(ends: tuple[int, int], unit: float) -> None:
    low, high = ends[0] * 10**30, ends[1] * 10**30
    assert randint(*ends).contains(randint(*ends).at(unit))
    assert randint(low, high).contains(randint(low, high).at(unit))


@given(discrete, st.integers(0, 10**6), units)
@settings(max_examples=60)
def test_a_discrete_domain_lists_what_it_draws(domain: Domain, index: int, unit: float) -> None:
    assert domain.size is not None
    assert domain.contains(domain.value(index % domain.size))
    if domain.size <= 100:
        listed = {canonical(domain.value(place)) for place in range(domain.size)}
        assert len(listed) == domain.size
        assert canonical(domain.at(unit)) in listed


@given(stepped(), units)
@settings(max_examples=60)
def test_a_stepped_value_is_an_exact_multiple(domain: Any, unit: float) -> None:
    value = domain.at(unit)
    assert type(value) is float
    assert domain.low <= value <= domain.high
    multiplier = (Decimal(repr(value)) / Decimal(repr(domain.q))).to_integral_value()
    assert float(multiplier * Decimal(repr(domain.q))) == value


def test_three_tenths_are_three_tenths() -> None:
    domain = quniform(0.1, 0.5, 0.1)
    assert [domain.value(i) for i in range(5)] == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert quniform(-1, 1, 0.5).size == 5
    assert qloguniform(1, 100, 10).value(9) == 100.0


@given(st.one_of(pairs(_finite.filter(lambda x: x > 0)), pairs(st.floats(1e-9, 1.0))))
@settings(max_examples=60)
def test_a_grid_of_a_continuous_domain_includes_both_ends(ends: tuple[float, float]) -> None:
    for domain in (uniform(*ends).grid(5), loguniform(*ends).grid(5)):
        assert domain.grid_value(0) == ends[0]
        assert domain.grid_value(4) == ends[1]


@given(gridded())
@settings(max_examples=60)
def test_a_grid_has_no_duplicates_and_the_stated_size(domain: Domain) -> None:
    points = [domain.grid_value(index) for index in range(domain.grid_size or 0)]
    assert len({canonical(point) for point in points}) == len(points)
    assert all(domain.contains(point) for point in points)
    assert len(points) == min(domain.grid_points or 0, domain.size or 10**9)


@given(pairs(st.integers(1, 10**6)), st.integers(2, 9))
@settings(max_examples=60)
def test_a_grid_of_whole_numbers_ascends_from_end_to_end(ends: tuple[int, int], n: int) -> None:
    for make in (randint, lograndint):
        domain = make(*ends).grid(n)
        points = [domain.grid_value(index) for index in range(domain.grid_size or 0)]
        assert points == sorted(set(points))
        assert (points[0], points[-1]) == ends


def test_a_logarithmic_domain_draws_every_decade_alike_and_both_ends() -> None:
    domain = loguniform(1e-4, 1.0)
    assert domain.at(0.0) == 1e-4
    assert domain.at(0.5) == pytest.approx(1e-2)
    whole = lograndint(1, 512)
    drawn = [whole.at(place / 4096) for place in range(4096)]
    assert min(drawn) == 1
    assert max(drawn) == 512
    assert sorted(drawn) == drawn
    stepped_log = qloguniform(0.5, 8.0, 0.5)
    assert {stepped_log.at(place / 4096) for place in range(4096)} == {
        stepped_log.value(index) for index in range(16)
    }


def test_each_whole_number_is_drawn_alike() -> None:
    die = randint(1, 6)
    drawn = [die.at((place + 0.5) / 600) for place in range(600)]
    assert [drawn.count(face) for face in range(1, 7)] == [100] * 6


def test_a_normal_domain_follows_its_mean_and_spread() -> None:
    domain = normal(10.0, 2.0)
    assert domain.at(0.5) == 10.0
    assert domain.at(0.8413447460685429) == pytest.approx(12.0)
    assert math.isfinite(domain.at(0.0))
    assert domain.grid(1).grid_value(0) == 10.0
    points = [domain.grid(4).grid_value(index) for index in range(4)]
    assert points == sorted(points)
    assert points[0] + points[3] == pytest.approx(20.0)


@given(st.one_of(domains, gridded()))
@settings(max_examples=60)
def test_a_described_domain_is_read_back(domain: Domain) -> None:
    written = json.loads(json.dumps(domain.describe()))
    read = domain_from(written)
    assert type(read) is type(domain)
    assert json.dumps(read.describe()) == json.dumps(domain.describe())
    assert read.grid_size == domain.grid_size


UNSOUND: dict[str, Domain] = {
    "low equal to high": uniform(1.0, 1.0),
    "low above high": loguniform(0.1, 0.01),
    "whole low above high": randint(3, 2),
    "log of nought": loguniform(0.0, 1.0),
    "log of a negative": lograndint(-1, 4),
    "stepped log of nought": qloguniform(0.0, 1.0, 0.1),
    "nan": uniform(math.nan, 1.0),
    "inf": uniform(0.0, math.inf),
    "bool": uniform(False, True),
    "bool for a whole number": randint(False, True),
    "text": uniform("0", "1"),  # type: ignore[arg-type]
    "none": uniform(None, 1.0),  # type: ignore[arg-type]
    "no float": uniform(0.0, 10**400),
    "a whole number that no float holds": randint(0, 10**400),
    "fraction for a whole number": randint(0.5, 3),  # type: ignore[arg-type]
    "q of nought": quniform(0.0, 1.0, 0.0),
    "negative q": quniform(0.0, 1.0, -0.1),
    "nan q": quniform(0.0, 1.0, math.nan),
    "text q": quniform(0.0, 1.0, "0.1"),  # type: ignore[arg-type]
    "no multiple inside": quniform(0.11, 0.19, 0.1),
    "q that floats cannot tell apart": quniform(1e16, 1e16 + 100, 0.1),
    "no spread": normal(0.0, 0.0),
    "negative spread": normal(0.0, -1.0),
    "nan mean": normal(math.nan, 1.0),
    "no options": choice([]),
    "an option twice": choice(["a", "b", "a"]),
    "a dict twice": ordinal([{"a": 1, "b": 2}, {"b": 2, "a": 1}]),
    "nought grid points": uniform(0.0, 1.0).grid(0),
    "half a grid point": uniform(0.0, 1.0).grid(2.5),  # type: ignore[arg-type]
    "true grid points": uniform(0.0, 1.0).grid(True),
    "grid points that floats cannot tell apart": uniform(1.0, 1.0 + 2**-51).grid(9),
}


@pytest.mark.parametrize("domain", UNSOUND.values(), ids=UNSOUND)
def test_an_unsound_domain_says_what_is_wrong_and_the_remedy(domain: Domain) -> None:
    found = domain.problem()
    assert found is not None
    assert all(found)


@given(st.one_of(domains, gridded()))
@settings(max_examples=40)
def test_a_sound_domain_has_no_problem(domain: Domain) -> None:
    assert domain.problem() is None


def test_options_that_only_look_alike_are_sound() -> None:
    assert choice([1, True, 1.0, "1", None, 0.0, -0.0, math.nan, (1,), [1]]).problem() is None


@pytest.mark.parametrize("value", [True, "a", None, math.nan, math.inf, 10**400, object(), [1]])
def test_what_is_no_value_of_a_domain_lies_outside_it(value: Any) -> None:
    for domain in (uniform(0, 9), randint(0, 9), quniform(0, 9, 1), normal(0, 1), choice([2])):
        assert not domain.contains(value)
