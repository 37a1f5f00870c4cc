"""How a sweep got better with time, as its handle tells it."""

from __future__ import annotations

from itertools import pairwise
from math import inf, nan
from typing import Any

import pytest
from trainings import quadratic

import sweeper
from sweeper import SweeperError, sweepable
from sweeper.testing.fakes import refused

QUIET: dict[str, Any] = {"progress": False, "seed": 7}


@sweepable(metric="loss", mode="min", space={"x": sweeper.uniform(0.0, 1.0)})
def returning(x: float = 0.5) -> dict[str, float]:
    """Report nothing, and return two objectives that cannot both be good."""
    return {"loss": x, "size": x * x}


def test_history_tells_the_best_so_far(sqlite_url: str) -> None:
    sweep = quadratic.sweep(trials=4, backend="inline", store=sqlite_url, **QUIET)

    history = sweep.history()
    assert len(history) == 4 * 9
    assert [moment.best for moment in history] == [
        min(moment.value for moment in history[: place + 1]) for place in range(len(history))
    ]


def test_what_is_not_finite_is_never_the_best_so_far(sqlite_url: str) -> None:
    @sweepable(metric="loss", mode="min", space={"x": sweeper.uniform(0.0, 1.0)})
    def diverges(x: float) -> float:
        for value in (nan, -inf, 2.0, inf, 1.0, -inf):
            sweeper.report(loss=value)
        return 1.0

    history = diverges.sweep(trials=1, backend="inline", store=sqlite_url, **QUIET).history()

    assert str([moment.best for moment in history]) == "[nan, nan, 2.0, 2.0, 1.0, 1.0, 1.0]"


def test_history_has_what_a_function_returned_without_a_report(sqlite_url: str) -> None:
    sweep = returning.sweep(trials=6, backend="inline", store=sqlite_url, **QUIET)

    history = sweep.history()

    assert [(m.trial, m.value) for m in history] == [(t.number, t.value) for t in sweep.trials]
    assert history[-1].best == min(moment.value for moment in history)


def test_the_dominated_space_grows_where_a_trial_changes_the_front(sqlite_url: str) -> None:
    sweep = returning.sweep(
        trials=6, metric=["loss", "size"], mode=["min", "max"], backend="inline",
        store=sqlite_url, **QUIET,
    )  # fmt: skip

    volumes = sweep.hypervolume(reference={"loss": 1.0, "size": 0.0})

    assert [volume.trial for volume in volumes] == list(range(6))
    # Every trial trades one objective for the other, so each of them widens the front.
    assert all(before.volume < after.volume for before, after in pairwise(volumes))
    assert len(sweep.pareto_trials) == 6


@pytest.mark.parametrize(
    "reference", [{"size": 1.0}, [1.0, 0.0], {"loss": "1", "size": 0.0}, {"loss": nan, "size": 0.0}]
)
def test_a_reference_is_a_number_for_every_objective(sqlite_url: str, reference: Any) -> None:
    sweep = returning.sweep(
        trials=1, metric=["loss", "size"], mode=["min", "max"], backend="inline",
        store=sqlite_url, **QUIET,
    )  # fmt: skip

    error = refused(SweeperError, lambda: sweep.hypervolume(reference=reference))

    assert "reference={'loss': …, 'size': …}" in error.hint
