"""Tests of judging by several objectives: one of them, a weighted sum, or dominance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sweeper
from sweeper import choice, sweepable
from sweeper.errors import SweeperError
from sweeper.model.assignment import Decision
from sweeper.model.objective import build_objective
from sweeper.model.pareto import dominates
from sweeper.schedule import ASHA, Hyperband
from sweeper.schedule.fronts import FrontShare
from sweeper.testing.fakes import LOSS, refused
from sweeper.testing.scheduler import make_report

TWO = build_objective(["loss", "size"], ["min", "max"])


def ranked(best: FrontShare) -> list[int]:
    """Give everybody who waits, the best first."""
    found = []
    while (first := best.first_waiting()) is not None:
        found.append(first)
        best.wait(first, False)
    return found


points = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)).map(tuple), max_size=9)


@given(points, st.integers(2, 3))
def test_whoever_dominates_one_of_the_best_is_one_of_them(
    known: list[tuple[float, ...]], share: int
) -> None:
    best = FrontShare(share)
    for who, scores in enumerate(known):
        best.add(who, scores)
    held = [who for who in range(len(known)) if best.holds(who)]
    assert len(held) == len(known) // share
    for who in held:
        for other, scores in enumerate(known):
            assert other in held or not dominates(scores, known[who])


@given(points.filter(lambda known: len(known) <= 5))
def test_the_best_do_not_depend_on_the_order_in_which_they_came(
    known: list[tuple[float, ...]],
) -> None:
    found = set()
    for order in permutations(range(len(known))):
        best = FrontShare(2)
        for who in order:
            best.add(who, known[who])
            best.wait(who)
        found.add(tuple(ranked(best)))
    assert len(found) == 1


@given(st.integers(2, 3), st.randoms(use_true_random=False))
def test_fronts_are_those_of_sorting_all_anew(objectives: int, random: Random) -> None:
    known = [tuple(float(random.randint(0, 9)) for _ in range(objectives)) for _ in range(60)]
    best = FrontShare(3)
    for who, scores in enumerate(known):
        best.add(who, scores)
        best.wait(who)
    found, left = iter(ranked(best)), set(range(len(known)))
    while left:
        front = {o for o in left if not any(dominates(known[by], known[o]) for by in left)}
        assert {next(found) for _ in front} == front
        left -= front


def judged(scheduler: Any, values: list[tuple[float, float]]) -> list[Decision]:
    """Let trials report a loss and a size at step 1, and give the decisions."""
    scheduler.prepare(7, TWO)
    reports = [
        replace(make_report(trial, 1, loss), metrics={"loss": loss, "size": size})
        for trial, (loss, size) in enumerate(values)
    ]
    return [scheduler.decide(report) for report in reports]


STOP, ON = Decision.STOP, Decision.CONTINUE


@pytest.mark.parametrize(
    ("metric", "last"),
    [
        (None, STOP),
        ("size", ON),
        ({"loss": 1.0, "size": 9.0}, ON),
        ({"loss": 9.0, "size": 1.0}, STOP),
        ("dominance", ON),
    ],
)
def test_the_metric_says_who_passes_a_rung(metric: Any, last: Decision) -> None:
    values = [(1.0, 1.0), (1.1, 1.1), (1.2, 0.9), (1.3, 0.8), (1.4, 0.7), (2.0, 3.0)]
    for make in (ASHA, lambda **given: Hyperband(brackets=1, **given)):
        assert judged(make(max_steps=9, type="stopping", metric=metric), values)[-1] is last


def test_what_everybody_dominates_is_stopped() -> None:
    values = [(1.0, 1.0), (1.1, 1.1), (0.9, 0.9), (5.0, 0.1)]
    assert judged(ASHA(type="stopping", metric="dominance"), values)[-1] is STOP


@pytest.mark.parametrize(
    "make",
    [
        lambda: ASHA(metric=5),  # type: ignore[arg-type]
        lambda: ASHA(metric={}),
        lambda: ASHA(metric={"loss": -1.0}),
        lambda: ASHA(metric="accuracy").prepare(7, TWO),
        lambda: ASHA(metric={"loss": 1.0, "accuracy": 1.0}).prepare(7, TWO),
        lambda: ASHA(metric="dominance").prepare(7, LOSS),
    ],
)
def test_a_metric_that_the_sweep_does_not_have_is_refused(make: Callable[[], object]) -> None:
    refused(SweeperError, make)


@sweepable(metric=["loss", "size"], mode=["min", "max"])
def trades(kind: int = 0) -> None:
    """Trade a loss for a size, but for the options that are bad at both."""
    for step in range(1, 10):
        good = 1.0 if kind < 8 else 5.0
        sweeper.report(loss=good * (1 + kind) / step, size=(kind if kind < 8 else -1) * 1.0)


def test_in_a_sweep_of_two_objectives_only_what_nobody_dominates_comes_through(
    sqlite_url: str,
) -> None:
    sweep = trades.sweep(
        trials=16, search="grid", space={"kind": choice(list(range(16)))}, backend="inline",
        scheduler=ASHA(max_steps=9, reduction_factor=2, metric="dominance"), baseline=False,
        store=sqlite_url, progress=False, name="two",
    )  # fmt: skip

    completed = {trial.params["kind"] for trial in sweep.trials if trial.status == "completed"}
    assert completed
    assert completed <= set(range(8))
    assert {trial.params["kind"] for trial in sweep.pareto_trials} == completed
