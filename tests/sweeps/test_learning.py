"""Learning from an earlier sweep: what is used, what is refused, and exact on the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import optuna
import pytest
from sqlalchemy import text
from trainings import bounded, quadratic

import sweeper
from sweeper import Sweep, SweeperError, SweepMismatch, SweepNotFound, uniform
from sweeper.cli.main import main
from sweeper.launching.learning import learnt_from, teach
from sweeper.model.objective import build_objective
from sweeper.search import Lesson
from sweeper.store.store import Store
from sweeper.testing.fakes import ListedSearcher, refused

QUIET: dict[str, Any] = {"progress": False, "backend": "inline", "baseline": False}


class Listener(ListedSearcher):
    """Keep the lessons that are told."""

    def learn(self, lessons: Sequence[Lesson]) -> None:
        self.lessons = lessons


def earlier(url: str, **given: Any) -> Sweep:
    return bounded.sweep(
        name="first", trials=24, search="random", seed=1, store=url, **{**QUIET, **given}
    )


@pytest.mark.parametrize("search", ["gp", "tpe"])
def test_the_first_suggestions_lie_where_the_earlier_sweep_was_best(
    sqlite_url: str, search: str
) -> None:
    first = earlier(sqlite_url)

    sweep = bounded.sweep(
        name="second", learn_from="first", trials=6, search=search, seed=2, store=sqlite_url,
        **QUIET,
    )  # fmt: skip

    # Without having learnt anything, x would be anywhere.
    assert sum(0.5 < trial.params["x"] <= 0.85 for trial in sweep.trials) >= 5
    assert {trial.number for trial in sweep.trials} == set(range(6))
    assert sweep.overview.sweep.asked().learn_from == {"sweep": "first", "used": 24, "of": 24}
    assert first.best_trial is not None


def test_only_what_lies_in_the_present_space_is_used_and_the_present_constraints_hold(
    sqlite_url: str,
) -> None:
    first = earlier(sqlite_url)
    inside = [trial for trial in first.trials if 0.2 <= trial.params["x"] <= 0.7]

    narrow = {"name": "narrow", "learn_from": "first", "space": {"x": uniform(0.2, 0.7)}}
    limits = {"ms": "<= 15"}
    plan = bounded.plan(trials=2, constraints=limits, store=sqlite_url, **narrow, **QUIET)
    assert plan.runs["learns"].startswith(f"Learns from {len(inside)} of the 24 ended")

    store = Store(sqlite_url)
    space = first.overview.sweep.search_space()
    _, priors = learnt_from(store, "first", space, build_objective("loss", "min", limits))
    assert [str(prior.status) for prior in priors] == [
        "infeasible" if trial.params["x"] > 0.5 else "completed" for trial in first.trials
    ]


def test_earlier_trials_are_told_at_the_rungs_at_which_the_sweeps_own_are(sqlite_url: str) -> None:
    given = {"fixed": {"steps": 12}, "store": sqlite_url, **QUIET}
    quadratic.sweep(name="first", trials=2, search="random", seed=1, **given)
    second = quadratic.sweep(
        name="second", learn_from="first", trials=1, search="tpe", scheduler="median", **given
    )

    listener = Listener([])
    teach(second.overview.sweep, Store(sqlite_url), listener, {})

    # The median rule may decide at every step; only at some are many trials compared.
    told = [[rungs for _, rungs in lesson.reports] for lesson in listener.lessons]
    assert told == [[(1,), (3,), (9,)]] * 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"mode": "max"}, "was after min loss, this one is after max loss"),
        ({"search": "random"}, "search='random' learns nothing from earlier trials"),
        ({"search": "nsga2"}, "learns nothing from earlier trials"),
        ({"space": {"x": uniform(2.0, 3.0)}}, "none of its 24 ended trials lies in this space"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused_before_anything_is_recorded(
    sqlite_url: str, given: dict[str, Any], said: str
) -> None:
    earlier(sqlite_url)
    asked = {"name": "second", "learn_from": "first", "store": sqlite_url, **QUIET, **given}

    assert said in refused(SweeperError, lambda: bounded.sweep(**asked)).message
    assert any(said in problem for problem in bounded.plan(**asked).problems)
    assert [sweep.name for sweep in sweeper.sweeps(sqlite_url)] == ["first"]


def test_a_sweep_keeps_its_teacher_and_an_unknown_one_is_refused(sqlite_url: str) -> None:
    earlier(sqlite_url)
    asked = {"name": "second", "trials": 2, "search": "gp", "store": sqlite_url, **QUIET}
    bounded.sweep(learn_from="first", **asked)

    assert len(bounded.sweep(**{**asked, "trials": 3}).trials) == 3
    other = refused(SweepMismatch, lambda: bounded.sweep(learn_from="second", **asked))
    assert "learn_from: recorded first, now second" in other.message
    refused(SweepNotFound, lambda: bounded.sweep(**{**asked, "name": "x"}, learn_from="nobody"))


@pytest.mark.slow
@pytest.mark.parametrize("search", ["gp", "tpe", "auto"])
@pytest.mark.parametrize("scheduler", [None, "asha", "hyperband"])
def test_it_goes_on_exactly_even_where_its_teacher_grew_and_is_gone(
    tmp_path: Any, search: str, scheduler: str | None
) -> None:
    taught = {
        **QUIET, "name": "second", "learn_from": "first", "search": search, "seed": 5,
        "scheduler": scheduler,
    }  # fmt: skip
    facts = {}
    for how in ("whole", "parts"):
        url = f"sqlite:///{tmp_path}/{how}.db"
        first = {"search": "random", "seed": 1, "store": url, "scheduler": scheduler, **QUIET}
        quadratic.sweep(name="first", trials=20, **first)
        if how == "parts":
            quadratic.sweep(trials=8, store=url, **taught)
            quadratic.sweep(name="first", trials=30, **first)
            with Store(url).writing() as connection:
                connection.execute(text("delete from sweeps where name = 'first'"))
            quadratic.sweep(trials=13, store=url, **taught)
        sweep = quadratic.sweep(trials=20, store=url, **taught)
        facts[how] = [(t.params, t.value, str(t.status)) for t in sweep.trials]

    assert facts["parts"] == facts["whole"]


@pytest.mark.slow
def test_the_shell_takes_it(sqlite_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    earlier(sqlite_url)
    run = [
        "run", "tests/sweeps/trainings.py:bounded", "--name", "second", "--trials", "2",
        "--learn-from", "first", "--search", "gp", "--constraint", "ms <= 15", "--backend",
        "inline", "--store", sqlite_url,
    ]  # fmt: skip
    assert main(run) == 0
    assert "Learns from 24 of the 24 ended trials" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("scheduler", [None, "asha"])
def test_an_optuna_sampler_learns_too_and_goes_on_exactly(
    tmp_path: Any, scheduler: str | None
) -> None:
    facts = []
    for steps in ((16,), (3, 9, 16)):
        url = f"sqlite:///{tmp_path}/{len(facts)}.db"
        first = {"search": "random", "seed": 1, "store": url, "scheduler": scheduler, **QUIET}
        quadratic.sweep(name="first", trials=30, **first)
        for trials in steps:
            sweep = quadratic.sweep(
                name="second", learn_from="first", trials=trials, seed=5, store=url,
                search=optuna.samplers.TPESampler(seed=0), scheduler=scheduler, **QUIET,
            )  # fmt: skip
        facts.append([(t.params, t.value, str(t.status)) for t in sweep.trials])

    assert facts[0] == facts[1]
