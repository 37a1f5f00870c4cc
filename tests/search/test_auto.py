"""Tests of what search="auto" stands for, and that a sweep keeps it."""

from __future__ import annotations

import pytest

from sweeper import sweepable
from sweeper.model.domains import choice, loguniform, uniform
from sweeper.model.objective import Goal, Mode, Objective
from sweeper.model.space import SearchSpace, build_space
from sweeper.search.auto import settled
from sweeper.store import questions
from sweeper.store.store import Store
from sweeper.testing.fakes import LOSS
from sweeper.testing.searcher import conditional_space
from tests.model.strategies import ANY

_NUMBERS = build_space({"lr": loguniform(1e-4, 1.0), "x": uniform(0.0, 1.0)}, {}, ANY)
_OPTIONS = build_space({"a": choice([1, 2]), "b": choice([1, 2]), "x": uniform(0, 1)}, {}, ANY)
_BOTH = Objective(goals=(*LOSS.goals, Goal(metric="accuracy", mode=Mode.MAX)))
_RUNGS = {"kind": "asha"}


@pytest.mark.parametrize(
    ("space", "objective", "scheduler", "chosen"),
    [
        (_NUMBERS, LOSS, None, "gp"),
        (_NUMBERS, LOSS, _RUNGS, "gp+tpe"),
        (_NUMBERS, _BOTH, None, "tpe"),
        (_OPTIONS, LOSS, _RUNGS, "tpe"),
        (conditional_space(), LOSS, _RUNGS, "tpe"),
        (SearchSpace(domains={}), LOSS, None, "random"),
    ],
)
def test_auto_suits_the_space_the_objective_and_the_scheduler(
    space: SearchSpace, objective: Objective, scheduler: dict[str, str] | None, chosen: str
) -> None:
    search = settled({"kind": "auto"}, space, objective, scheduler)
    assert search["chosen"] == chosen
    assert search["why"]


def test_only_auto_is_settled_and_only_once() -> None:
    for given in ({"kind": "grid"}, {"kind": "auto", "chosen": "tpe", "why": "it was"}):
        assert settled(given, _NUMBERS, LOSS, None) == given


@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
def train(x: float) -> float:
    return x


def test_a_sweep_says_what_auto_chose_and_keeps_it(
    sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"name": "kept", "backend": "inline", "store": sqlite_url}
    train.sweep(trials=3, **given)
    captured = capsys.readouterr()
    assert "Search: gp, because the parameters are mostly numbers" in captured.out + captured.err
    train.sweep(trials=5, search="auto", scheduler="asha", **given)
    store = Store(sqlite_url)
    recorded = questions.find_sweep(store, "kept").asked()
    store.close()
    assert (recorded.search["chosen"], recorded.trials) == ("gp", 5)
