"""Tests of grid search: mixed-radix order, nothing twice, nothing listed beforehand."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sweeper.errors import SpaceError
from sweeper.model.domains import choice, loguniform, quniform, randint, uniform
from sweeper.model.encoding import canonical
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.space import SearchSpace, build_space
from sweeper.search.grid_search import Grid, on_grid
from sweeper.testing.fakes import make_trial
from sweeper.testing.searcher import run_trials
from tests.model.strategies import ANY, gridded, spaces


def test_points_come_in_mixed_radix_order_with_the_pinned_values() -> None:
    space = build_space({"a": choice(["x", "y"]), "b": randint(1, 3)}, {"epochs": 2}, ANY)
    trials = run_trials(Grid(space), space, 100)
    expected = [{"a": a, "b": b, "epochs": 2} for a, b in product("xy", [1, 2, 3])]
    assert [trial.params for trial in trials] == expected


@given(spaces(gridded(3), most=4), st.data())
@settings(max_examples=60)
def test_every_point_is_suggested_once_whatever_was_tried_first(
    space: SearchSpace, data: st.DataObject
) -> None:
    points = space.grid()
    assume(points.size <= 200)
    places = st.integers(0, points.size - 1)
    first = data.draw(st.lists(places, max_size=4, unique=True))
    known = [
        make_trial(n, space.encode({**points[place], **space.fixed}), origin="point")
        for n, place in enumerate(first)
    ]
    trials = run_trials(Grid(space), space, points.size + 10, known)
    had = [space.identity(space.decode(trial.params)) for trial in trials]
    assert sorted(had) == sorted(map(space.identity, points))
    rest = [space.identity(points[i]) for i in range(points.size) if i not in first]
    assert had[len(first) :] == rest


def test_a_grid_of_a_billion_points_is_begun_at_once() -> None:
    space = build_space({f"p{digit}": randint(0, 9) for digit in range(9)}, {}, ANY)
    searcher = Grid(space)
    assert [canonical(searcher.suggest(n))[-2] for n in range(12)] == list("012345678901")


def test_an_end_that_is_observed_late_does_not_pass_over_a_point() -> None:
    space = build_space({"n": randint(0, 9)}, {}, ANY)
    searcher = Grid(space)
    underway = [make_trial(n, dict(searcher.suggest(n) or {})) for n in range(3)]
    for trial in reversed(underway):
        searcher.observe(trial)
        searcher.observe(make_trial(trial.number, trial.params, status=TrialStatus.COMPLETED))
    assert searcher.suggest(3) == {"n": 3}


def test_a_continuous_parameter_without_grid_points_is_refused() -> None:
    with pytest.raises(SpaceError) as caught:
        Grid(build_space({"lr": loguniform(1e-4, 1.0)}, {}, ANY))
    assert "lr" in caught.value.message


def test_a_configuration_is_on_the_grid_where_each_value_is_a_point_of_it() -> None:
    lr, n = uniform(0.0, 1.0).grid(3), randint(0, 9).grid(2)
    space = build_space({"lr": lr, "q": quniform(0, 1, 0.5), "n": n}, {}, ANY)
    assert on_grid(space, {"lr": 0.5, "q": 1, "n": 9})
    assert not on_grid(space, {"lr": 0.4, "q": 1.0, "n": 9})
    assert not on_grid(space, {"lr": 0.5, "q": 1.0, "n": 5})
    assert not on_grid(space, {"lr": 0.5, "q": 1.0})
