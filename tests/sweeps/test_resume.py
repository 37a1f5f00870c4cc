"""Resuming: what a sweep goes on with after it was extended, changed, or ended."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pytest
from optuna.pruners import SuccessiveHalvingPruner
from trainings import Fast, Slow, descends, quadratic, takes_a_class

import sweeper
from sweeper import Sweep, SweeperError, SweepMismatch, loguniform, sweepable
from sweeper.store import questions
from sweeper.store.store import Store

pytestmark = pytest.mark.slow

QUIET: dict[str, Any] = {"progress": False, "backend": "inline", "name": "one"}


def facts(sweep: Sweep) -> list[tuple[Any, ...]]:
    """Give what must be equal between an interrupted sweep and an uninterrupted one."""
    return [(t.number, t.params, t.seed, t.value, str(t.status), t.metrics) for t in sweep.trials]


@pytest.mark.parametrize("search", ["random", "tpe", "grid"])
@pytest.mark.parametrize("scheduler", [None, "asha", "median", SuccessiveHalvingPruner()])
def test_an_extended_sweep_equals_one_that_was_long_from_the_start(
    tmp_path: Any, search: str, scheduler: Any
) -> None:
    space = {"lr": sweeper.choice([0.01, 0.1, 0.5])} if search == "grid" else {}
    given = {**QUIET, "search": search, "scheduler": scheduler, "seed": 5, "space": space}
    whole = quadratic.sweep(trials=20, store=f"sqlite:///{tmp_path}/whole.db", **given)

    quadratic.sweep(trials=7, store=f"sqlite:///{tmp_path}/parts.db", **given)
    quadratic.sweep(trials=13, store=f"sqlite:///{tmp_path}/parts.db", **given)
    parts = quadratic.sweep(trials=20, store=f"sqlite:///{tmp_path}/parts.db", **given)

    assert facts(parts) == facts(whole)


@pytest.mark.parametrize("how", ["when it pays", "before", "after"])
def test_whoever_waited_at_the_end_waits_again_in_the_extended_sweep(
    tmp_path: Any, how: str
) -> None:
    given = {
        **QUIET, "search": "random", "scheduler": sweeper.ASHA(reduction_factor=2), "seed": 5,
        "fixed": {"how": how},
    }  # fmt: skip
    whole = descends.sweep(trials=24, store=f"sqlite:///{tmp_path}/whole.db", **given)

    first = descends.sweep(trials=9, store=f"sqlite:///{tmp_path}/parts.db", **given)
    ended = {str(trial.status) for trial in first.trials}
    descends.sweep(trials=9, store=f"sqlite:///{tmp_path}/parts.db", **given)
    parts = descends.sweep(trials=24, store=f"sqlite:///{tmp_path}/parts.db", **given)

    assert ended == {"completed", "pruned"}
    assert any(len(trial.attempts) > 1 for trial in whole.trials)
    assert facts(parts) == facts(whole)


def test_sweeps_of_one_name_in_two_stores_side_by_side_leave_each_other_alone(
    tmp_path: Path,
) -> None:
    given = {**QUIET, "search": "random", "trials": 12, "seed": 5}
    given["scheduler"] = sweeper.ASHA(reduction_factor=2)

    one, two = (descends.sweep(store=f"sqlite:///{tmp_path}/{n}.db", **given) for n in (1, 2))

    assert any(len(trial.attempts) > 1 for trial in one.trials)
    saved = [sorted(Path(p) for t in s.trials for p in t.checkpoints.values()) for s in (one, two)]
    assert not set(saved[0]) & set(saved[1])
    assert all(path.is_dir() for path in saved[0] + saved[1])


def test_a_sweep_too_small_for_its_rungs_still_completes_its_best(sqlite_url: str) -> None:
    sweep = descends.sweep(
        trials=4, search="random", scheduler=sweeper.ASHA(max_steps=9, reduction_factor=5),
        store=sqlite_url, seed=3, **QUIET,
    )  # fmt: skip

    completed = [trial for trial in sweep.trials if trial.status == "completed"]
    at_the_rung = {trial.number: dict(trial.metrics["loss"])[1] for trial in sweep.trials}
    assert [trial.number for trial in completed] == [min(at_the_rung, key=at_the_rung.__getitem__)]
    assert completed[0].last_step == 9


def test_a_function_that_never_saves_is_stopped_and_never_restarted(sqlite_url: str) -> None:
    sweep = quadratic.sweep(trials=12, scheduler="asha", search="random", store=sqlite_url, **QUIET)

    assert {str(trial.status) for trial in sweep.trials} == {"completed", "pruned"}
    assert all(len(trial.attempts) == 1 for trial in sweep.trials)


def test_a_completed_sweep_can_be_extended_by_name_alone(sqlite_url: str) -> None:
    quadratic.sweep(trials=3, store=sqlite_url, **QUIET)

    sweep = sweeper.resume("one", store=sqlite_url, trials=5, progress=False)

    assert len(sweep.trials) == 5
    assert sweep.status == "completed"


def test_resuming_without_more_trials_runs_nothing(sqlite_url: str) -> None:
    before = facts(quadratic.sweep(trials=3, store=sqlite_url, **QUIET))

    after = facts(sweeper.resume("one", store=sqlite_url, progress=False))

    assert after == before


def test_options_that_are_not_given_again_stay_as_they_were(sqlite_url: str) -> None:
    quadratic.sweep(trials=3, store=sqlite_url, retries=4, scheduler="asha", **QUIET)

    sweep = sweeper.resume("one", store=sqlite_url, trials=4, progress=False)

    options = sweep.overview.sweep.asked()
    assert (options.retries, options.trials) == (4, 4)
    assert options.scheduler is not None
    assert options.scheduler["kind"] == "asha"


@sweepable(metric="loss", mode="min", retries=3, workers=2, seed=4, trials=2, backend="local")
def opinionated(lr: Annotated[float, loguniform(1e-4, 1.0)], path: str) -> float:
    """Come with arguments of its own, and need one that only a launch can give."""
    sweeper.report(loss=lr, score=-lr)
    return lr


def test_by_name_alone_a_sweep_goes_on_as_it_was_launched_not_as_it_was_decorated(
    sqlite_url: str,
) -> None:
    launched: dict[str, Any] = {
        "name": "one", "store": sqlite_url, "progress": False, "retries": 0, "workers": 1,
        "seed": 9, "trials": 3, "backend": "inline", "fixed": {"path": "here"},
        "space": {"lr": loguniform(1e-2, 1.0)}, "metric": "score", "mode": "max",
    }  # fmt: skip
    opinionated.sweep(**launched)
    before = questions.find_sweep(Store(sqlite_url), "one")

    opinionated.sweep(name="one", store=sqlite_url, progress=False)
    again = opinionated.sweep(name="one", store=sqlite_url, progress=False, trials=4)

    after = again.overview.sweep
    assert {**after.options, "trials": 3} == before.options
    assert (after.seed, after.space, after.objective) == (9, before.space, before.objective)
    assert len(again.trials) == 4


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"space": {"lr": loguniform(1e-5, 1.0)}}, "lr"),
        ({"fixed": {"kind": "a"}}, "kind"),
        ({"mode": "max"}, "objective"),
        ({"seed": 12}, "seed"),
    ],
)
def test_a_changed_sweep_is_a_mismatch_that_says_what_differs(
    sqlite_url: str, changed: dict[str, Any], said: str
) -> None:
    quadratic.sweep(trials=1, store=sqlite_url, seed=11, **QUIET)

    with pytest.raises(SweepMismatch, match=said):
        quadratic.sweep(trials=2, store=sqlite_url, **{**QUIET, **changed})


def test_another_function_is_a_mismatch(sqlite_url: str) -> None:
    quadratic.sweep(trials=1, store=sqlite_url, **QUIET)

    @sweepable(metric="loss", mode="min")
    def other(lr: Annotated[float, loguniform(1e-4, 1.0)] = 0.01) -> float:
        return lr

    with pytest.raises(SweepMismatch, match="function"):
        other.sweep(trials=2, store=sqlite_url, **QUIET)


def test_a_changed_body_is_a_recorded_warning(sqlite_url: str) -> None:
    def make(offset: int) -> Any:
        if offset:

            @sweepable(metric="loss", mode="min")
            def body(lr: Annotated[float, loguniform(1e-4, 1.0)] = 0.01) -> float:
                return lr + 1
        else:

            @sweepable(metric="loss", mode="min")
            def body(lr: Annotated[float, loguniform(1e-4, 1.0)] = 0.01) -> float:
                return lr

        return body

    make(0).sweep(trials=1, store=sqlite_url, **QUIET)

    sweep = make(1).sweep(trials=2, store=sqlite_url, **QUIET)

    assert len(sweep.trials) == 2
    assert "function_changed" in {event["kind"] for event in sweep.events()}


def test_a_function_that_lived_elsewhere_says_where_to_go_on(sqlite_url: str) -> None:
    @sweepable(metric="loss", mode="min")
    def local(lr: Annotated[float, loguniform(1e-4, 1.0)] = 0.01) -> float:
        return lr

    local.sweep(trials=1, store=sqlite_url, **QUIET)

    with pytest.raises(SweeperError, match=r"\.sweep\(name"):
        sweeper.resume("one", store=sqlite_url, trials=2)


def test_a_wish_to_stop_needs_somebody_who_drives(sqlite_url: str) -> None:
    sweep = quadratic.sweep(trials=1, store=sqlite_url, **QUIET)

    with pytest.raises(SweeperError, match="nobody drives"):
        sweep.stop()


def test_options_that_are_classes_come_back_as_themselves(sqlite_url: str) -> None:
    space = {"kind": sweeper.choice([Slow, Fast]), "scale": sweeper.uniform(1, 2)}
    sweep = takes_a_class.sweep(trials=4, store=sqlite_url, space=space, **QUIET)
    assert {trial.params["kind"] for trial in sweep.trials} <= {Slow, Fast}

    resumed = sweeper.resume("one", store=sqlite_url, trials=8, progress=False)

    assert {trial.params["kind"] for trial in resumed.trials} == {Slow, Fast}
    read = sweeper.load("one", sqlite_url).trials[1].params["kind"]
    assert read in ("trainings:Slow", "trainings:Fast")


@pytest.mark.parametrize(
    "scheduler",
    [
        sweeper.Hyperband(max_steps=9, reduction_factor=2),
        sweeper.PASHA(max_steps=9, reduction_factor=2),
        sweeper.StopIf(plateau=2, then=sweeper.ASHA(reduction_factor=2)),
    ],
    ids=["hyperband", "pasha", "stop if"],
)
def test_every_scheduler_goes_on_in_another_process_as_if_it_had_never_stopped(
    tmp_path: Any, scheduler: Any
) -> None:
    given = {**QUIET, "search": "random", "scheduler": scheduler, "seed": 5}
    whole = descends.sweep(trials=24, store=f"sqlite:///{tmp_path}/whole.db", **given)

    store = f"sqlite:///{tmp_path}/parts.db"
    descends.sweep(trials=11, store=store, **given)
    parts = sweeper.resume("one", store=store, trials=24, progress=False)

    assert {str(trial.status) for trial in whole.trials} == {"completed", "pruned"}
    assert [trial.params for trial in parts.trials] == [trial.params for trial in whole.trials]
    assert notes(parts) == notes(whole)


def notes(sweep: Sweep) -> list[tuple[Any, ...]]:
    """Give what the scheduler has settled, each once."""
    return [(e["trial"], e["text"]) for e in sweep.events() if e["kind"] == "scheduled"]
