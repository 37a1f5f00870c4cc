"""Launching sweeps of a function: what comes of every trial, on the inline and local backends."""

from __future__ import annotations

import functools
import math
from pathlib import Path
from typing import Any

import pytest
from trainings import awkward, fails_once, quadratic, saves

import sweeper
from sweeper import (
    AllTrialsFailed,
    BackendUnavailable,
    SpaceError,
    StoreError,
    SweeperError,
    SweepExists,
    SweepNotFound,
    sweepable,
)
from sweeper.model.lifecycle import Outcome, TrialStatus

QUIET: dict[str, Any] = {"progress": False, "seed": 7}


def test_a_decorated_function_stays_an_ordinary_one() -> None:
    assert quadratic(lr=0.1, depth=1, steps=1) == pytest.approx(1.0, abs=0.01)
    assert quadratic.__name__ == "quadratic"


def test_a_sweep_runs_every_trial_and_finds_the_best(sqlite_url: str) -> None:
    sweep = quadratic.sweep(trials=12, search="random", backend="inline", store=sqlite_url, **QUIET)

    values = [trial.value for trial in sweep.trials]
    assert sweep.status == "completed"
    assert len(sweep.trials) == len(values) == 12
    assert sweep.best_trial is not None
    assert sweep.best_trial.value == min(value for value in values if value is not None)
    assert sweep.trials[0].origin == "baseline"
    assert sweep.trials[0].params == {"lr": 0.01, "depth": 3, "kind": "a"}


def test_fixed_values_are_pinned_and_recorded(sqlite_url: str) -> None:
    sweep = quadratic.sweep(
        trials=3, backend="inline", store=sqlite_url, fixed={"kind": "b", "steps": 2}, **QUIET
    )

    assert {trial.params["kind"] for trial in sweep.trials} == {"b"}
    assert all(trial.last_step == 2 for trial in sweep.trials)


def test_points_are_tried_first_after_the_baseline(sqlite_url: str) -> None:
    point = {"lr": 0.5, "depth": 8, "kind": "c"}

    sweep = quadratic.sweep(
        trials=3, backend="inline", store=sqlite_url, points=[point], search="random", **QUIET
    )

    assert [trial.origin for trial in sweep.trials] == ["baseline", "point", "search"]
    assert sweep.trials[1].params == point


def test_a_grid_runs_its_size_and_then_says_that_all_is_tried(sqlite_url: str) -> None:
    space = {"lr": sweeper.choice([0.1, 0.2]), "depth": sweeper.randint(1, 3)}

    sweep = quadratic.sweep(
        search="grid", space=space, fixed={"kind": "a"}, backend="inline", store=sqlite_url, **QUIET
    )

    tried = [(trial.params["lr"], trial.params["depth"]) for trial in sweep.trials]
    assert len(tried) == len(set(tried)) == 6
    assert sweep.status == "completed"


@pytest.mark.parametrize("search", ["random", "tpe", "grid"])
def test_an_exhausted_space_ends_the_sweep_as_completed(sqlite_url: str, search: str) -> None:
    space = {"kind": sweeper.choice(["a", "b", "c"]), "depth": sweeper.randint(1, 2)}
    fixed = {"lr": 0.1, "steps": 1}

    sweep = quadratic.sweep(
        trials=50, search=search, space=space, fixed=fixed, backend="inline", store=sqlite_url,
        **QUIET,
    )  # fmt: skip

    assert len(sweep.trials) == 6
    assert sweep.status == "completed"
    assert "all 6 configurations" in (sweep.overview.sweep.reason or "")


def test_asha_stops_hopeless_trials_and_keeps_their_last_value(sqlite_url: str) -> None:
    sweep = quadratic.sweep(
        trials=24, search="random", scheduler="asha", backend="inline", store=sqlite_url, **QUIET
    )

    pruned = [trial for trial in sweep.trials if trial.status == TrialStatus.PRUNED]
    assert pruned
    assert all(trial.last_step < 9 and trial.value is not None for trial in pruned)
    assert {trial.attempts[0].outcome for trial in pruned} == {Outcome.PRUNED}


@pytest.mark.parametrize("how", ["nan", "inf"])
def test_an_objective_that_is_not_finite_fails_the_trial_without_a_retry(
    sqlite_url: str, how: str
) -> None:
    with pytest.raises(AllTrialsFailed):
        awkward.sweep(
            trials=1, backend="inline", store=sqlite_url, fixed={"how": how}, name="odd", **QUIET
        )

    (attempt,) = sweeper.load("odd", sqlite_url).trials[0].attempts
    assert attempt.outcome == Outcome.NOT_A_NUMBER


@pytest.mark.parametrize("how", ["text", "none"])
def test_an_objective_that_is_no_number_says_what_to_return(sqlite_url: str, how: str) -> None:
    with pytest.raises(AllTrialsFailed, match="loss"):
        awkward.sweep(
            trials=1, backend="inline", store=sqlite_url, retries=0, fixed={"how": how}, **QUIET
        )


def test_all_failed_shows_the_most_common_traceback(sqlite_url: str) -> None:
    with pytest.raises(AllTrialsFailed, match=r"KeyError: 'lr'") as caught:
        awkward.sweep(
            trials=9, backend="inline", store=sqlite_url, max_failures=3, retries=0,
            fixed={"how": "raise"}, name="bad", **QUIET,
        )  # fmt: skip

    assert "Traceback" in str(caught.value)
    failed = sweeper.load("bad", sqlite_url)
    assert failed.status == "failed"
    assert len(failed.trials) == 3


def test_a_failed_attempt_is_tried_again_with_the_same_parameters_and_seed(
    sqlite_url: str,
) -> None:
    sweep = fails_once.sweep(trials=3, backend="inline", store=sqlite_url, **QUIET)

    for trial in sweep.trials:
        assert trial.status == "completed"
        assert [a.outcome for a in trial.attempts] == [Outcome.ERROR, Outcome.SUCCEEDED]


def test_a_target_ends_the_sweep(sqlite_url: str) -> None:
    sweep = awkward.sweep(
        trials=100, target=0.5, search="random", backend="inline", store=sqlite_url, **QUIET
    )

    assert len(sweep.trials) < 100
    assert sweep.best_trial is not None
    assert sweep.best_trial.value is not None
    assert sweep.best_trial.value <= 0.5
    assert "reached the target" in (sweep.overview.sweep.reason or "")


def test_patience_ends_the_sweep(sqlite_url: str) -> None:
    sweep = awkward.sweep(
        trials=200, patience=10, search="random", backend="inline", store=sqlite_url, **QUIET
    )

    assert len(sweep.trials) < 200
    assert "brought nothing better" in (sweep.overview.sweep.reason or "")


def test_what_a_trial_prints_is_kept_with_it(sqlite_url: str) -> None:
    sweep = awkward.sweep(trials=2, backend="inline", store=sqlite_url, **QUIET)

    assert sweep.trials[1].logs() == "about to return\n"


def test_the_name_rules_of_resume_are_kept(sqlite_url: str) -> None:
    quadratic.sweep(trials=1, backend="inline", store=sqlite_url, name="one", **QUIET)

    with pytest.raises(SweepExists, match="one"):
        quadratic.sweep(
            trials=1, backend="inline", store=sqlite_url, name="one", resume="never", **QUIET
        )
    with pytest.raises(SweepNotFound, match="two"):
        quadratic.sweep(
            trials=1, backend="inline", store=sqlite_url, name="two", resume="must", **QUIET
        )


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"space": {"lr": sweeper.uniform(1, 0)}}, "lr"),
        ({"space": {"nope": sweeper.uniform(0, 1)}}, "nope"),
        ({"search": "grid"}, "lr"),
        ({"points": [{"lr": 5.0, "depth": 1, "kind": "a"}]}, r"points\[0\]"),
    ],
)
def test_an_unsound_space_fails_before_anything_is_recorded(
    sqlite_url: str, arguments: dict[str, Any], named: str
) -> None:
    with pytest.raises(SpaceError, match=named) as caught:
        quadratic.sweep(name="never", backend="inline", store=sqlite_url, **arguments, **QUIET)

    assert caught.value.hint
    with pytest.raises((SweepNotFound, StoreError)):
        sweeper.load("never", sqlite_url)


@pytest.mark.parametrize(
    "arguments",
    [
        {"trials": 0},
        {"trials": 2.5},
        {"workers": -1},
        {"search": "nope"},
        {"scheduler": "nope"},
        {"backend": "nope"},
        {"time": "soon"},
        {"gpus": 1.5},
        {"resume": "perhaps"},
        {"name": "a/b"},
        {"mode": "up"},
        {"store": "mysql://nowhere"},
        {"memory": "much"},
        {"time": "1h30"},
        {"artifacts": "nowhere://bucket/path"},
    ],
)
def test_a_wrong_argument_is_one_clear_error(sqlite_url: str, arguments: dict[str, Any]) -> None:
    given = {"backend": "inline", "store": sqlite_url, **QUIET, **arguments}

    with pytest.raises(SweeperError) as caught:
        quadratic.sweep(**given)

    assert caught.value.hint
    (value,) = arguments.values()
    assert str(value) in caught.value.message


@pytest.mark.parametrize("backend", ["inline", "local"])
def test_a_backend_that_takes_no_argument_refuses_one(sqlite_url: str, backend: str) -> None:
    with pytest.raises(BackendUnavailable, match="takes no argument, and got 'abc'"):
        quadratic.sweep(backend=f"{backend}:abc", store=sqlite_url, **QUIET)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_store_in_memory_is_refused(url: str) -> None:
    with pytest.raises(StoreError, match="lies in memory") as caught:
        quadratic.sweep(backend="inline", store=url, **QUIET)
    assert "sqlite:///path" in str(caught.value.hint)


def test_a_file_system_whose_package_is_missing_is_said_at_launch(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(protocol: str) -> None:
        raise ImportError(f"Install {protocol}fs to access S3")

    monkeypatch.setattr("fsspec.get_filesystem_class", missing)

    with pytest.raises(SweeperError, match="not installed") as caught:
        quadratic.sweep(backend="inline", store=sqlite_url, artifacts="s3://mine", **QUIET)

    assert caught.value.hint == "Install s3fs to access S3."


class Calling:
    """An object that can be called."""

    def __call__(self, lr: float = 0.1) -> float:
        return lr


@pytest.mark.parametrize(
    "given", [functools.partial(min, 1), Calling(), Calling], ids=["partial", "object", "class"]
)
def test_what_is_no_function_is_refused_where_it_is_decorated(given: Any) -> None:
    with pytest.raises(SweeperError, match=r"no function|functools\.partial") as caught:
        sweepable(given)
    assert "Decorate" in str(caught.value.hint)
    with pytest.raises(SweeperError):
        sweepable(metric="loss", mode="min")(given)


def test_an_unknown_argument_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(TypeError, match="did you mean trials"):
        quadratic.sweep(trails=3)  # type: ignore[call-arg]


def test_tables_hold_parameters_and_metrics(sqlite_url: str) -> None:
    sweep = quadratic.sweep(trials=5, backend="inline", store=sqlite_url, **QUIET)

    table = sweep.dataframe()
    assert list(table["number"]) == [0, 1, 2, 3, 4]
    assert {"lr", "depth", "kind", "loss", "status"} <= set(table.columns)
    assert len(sweep.curves("loss")) == 5 * 9
    assert math.isclose(sum(sweep.importance().values()), 1.0)


def test_several_objectives_have_a_pareto_front(sqlite_url: str) -> None:
    @sweeper.sweepable(metric=["cost", "error"], mode=["min", "min"])
    def trade(x: float = 0.5) -> dict[str, float]:
        return {"cost": x, "error": 1 - x, "note": 3.0}

    sweep = trade.sweep(
        trials=6, space={"x": sweeper.uniform(0, 1)}, search="tpe", backend="inline",
        store=sqlite_url, **QUIET,
    )  # fmt: skip

    assert len(sweep.pareto_trials) == 6
    assert sweep.trials[0].result == {"cost": 0.5, "error": 0.5, "note": 3.0}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "outcome"),
    [
        ("raise", Outcome.ERROR),
        ("unpicklable", Outcome.ERROR),
        ("exit", Outcome.ERROR),
        ("vanish", Outcome.LOST_WORKER),
        ("segfault", Outcome.LOST_WORKER),
        ("kill", Outcome.LOST_WORKER),
    ],
)
def test_every_way_to_end_is_recorded(sqlite_url: str, how: str, outcome: Outcome) -> None:
    with pytest.raises(AllTrialsFailed):
        awkward.sweep(
            trials=1, store=sqlite_url, fixed={"how": how}, retries=0, losses=0, name="end",
            max_failures=1, **QUIET,
        )  # fmt: skip

    trial = sweeper.load("end", sqlite_url).trials[0]
    (attempt,) = trial.attempts
    assert attempt.outcome == outcome
    assert attempt.error
    assert trial.logs().startswith(f"about to {how}\n")


@pytest.mark.slow
def test_a_lost_worker_is_replaced_and_its_trial_goes_on_from_its_checkpoint(
    sqlite_url: str, tmp_path: Path
) -> None:
    fixed = {"dies_at": 3, "folder": str(tmp_path)}

    sweep = saves.sweep(trials=2, store=sqlite_url, workers=1, fixed=fixed, **QUIET)

    for trial in sweep.trials:
        assert [a.outcome for a in trial.attempts] == [Outcome.LOST_WORKER, Outcome.SUCCEEDED]
        assert [step for step, _ in trial.metrics["loss"]] == [1, 2, 3, 4, 5, 6]
        assert Path(trial.artifacts["note.txt"]).read_text() == "kept"
        assert max(trial.checkpoints) == 6


@pytest.mark.slow
def test_the_local_backend_gives_the_inline_ones_results(tmp_path: Path) -> None:
    inline, local = f"sqlite:///{tmp_path}/inline.db", f"sqlite:///{tmp_path}/local.db"

    one = quadratic.sweep(trials=12, search="tpe", backend="inline", store=inline, **QUIET)
    two = quadratic.sweep(trials=12, search="tpe", workers=1, store=local, **QUIET)

    assert [t.params for t in one.trials] == [t.params for t in two.trials]
    assert [t.value for t in one.trials] == [t.value for t in two.trials]
