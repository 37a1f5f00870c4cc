"""Infeasible trials, raised or by a constraint, on every backend and across a resume."""

from __future__ import annotations

from typing import Any

import pytest
from trainings import bounded

import sweeper
from sweeper import Sweep, SweeperError, SweepMismatch
from sweeper.testing.fakes import refused

QUIET: dict[str, Any] = {"progress": False, "seed": 3, "name": "bounded"}
LIMITS = {"ms": "<= 15"}


def ends(sweep: Sweep) -> list[tuple[Any, ...]]:
    return [(t.number, t.params, t.value, str(t.status), t.error) for t in sweep.trials]


@pytest.mark.parametrize(
    "backend",
    ["inline", "simulated:2", pytest.param("local", marks=pytest.mark.slow)],
)
def test_what_raises_or_breaks_a_bound_is_infeasible_and_no_failure(
    sqlite_url: str, backend: str
) -> None:
    sweep = bounded.sweep(
        trials=16, search="random", backend=backend, constraints=LIMITS, max_failures=1,
        store=sqlite_url, **QUIET,
    )  # fmt: skip

    assert sweep.status == "completed"
    by_status: dict[str, list[sweeper.Sweep | Any]] = {}
    for trial in sweep.trials:
        by_status.setdefault(str(trial.status), []).append(trial)
        assert [str(attempt.status) for attempt in trial.attempts] == ["succeeded"]
    assert set(by_status) == {"completed", "infeasible"}
    raised = [trial for trial in by_status["infeasible"] if trial.params["x"] > 0.8]
    broke = [trial for trial in by_status["infeasible"] if trial.params["x"] <= 0.8]
    assert {(trial.value, trial.error) for trial in raised} == {(None, "x is too large")}
    assert raised
    assert broke
    assert all("is to be <= 15" in trial.error for trial in broke)
    assert all(trial.value == 1 - trial.params["x"] for trial in broke)
    best = sweep.best_trial
    assert best is not None
    assert best.value == min(t.value for t in by_status["completed"])
    assert best.value > min(trial.value for trial in broke)
    assert sweep.history()[-1].best == best.value


def test_the_pareto_front_is_one_of_feasible_trials(sqlite_url: str) -> None:
    sweep = bounded.sweep(
        trials=30, search="random", backend="inline", metric=["loss", "ms"], mode=["min", "min"],
        constraints=LIMITS, store=sqlite_url, **QUIET,
    )  # fmt: skip

    front = sweep.pareto_trials
    assert front
    assert all(t.status == "completed" and t.values[1] <= 15 for t in front)


@pytest.mark.slow
@pytest.mark.parametrize("search", ["gp", "tpe", "auto", "nsga2"])
@pytest.mark.parametrize("scheduler", [None, "asha"])
def test_a_sweep_with_infeasible_trials_goes_on_as_if_it_had_never_stopped(
    tmp_path: Any, search: str, scheduler: str | None
) -> None:
    given = {
        **QUIET, "search": search, "scheduler": scheduler, "constraints": LIMITS,
        "backend": "inline",
    }  # fmt: skip
    whole = bounded.sweep(trials=40, store=f"sqlite:///{tmp_path}/whole.db", **given)

    for trials in (9, 17, 31):
        bounded.sweep(trials=trials, store=f"sqlite:///{tmp_path}/parts.db", **given)
    parts = sweeper.resume("bounded", store=f"sqlite:///{tmp_path}/parts.db", trials=40)

    assert ends(parts) == ends(whole)
    assert any(trial.status == "infeasible" for trial in whole.trials)


def test_other_constraints_are_a_mismatch_and_none_that_are_bounds_an_error(
    sqlite_url: str,
) -> None:
    given: dict[str, Any] = {**QUIET, "trials": 2, "backend": "inline", "store": sqlite_url}
    wrong = refused(SweeperError, lambda: bounded.sweep(constraints={"ms": "at most 15"}, **given))
    assert "'ms' is to be 'at most 15'" in wrong.message
    assert not bounded.plan(constraints={"ms": "at most 15"}, **given).ok
    assert bounded.plan(constraints=LIMITS, **given).runs["keeps"] == "ms <= 15"

    bounded.sweep(constraints=LIMITS, **given)
    assert len(bounded.sweep(**given).trials) == 2  # by its name alone, as it was recorded
    other = refused(SweepMismatch, lambda: bounded.sweep(constraints={"ms": "<= 16"}, **given))
    assert "recorded ms <= 15, now ms <= 16" in other.message


def test_a_metric_that_is_constrained_and_never_told_fails_its_trial(sqlite_url: str) -> None:
    refused(
        sweeper.AllTrialsFailed,
        lambda: bounded.sweep(
            trials=3, backend="inline", constraints={"mss": "<= 15"}, retries=0, store=sqlite_url,
            search="grid", space={"x": sweeper.choice([0.1, 0.2, 0.3])}, **QUIET,
        ),
    )  # fmt: skip
    assert "'mss', which is constrained" in str(sweeper.load("bounded", sqlite_url).trials[0].error)
