"""Tests of searching that learns from rungs: exact on the way back, in order, without repeats."""

from __future__ import annotations

from collections.abc import Mapping

import numpy
import pytest

from sweeper.model.domains import choice, loguniform, randint, uniform
from sweeper.model.encoding import Value, canonical
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.randomness import unit
from sweeper.model.space import SearchSpace, build_space
from sweeper.search.named import make_searcher
from sweeper.search.rung_search import spread_point
from sweeper.search.searcher import Searcher
from sweeper.testing.fakes import LOSS, make_trial
from sweeper.testing.scheduler import make_report
from sweeper.testing.searcher import conditional_space, discrete_space, mixed_space
from tests.model.strategies import ANY
from tests.search.asynchronous import Asynchronous

pytestmark = pytest.mark.slow

KINDS = ["tpe", "gp", "gp+tpe"]


def any_loss(params: Mapping[str, Value]) -> float:
    return unit(0, canonical(dict(params)))


def staged(
    kind: str, space: SearchSpace, seed: int = 7, workers: int = 4, infeasible: float = 0.3
) -> Asynchronous:
    def make() -> Searcher:
        return make_searcher({"kind": "auto", "chosen": kind}, space, LOSS, seed)

    return Asynchronous(make, space, any_loss, workers, infeasible)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("space", [mixed_space(), conditional_space()], ids=["mixed", "branches"])
def test_a_rebuilt_searcher_goes_on_exactly_wherever_the_sweep_stopped(
    kind: str, space: SearchSpace
) -> None:
    sweep = staged(kind, space)
    for ticks in (1, 3, 29, 41, 53, 67, 71):
        sweep.run(ticks)
        number = len(sweep.trials)
        rebuilt = sweep.rebuilt()
        live = staged(kind, space)
        live.run(sweep.ticks)
        assert rebuilt.suggest(number) == live.searcher.suggest(number)
    assert len(sweep.trials) > 80


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_in_which_reports_arrive_leaves_no_trace(kind: str) -> None:
    space = mixed_space()
    sweep = staged(kind, space)
    sweep.run(150)
    suggestions = []
    for order in (1, -1):
        searcher = sweep.make()
        for trial in sweep.trials[::order]:
            searcher.observe(trial)
        for number in list(sweep.curves)[::order]:
            for step, value in enumerate(sweep.curves[number], 1):
                searcher.observe_report(make_report(number, step, value), (step,))  # type: ignore[attr-defined]
        suggestions.append(searcher.suggest(len(sweep.trials)))
    assert suggestions[0] == suggestions[1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("workers", [1, 5])
def test_a_discrete_space_is_had_whole_and_nothing_twice(kind: str, workers: int) -> None:
    space = discrete_space()
    lattice = space.lattice()
    assert lattice is not None
    sweep = staged(kind, space, workers=workers)
    sweep.run(10_000)
    had = [space.identity(space.decode(trial.params)) for trial in sweep.trials]
    assert sorted(had) == sorted(map(space.identity, lattice))


@pytest.mark.parametrize("kind", KINDS)
def test_suggestions_gather_where_the_loss_is_small(kind: str) -> None:
    domains = {"lr": loguniform(1e-4, 1.0), "depth": randint(1, 9), "act": choice(["a", "b", "c"])}
    space = build_space(domains, {}, ANY)

    def loss(params: Mapping[str, Value]) -> float:
        far = abs(numpy.log10(params["lr"]) + 2.0) + abs(params["depth"] - 4) / 4
        return float(far + (params["act"] != "b"))

    sweep = Asynchronous(
        lambda: make_searcher({"kind": "auto", "chosen": kind}, space, LOSS, 7), space, loss
    )
    sweep.run(220)
    losses = [loss(space.decode(trial.params)) for trial in sweep.trials]
    # Some are always random, so that it is the better half that tells.
    early, late = numpy.quantile(losses[:30], 0.3), numpy.quantile(losses[-30:], 0.3)
    assert late < 0.6 * early


@pytest.mark.parametrize("kind", KINDS)
def test_values_that_are_no_number_count_as_the_worst(kind: str) -> None:
    space = build_space({"x": uniform(0.0, 1.0)}, {}, ANY)
    searcher = make_searcher({"kind": "auto", "chosen": kind}, space, LOSS, 7)
    for number in range(40):
        x = (searcher.suggest(number) or {})["x"]
        value = float("nan") if x > 0.5 else x
        searcher.observe_report(make_report(number, 1, value), (1,))  # type: ignore[attr-defined]
        searcher.observe(make_trial(number, {"x": x}, status=TrialStatus.PRUNED, value=value))
    late = [(searcher.suggest(number) or {})["x"] for number in range(40, 60)]
    assert sum(x < 0.5 for x in late) > 14


def test_the_first_design_is_spread_evenly() -> None:
    points = numpy.array([spread_point(7, number, 2) for number in range(64)])
    cells = {(int(x * 8), int(y * 8)) for x, y in points}
    assert len(cells) > 48
