"""Tests of learning what cannot be used: every searcher that learns comes to keep away from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import numpy
import pytest

from sweeper.model.domains import uniform
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import Objective, build_objective
from sweeper.model.space import SearchSpace, build_space
from sweeper.model.trial import TrialRecord
from sweeper.search.coordinates import Coordinates
from sweeper.search.feasible import Degrees, FeasibleModel
from sweeper.search.named import make_searcher
from sweeper.search.searcher import RungAware
from sweeper.testing.fakes import LOSS, make_trial
from sweeper.testing.scheduler import make_report
from tests.model.strategies import ANY

SPACE = build_space({"x": uniform(0.0, 1.0), "y": uniform(0.0, 1.0)}, {}, ANY)
LIMITED = build_objective("loss", "min", {"ms": "<= 10"})
BOTH = build_objective(["loss", "ms"], ["min", "min"], {"ms": "<= 10"})


def raised(trial: TrialRecord) -> TrialRecord:
    """Let a trial say that a large x, where the loss would be small, cannot be used."""
    x = trial.params["x"]
    if x > 0.6:
        return replace(trial, status=TrialStatus.INFEASIBLE)
    return replace(trial, status=TrialStatus.COMPLETED, value=1 - x, values=(1 - x,))


def limited(trial: TrialRecord) -> TrialRecord:
    """Let a trial break a constraint where the loss is small."""
    x = trial.params["x"]
    status = TrialStatus.INFEASIBLE if x > 0.6 else TrialStatus.COMPLETED
    known = {"value": 1 - x, "values": (1 - x,), "result": {"ms": x * 10 / 0.6}}
    return replace(trial, status=status, **known)


def both(trial: TrialRecord) -> TrialRecord:
    """Let a trial break a constraint that is an objective, too."""
    ended = limited(trial)
    return replace(ended, values=(1 - trial.params["x"], trial.params["x"] * 10 / 0.6))


def tried(kind: str, objective: Objective, end: Callable[[TrialRecord], TrialRecord]) -> list[Any]:
    """Run trials one by one and give the values of x that were suggested."""
    searcher = make_searcher({"kind": kind}, SPACE, objective, 3)
    suggested = []
    for number in range(60):
        params = searcher.suggest(number)
        assert params is not None
        suggested.append(params["x"])
        searcher.observe(end(make_trial(number, SPACE.encode(params))))
    return suggested


@pytest.mark.parametrize(
    ("kind", "objective", "end"),
    [
        ("gp", LOSS, raised), ("tpe", LOSS, raised), ("gp", LIMITED, limited),
        ("tpe", LIMITED, limited), ("tpe", BOTH, both), ("nsga2", LIMITED, limited),
    ],
)  # fmt: skip
def test_less_and_less_of_what_cannot_be_used_is_suggested(
    kind: str, objective: Objective, end: Callable[[TrialRecord], TrialRecord]
) -> None:
    suggested = tried(kind, objective, end)
    beyond = [x for x in suggested[30:] if x > 0.65]
    # Whoever learnt nothing would be there nearly always.
    assert len(beyond) <= 10, sorted(beyond)
    assert min(abs(x - 0.6) for x in suggested if x <= 0.6) < 0.1


def observed(order: list[int], space: SearchSpace) -> tuple[Degrees, Any]:
    degrees, cube, draw = Degrees(LIMITED), Coordinates(space), Random(5)
    xs = [draw.random() for _ in order]
    for number in order:
        degrees.observe(number, limited(make_trial(number, {"x": xs[number], "y": 0.5})))
    return degrees, numpy.array([cube.row({"x": x, "y": 0.5}) for x in xs])


def test_the_order_in_which_trials_ended_leaves_no_trace() -> None:
    numbers = list(range(40))
    shuffled = Random(1).sample(numbers, len(numbers))
    (one, rows), (other, _) = observed(numbers, SPACE), observed(shuffled, SPACE)
    assert all((a == b).all() for a, b in zip(one.newest(10), other.newest(10)))
    rng = numpy.random.default_rng
    likely = [FeasibleModel(Coordinates(SPACE)).learn(d, rows, rng(0)) for d in (one, other)]
    assert likely[0] is not None
    assert likely[1] is not None
    assert (likely[0](rows) == likely[1](rows)).all()


def test_what_is_likely_turns_at_the_bound() -> None:
    degrees, rows = observed(list(range(40)), SPACE)
    likely = FeasibleModel(Coordinates(SPACE)).learn(degrees, rows, numpy.random.default_rng(0))
    assert likely is not None
    inside, outside = numpy.exp(likely(numpy.array([[0.5, 0.5], [0.7, 0.5]])))
    assert inside > 0.9 > 0.1 > outside


def test_while_all_is_feasible_nothing_is_weighed() -> None:
    degrees = Degrees(LOSS)
    degrees.observe(0, make_trial(0, {"x": 0.1, "y": 0.5}, status=TrialStatus.COMPLETED, value=0.9))
    model = FeasibleModel(Coordinates(SPACE))
    assert model.learn(degrees, numpy.zeros((1, 2)), numpy.random.default_rng(0)) is None
    assert model.notes() is None


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("is_pruned", [True, False])
def test_an_evolution_goes_where_a_bound_is_broken_less(mode: str, *, is_pruned: bool) -> None:
    """Its first generations lie beyond the bound: told only of what can be used, it would stay."""
    objective = build_objective("loss", mode, {"ms": "<= 1"})
    searcher = make_searcher({"kind": "cmaes"}, SPACE, objective, 3)
    suggested = []
    for number in range(120):
        params = searcher.suggest(number)
        assert params is not None
        suggested.append(params["x"])
        trial = make_trial(number, SPACE.encode(params), status=TrialStatus.INFEASIBLE)
        if params["x"] < 0.6:
            known = {"value": params["x"], "values": (params["x"],)}
            beyond = TrialStatus.PRUNED if is_pruned else TrialStatus.INFEASIBLE
            status = TrialStatus.COMPLETED if params["x"] <= 0.1 else beyond
            trial = replace(trial, status=status, result={"ms": 10 * params["x"]}, **known)
        searcher.observe(trial)

    assert sum(x <= 0.1 for x in suggested[90:]) >= 20


@pytest.mark.parametrize("kind", ["gp", "tpe", "cmaes"])
def test_whoever_waits_beyond_a_bound_draws_nobody_there(kind: str) -> None:
    """Promotion lets most trials wait, and where the bound is broken they look best of all."""
    searcher = make_searcher({"kind": kind}, SPACE, LIMITED, 3)
    assert isinstance(searcher, RungAware)
    suggested = []
    for number in range(60):
        params = searcher.suggest(number)
        assert params is not None
        x = params["x"]
        suggested.append(x)
        trial = make_trial(number, SPACE.encode(params), status=TrialStatus.PAUSED)
        searcher.observe_report(make_report(number, 1, 1 - x), (1,))
        searcher.observe(replace(trial, summary={"ms": {"last": x * 10 / 0.6, "step": 1}}))

    beyond = [x for x in suggested[30:] if x > 0.65]
    assert len(beyond) <= 12, sorted(beyond)


def test_whoever_goes_on_is_infeasible_by_what_it_had_told() -> None:
    degrees = Degrees(LIMITED)
    begun = make_trial(0, {"x": 0.9, "y": 0.5}, status=TrialStatus.RUNNING)
    wrong = replace(begun, summary={"ms": {"last": 15.0, "step": 1}})
    right = replace(begun, summary={"ms": {"last": 5.0, "step": 1}})

    for trial, known in ((begun, 0), (right, 0), (wrong, 1)):
        degrees.observe(0, trial)
        assert (len(degrees.infeasible), len(degrees)) == (known, known)
    assert degrees.observe(0, replace(right, status=TrialStatus.COMPLETED))
    assert (degrees.infeasible, len(degrees)) == (set(), 1)


@pytest.mark.parametrize("kind", ["gp", "tpe", "cmaes", "auto"])
@pytest.mark.parametrize("told", [1, 40])
def test_where_nothing_has_been_feasible_the_search_goes_on(kind: str, told: int) -> None:
    described = {"kind": kind, "chosen": "gp+tpe"} if kind == "auto" else {"kind": kind}
    searcher = make_searcher(described, SPACE, LOSS, 3)
    assert isinstance(searcher, RungAware)
    for number in range(told):
        params = searcher.suggest(number)
        assert params is not None
        searcher.observe_report(make_report(number, 1, 0.5), (1,))
        trial = make_trial(number, SPACE.encode(params), status=TrialStatus.INFEASIBLE)
        searcher.observe(trial)

    assert searcher.suggest(told) is not None
