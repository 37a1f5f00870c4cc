"""Tests of what search="auto" stands for, and that a sweep keeps it."""

from __future__ import annotations

import pytest

from sweeper import SweepMismatch, resume, sweepable
from sweeper.model.domains import choice, loguniform, ordinal, uniform
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


@sweepable(metric="loss", mode="min")
def pick(option: str, x: float = 0.5) -> float:
    return {"a": 3.0, "b": 2.0, "c": 1.0}[option] + x


@pytest.mark.parametrize("search", ["random", "tpe", "gp", "nsga2"])
def test_a_choice_may_get_further_options_on_the_way(sqlite_url: str, search: str) -> None:
    given = {"name": "grown", "backend": "inline", "store": sqlite_url, "progress": False}
    few = {"option": choice(["a", "b"]), "x": uniform(0.0, 1.0)}
    pick.sweep(trials=12, space=few, search=search, **given)
    more = {"option": choice(["a", "b", "c"]), "x": uniform(0.0, 1.0)}
    sweep = pick.sweep(trials=40, space=more, **given)
    late = [trial.params["option"] for trial in sweep.trials[12:]]
    assert "c" in late
    assert resume("grown", store=sqlite_url, trials=41).status == "completed"


def test_what_else_differs_is_still_refused(sqlite_url: str) -> None:
    given = {"name": "same", "backend": "inline", "store": sqlite_url, "progress": False}
    pick.sweep(trials=2, space={"option": choice(["a", "b"])}, **given)
    for other in (choice(["b", "c"]), ordinal(["a", "b", "c"])):
        with pytest.raises(SweepMismatch):
            pick.sweep(trials=3, space={"option": other}, **given)
    listed = {**given, "name": "listed", "search": "grid"}
    pick.sweep(space={"option": choice(["a", "b"])}, **listed)
    with pytest.raises(SweepMismatch):
        pick.sweep(space={"option": choice(["a", "b", "c"])}, **listed)
