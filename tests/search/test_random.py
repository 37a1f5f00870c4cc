"""Tests of random search: a pure function of the seed and the trial's number."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sweeper.model.domains import choice, loguniform, quniform, randint, uniform
from sweeper.model.space import SearchSpace, build_space
from sweeper.search.random_search import Random
from sweeper.testing.fakes import make_trial
from sweeper.testing.searcher import run_trials
from tests.model.strategies import ANY, same, small, spaces

seeds = st.integers(0, 2**63 - 1)


@given(spaces(), seeds, st.lists(st.integers(0, 10**6), min_size=1, max_size=5, unique=True))
@settings(max_examples=60)
def test_a_suggestion_lies_inside_and_follows_from_seed_and_number_alone(
    space: SearchSpace, seed: int, numbers: list[int]
) -> None:
    assume(space.lattice() is None)
    searcher = Random(space, seed)
    for number in numbers:
        suggested = searcher.suggest(number)
        assert suggested is not None
        assert space.contains(suggested)
        assert same(suggested, Random(space, seed).suggest(number))


def test_what_was_observed_does_not_matter_to_a_continuous_space() -> None:
    space = build_space({"lr": loguniform(1e-4, 1.0), "n": randint(1, 3)}, {}, ANY)
    taught = Random(space, 7)
    for number in range(20):
        taught.observe(make_trial(number, {"lr": 0.1, "n": 1}))
    assert taught.suggest(20) == Random(space, 7).suggest(20)


def test_another_parameter_leaves_the_draws_of_the_others_alone() -> None:
    few: dict[str, Any] = {"lr": loguniform(1e-4, 1.0), "n": randint(1, 100)}
    more = {"first": choice(["a", "b"]), **few, "last": uniform(0.0, 1.0)}
    for number in range(20):
        one = Random(build_space(few, {}, ANY), 7).suggest(number)
        other = Random(build_space(more, {}, ANY), 7).suggest(number)
        assert one is not None
        assert other is not None
        assert {name: other[name] for name in few} == one


def test_other_seeds_and_numbers_draw_otherwise() -> None:
    space = build_space({"lr": uniform(0.0, 1.0)}, {}, ANY)
    drawn = {Random(space, seed).suggest(n)["lr"] for seed in range(9) for n in range(9)}  # type: ignore[index]
    assert len(drawn) == 81


@given(spaces(small, most=4), seeds)
@settings(max_examples=40)
def test_a_discrete_space_is_had_whole_without_repeats(space: SearchSpace, seed: int) -> None:
    lattice = space.lattice()
    assert lattice is not None
    assume(lattice.size <= 100)
    trials = run_trials(Random(space, seed), space, lattice.size + 10)
    had = [space.identity(space.decode(trial.params)) for trial in trials]
    assert sorted(had) == sorted(map(space.identity, lattice))


def test_a_space_of_more_points_than_a_float_can_count_is_searched() -> None:
    domains = {f"p{place}": quniform(0, 9, 1) for place in range(330)}
    space = build_space(domains, {}, ANY)
    assert space.contains(Random(space, 7).suggest(0) or {})


def test_a_space_with_everything_pinned_has_one_configuration() -> None:
    space = build_space({}, {"lr": 0.1}, ANY)
    searcher = Random(space, 7)
    assert searcher.suggest(0) == {"lr": 0.1}
    assert searcher.suggest(1) is None
