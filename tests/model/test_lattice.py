"""Tests of lattices: every configuration once, and none computed before it is asked for."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sweeper.errors import SpaceError
from sweeper.model.domains import choice, lograndint, quniform, randint, uniform
from sweeper.model.encoding import canonical
from sweeper.model.space import SearchSpace, build_space
from tests.model.strategies import ANY, gridded, small, spaces


@given(spaces(small, most=4))
@settings(max_examples=60)
def test_a_discrete_space_is_listed_each_configuration_once(space: SearchSpace) -> None:
    lattice = space.lattice()
    assert lattice is not None
    points = list(lattice)
    assert len(points) == lattice.size == len(lattice)
    assert len({canonical(point) for point in points}) == lattice.size
    assert all(space.contains({**point, **space.fixed}) for point in points)
    assert {canonical(point) for point in points} == _all_by_brute_force(space)


def _all_by_brute_force(space: SearchSpace) -> set[str]:
    """List all configurations by trying every combination of values and of absences."""
    found = [{}]
    for name, domain in space.domains.items():
        extended = []
        for point in found:
            if space.active(name, {**point, **space.fixed}):
                extended += [{**point, name: domain.value(i)} for i in range(domain.size or 0)]
            else:
                extended.append(point)
        found = extended
    return {canonical(point) for point in found}


@given(spaces(gridded(4), most=4))
@settings(max_examples=60)
def test_a_grid_has_the_stated_size_and_conditions_hold_in_each_point(space: SearchSpace) -> None:
    grid = space.grid()
    assume(grid.size <= 2000)
    points = list(grid)
    assert len({canonical(point) for point in points}) == grid.size
    assert all(space.contains({**point, **space.fixed}) for point in points)
    if not any(domain.conditions for domain in space.domains.values()):
        size = 1
        for domain in space.domains.values():
            size *= domain.grid_size or 0
        assert grid.size == size


def test_the_last_parameter_runs_fastest() -> None:
    space = build_space(
        {"a": choice(["x", "y"]), "b": randint(1, 3), "c": uniform(0.0, 1.0).grid(2)}, {}, ANY
    )
    expected = [dict(zip("abc", point)) for point in product("xy", [1, 2, 3], [0.0, 1.0])]
    assert list(space.grid()) == expected


@given(st.integers(0, 10**9 - 1))
@settings(max_examples=60)
def test_a_grid_of_a_billion_points_opens_at_once(index: int) -> None:
    space = build_space({f"p{digit}": randint(0, 9) for digit in range(9)}, {}, ANY)
    grid = space.grid()
    assert grid.size == 10**9
    assert int("".join(map(str, grid[index].values()))) == index


@given(st.integers(0, 10**30 - 1))
@settings(max_examples=60)
def test_a_grid_of_more_points_than_len_can_say_is_indexed_all_the_same(index: int) -> None:
    space = build_space({f"p{digit}": randint(0, 9) for digit in range(30)}, {}, ANY)
    grid = space.grid()
    assert grid.size == 10**30
    assert int("".join(map(str, grid[index].values()))) == index
    with pytest.raises(IndexError):
        grid[10**30]


@given(st.integers(0, 10**9 + 2))
@settings(max_examples=60)
def test_a_parent_of_a_billion_values_costs_no_more_than_its_conditions(index: int) -> None:
    space = build_space(
        {
            "seed": randint(1, 10**9),
            "x": choice(["a", "b"]).when(seed=[7, 500_000_000]),
            "y": choice(["c", "d"]).when(seed=[7]),
        },
        {},
        ANY,
    )
    lattice = space.lattice()
    assert lattice is not None
    assert lattice.size == 10**9 - 2 + 2 + 4
    assert space.contains(lattice[index])


def test_each_value_of_a_large_conditional_parent_stands_once() -> None:
    space = build_space({"n": lograndint(1, 3000), "x": randint(0, 1).when(n=[1, 5, 6])}, {}, ANY)
    lattice = space.lattice()
    assert lattice is not None
    assert lattice.size == 3003
    assert len({canonical(point) for point in lattice}) == 3003


def test_many_independent_switches_are_counted_without_trying_their_combinations() -> None:
    domains = {}
    for place in range(40):
        domains[f"use{place}"] = choice([True, False])
        domains[f"rate{place}"] = randint(1, 2).when(**{f"use{place}": True})
    lattice = build_space(domains, {}, ANY).lattice()
    assert lattice is not None
    assert lattice.size == 3**40
    assert len(lattice[3**39 + 12345]) >= 40


def test_a_space_with_a_continuous_parameter_has_no_lattice_and_no_grid() -> None:
    space = build_space({"n": randint(1, 3), "lr": uniform(0.0, 1.0)}, {}, ANY)
    assert space.lattice() is None
    with pytest.raises(SpaceError) as caught:
        space.grid()
    assert "lr" in caught.value.message
    assert ".grid(5)" in caught.value.hint


def test_a_grid_takes_only_so_many_of_a_discrete_domain() -> None:
    space = build_space({"n": randint(0, 100).grid(3), "q": quniform(0, 1, 0.25).grid(2)}, {}, ANY)
    assert [tuple(point.values()) for point in space.grid()] == [
        (0, 0.0),
        (0, 1.0),
        (50, 0.0),
        (50, 1.0),
        (100, 0.0),
        (100, 1.0),
    ]
