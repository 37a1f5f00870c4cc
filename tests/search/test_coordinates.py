"""Tests of configurations as points of a cube."""

from __future__ import annotations

import numpy
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from sweeper.model.domain import Domain
from sweeper.model.domains import choice, loguniform, randint, uniform
from sweeper.model.randomness import unit
from sweeper.model.space import SearchSpace, build_space
from sweeper.search.coordinates import Axis, Coordinates
from sweeper.testing.searcher import conditional_space
from tests.model.strategies import ANY, domains, same, small, spaces, units


@given(domains, units)
@example(loguniform(999999.9999999999, 1e6), 0.0)
def test_a_values_coordinate_leads_back_to_it(domain: Domain, share: float) -> None:
    axis, value = Axis(domain), domain.at(share)
    coordinate = axis.unit(value)
    assert 0.0 <= coordinate <= 1.0
    if domain.size is None:
        assert axis.unit(axis.value(coordinate)) == pytest.approx(coordinate, abs=1e-6)
    elif domain.size <= 2**40:
        assert same(axis.value(coordinate), value)


@given(small, units)
def test_a_discrete_coordinate_snaps_to_the_value_drawn_there(domain: Domain, share: float) -> None:
    axis = Axis(domain)
    [snapped] = axis.snap(numpy.array([share]))
    centres = axis.centres
    assert snapped in centres
    assert same(axis.value(snapped), domain.value(int(numpy.flatnonzero(centres == snapped)[0])))
    near_edge = numpy.abs(snapped - share) > 0.5 / len(centres) - 1e-6
    if not near_edge and not getattr(domain, "log", False):
        assert same(axis.value(snapped), domain.at(share))


@given(spaces(most=5), st.integers(0, 2**32))
@settings(max_examples=50)
def test_a_settled_point_is_the_point_of_its_configuration(space: SearchSpace, seed: int) -> None:
    assume(space.domains)
    cube = Coordinates(space)
    raw = numpy.array([[unit(seed, row, j) for j in range(cube.size)] for row in range(8)])
    for row in cube.settle(raw):
        params = cube.params(row)
        assert space.contains(params)
        # Among thousands of values, or where floats are sparse, it may stand beside its value.
        stepped = [
            axis.domain.size is not None and axis.centres is None for axis in cube.axes.values()
        ]
        off = numpy.where(stepped, 0.05, 1e-4)
        found = numpy.abs(cube.row(params) - row)
        assert (numpy.isnan(found) | (found <= off)).all()
        assert (numpy.isnan(row) == numpy.isnan(cube.row(params))).all()


def test_an_inactive_parameter_makes_no_distance() -> None:
    cube = Coordinates(conditional_space())
    raw = numpy.array([[0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.9, 0.8]])
    features, _ = cube.features(cube.settle(raw))
    assert (features[0] == features[1]).all()


def test_two_options_are_as_far_apart_as_the_ends_of_a_number() -> None:
    space = build_space({"x": uniform(0.0, 1.0), "o": choice(["a", "b", "c"])}, {}, ANY)
    cube = Coordinates(space)
    rows = [{"x": 0.0, "o": "a"}, {"x": 1.0, "o": "a"}, {"x": 0.0, "o": "c"}]
    features, owners = cube.features(numpy.array([cube.row(params) for params in rows]))
    squares = ((features[1:] - features[0]) ** 2).sum(axis=1)
    assert squares.tolist() == pytest.approx([1.0, 1.0])
    assert owners.tolist() == [0, 1, 1, 1]


def test_a_condition_on_a_number_holds_only_at_it() -> None:
    domains_ = {"depth": randint(1, 4), "x": uniform(0.0, 1.0).when(depth=[2, 3])}
    cube = Coordinates(build_space(domains_, {}, ANY))
    settled = cube.settle(numpy.array([[0.1, 0.5], [0.3, 0.5], [0.7, 0.5], [0.9, 0.5]]))
    assert numpy.isnan(settled[:, 1]).tolist() == [True, False, False, True]
