"""Tests of whole spaces: conditions, pinned values, records, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.errors import SpaceError
from sweeper.model.domains import choice, loguniform, quniform, randint, uniform
from sweeper.model.encoding import Reference
from sweeper.model.space import (
    SearchSpace,
    Signature,
    build_space,
    differences,
    space_from,
)
from tests.model.strategies import ANY, Color, same, sample, some_function, spaces

seeds = st.integers(0, 2**32)


@given(spaces(), seeds)
@settings(max_examples=60)
def test_every_sampled_configuration_lies_in_its_space(space: SearchSpace, seed: int) -> None:
    assert space.problem_of(sample(space, seed)) is None


@given(spaces(), seeds)
@settings(max_examples=60)
def test_a_parameter_exists_exactly_where_all_its_conditions_hold(
    space: SearchSpace, seed: int
) -> None:
    params = sample(space, seed)
    for name, domain in space.domains.items():
        met = all(
            c.parent in params and any(same(params[c.parent], wanted) for wanted in c.values)
            for c in domain.conditions
        )
        assert (name in params) == met


@given(spaces(), seeds)
@settings(max_examples=60)
def test_a_configuration_survives_its_record_exactly(space: SearchSpace, seed: int) -> None:
    params = sample(space, seed)
    read = space.decode(json.loads(json.dumps(space.encode(params), allow_nan=False)))
    assert same(read, params)


@given(spaces(), seeds)
@settings(max_examples=60)
def test_a_described_space_is_read_back_and_means_the_same(space: SearchSpace, seed: int) -> None:
    read = space_from(json.loads(json.dumps(space.describe(), allow_nan=False)))
    assert json.dumps(read.describe()) == json.dumps(space.describe())
    assert differences(space, read) == []
    params = sample(space, seed)
    assert read.contains(params)
    assert read.encode(sample(read, seed)) == space.encode(params)


@given(spaces(), seeds)
@settings(max_examples=40)
def test_a_configuration_with_one_parameter_more_or_less_lies_outside(
    space: SearchSpace, seed: int
) -> None:
    params = sample(space, seed)
    assert not space.contains({**params, "stranger": 1})
    for name in space.domains:
        if name in params:
            assert not space.contains({n: v for n, v in params.items() if n != name})


def test_objects_come_back_as_references_where_nobody_has_their_space() -> None:
    space = build_space({"act": choice([some_function, Color.RED, 3])}, {}, ANY)
    read = space_from(json.loads(json.dumps(space.describe())))
    options = [read.domains["act"].value(index) for index in range(3)]
    assert [type(option) for option in options] == [Reference, Reference, int]
    assert space.decode({"act": space.encode({"act": some_function})["act"]}) == {
        "act": some_function
    }


def test_a_pinned_parent_decides_once_for_all_whether_its_children_exist() -> None:
    domains = {"opt": choice(["sgd", "adam"]), "momentum": uniform(0.0, 1.0).when(opt="sgd")}
    with_child = build_space(domains, {"opt": "sgd"}, ANY)
    without = build_space(domains, {"opt": "adam"}, ANY)
    assert set(sample(with_child, 1)) == {"opt", "momentum"}
    assert set(sample(without, 1)) == {"opt"}


def test_a_condition_on_a_whole_number_of_a_domain_of_floats_holds() -> None:
    domains = {"a": quniform(0, 2, 1), "b": choice(["x", "y"]).when(a=1)}
    space = build_space(domains, {}, ANY)
    seen = {"b" in sample(space, seed) for seed in range(40)}
    assert seen == {True, False}
    lattice = space.lattice()
    assert lattice is not None
    assert all(space.contains(point) for point in lattice)
    assert lattice.size == 4


def test_conditions_chain_through_several_parents_and_lists() -> None:
    space = build_space(
        {
            "model": choice(["cnn", "mlp", "tree"]),
            "opt": choice(["sgd", "adam"]).when(model=["cnn", "mlp"]),
            "momentum": uniform(0.0, 1.0).when(opt="sgd", model="cnn"),
        },
        {},
        ANY,
    )
    for seed in range(60):
        params = sample(space, seed)
        assert ("opt" in params) == (params["model"] in ("cnn", "mlp"))
        assert ("momentum" in params) == (params.get("opt") == "sgd" and params["model"] == "cnn")


def test_a_value_that_cannot_be_recorded_lies_outside_and_is_no_error() -> None:
    space = build_space({"act": choice(["relu"])}, {}, ANY)
    assert not space.contains({"act": lambda x: x})


TAKES_LR = Signature(defaults={"lr": 0.1}, required=("layers",))
U = uniform(0.0, 1.0)
UNSOUND: dict[str, tuple[dict[str, Any], dict[str, Any], Signature, str]] = {
    "a domain with a problem": ({"lr": uniform(1.0, 0.0)}, {"layers": 1}, TAKES_LR, "lr"),
    "no domain": ({"lr": [1, 2]}, {"layers": 1}, TAKES_LR, "lr"),
    "a lambda": ({"lr": choice([lambda: 1, 2])}, {"layers": 1}, TAKES_LR, "lr"),
    "a number as key": ({"lr": choice([{1: 2}])}, {"layers": 1}, TAKES_LR, "lr"),
    "an unknown parameter": ({"learning": U}, {"layers": 1}, TAKES_LR, "learning"),
    "an unknown pinned parameter": ({"lr": U}, {"layers": 1, "what": 2}, TAKES_LR, "what"),
    "a lambda pinned": ({"lr": U}, {"layers": lambda: 1}, TAKES_LR, "layers"),
    "nobody supplies it": ({"lr": U}, {}, TAKES_LR, "layers"),
    "required but conditional": (
        {"lr": choice([1, 2]), "layers": U.when(lr=1)},
        {},
        TAKES_LR,
        "layers",
    ),
    "pinned but conditional": (
        {"lr": choice([1, 2]), "layers": U.when(lr=1)},
        {"layers": 1},
        TAKES_LR,
        "layers",
    ),
    "when on nothing": ({"x": U.when(color="red")}, {}, ANY, "color"),
    "when on an impossible value": ({"a": choice([1]), "x": U.when(a=1.0)}, {}, ANY, "x"),
    "when on no value": ({"a": choice([1]), "x": U.when(a=[])}, {}, ANY, "x"),
    "when on a lambda": ({"a": choice([1]), "x": U.when(a=lambda: 1)}, {}, ANY, "x"),
    "waiting for itself": ({"x": choice([1]).when(x=1)}, {}, ANY, "x"),
    "a cycle": ({"a": choice([1]).when(b=1), "b": choice([1]).when(a=1)}, {}, ANY, "a"),
}


@pytest.mark.parametrize("given", UNSOUND.values(), ids=UNSOUND)
def test_an_unsound_space_names_the_parameter_and_the_remedy(given: tuple[Any, ...]) -> None:
    domains, fixed, signature, name = given
    with pytest.raises(SpaceError) as caught:
        build_space(domains, fixed, signature)
    assert name in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("domains", "wanted"),
    [
        ({"lrr": loguniform(1e-4, 1e-1)}, "Did you mean lr?"),
        ({"optimizer": choice(["a"]), "x": U.when(optimiser="a")}, "Did you mean optimizer?"),
    ],
)
def test_a_misspelt_name_gets_the_nearest_one_as_its_hint(
    domains: dict[str, Any], wanted: str
) -> None:
    takes = Signature(defaults={"lr": 0.1, "optimizer": "a", "x": 1})
    with pytest.raises(SpaceError) as caught:
        build_space(domains, {}, takes)
    assert caught.value.hint == wanted


def test_a_pinned_value_need_not_lie_in_the_domain_that_it_replaces() -> None:
    space = build_space({"lr": uniform(0.0, 1.0)}, {"lr": 5.0}, ANY)
    assert sample(space, 0) == {"lr": 5.0}


def test_what_differs_between_two_spaces_is_said_a_line_a_parameter() -> None:
    old = build_space({"a": randint(1, 2), "b": U, "gone": U}, {"c": 1, "d": 2}, ANY)
    new = build_space({"a": randint(1, 3), "b": U, "new": U}, {"c": 1, "d": 3}, ANY)
    lines = differences(old, new)
    assert [line.split(":")[0] for line in lines] == ["a", "gone", "new", "fixed d"]
    assert "randint(1, 3)" in lines[0]
