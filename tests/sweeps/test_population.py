"""Population based training through the one path: what is copied, recorded, shown and resumed."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from driver import SCHEDULERS
from sweeper_dashboard.components.lineage import is_related, lineage_list
from trainings import descends, quadratic

import sweeper
from sweeper import SpaceError, SweeperError, loguniform, randint
from sweeper.cli.main import main
from sweeper.errors import SweepNotFound
from sweeper.model.lifecycle import TrialStatus

pytestmark = pytest.mark.slow

PBT = SCHEDULERS["pbt"]


def sweep_in(folder: Path, backend: str = "simulated:4", **given: Any) -> sweeper.Sweep:
    """Train a population of four."""
    wanted = {"trials": 24, "seed": 5, "scheduler": PBT, "fixed": {"steps": 9}, **given}
    if backend.startswith("simulated"):
        wanted["fixed"] = {"pause": 10.0, **wanted["fixed"]}
    return descends.sweep(
        backend=backend, store=f"sqlite:///{folder / 'store.db'}", name="grown",
        search="random", progress=False, **wanted,
    )  # fmt: skip


def next_value(trial: Any, step: int, value: float) -> float:
    """Compute what descends() makes of a state in one step."""
    params = trial.params
    floor = (params["lr"] - 0.1) ** 2 + 0.01 * params["depth"]
    return float(value + (floor - value) / 3 + 0.01 * random.Random(trial.seed + step).random())


def value_at(sweep: sweeper.Sweep, trial: int, step: int) -> float:
    """Give what a trial, or else the one that it was copied from, reported at a step."""
    copied = sweep.trials[trial].copied
    if copied is not None and step <= copied.step:
        return value_at(sweep, copied.parent, step)
    return dict(sweep.trials[trial].metrics["loss"])[step]


@pytest.mark.parametrize("backend", ["simulated:4", "simulated:2", "inline"])
@pytest.mark.parametrize("how", ["when it pays", "before", "after"])
def test_each_copy_goes_on_from_its_parents_very_state(
    tmp_path: Path, backend: str, how: str
) -> None:
    sweep = sweep_in(tmp_path, backend, fixed={"steps": 9, "how": how})

    lineage = sweep.lineage()
    assert len(lineage) >= 5
    for descent in lineage:
        trial, parent = sweep.trials[descent.trial], sweep.trials[descent.parent]
        saved = value_at(sweep, parent.number, descent.step)
        step, value = trial.metrics["loss"][0]
        assert step == descent.step + 1
        assert value == pytest.approx(next_value(trial, step, saved))
        assert sweep.trials[descent.replaced].status == TrialStatus.PRUNED
        assert set(descent.changed) <= {"lr"}
        assert (trial.origin, trial.copied.parent) == ("copy", descent.parent)
    assert len(sweep.trials) == 24
    assert {t.status for t in sweep.trials} == {TrialStatus.COMPLETED, TrialStatus.PRUNED}


def test_a_population_is_the_same_each_time(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    first, again = sweep_in(tmp_path), sweep_in(tmp_path / "again")

    assert [t.params for t in first.trials] == [t.params for t in again.trials]
    assert first.lineage() == again.lineage()


def test_a_worker_that_is_lost_costs_a_population_nothing(tmp_path: Path) -> None:
    # A worker lives for three minutes, a training takes as long.
    sweep = sweep_in(tmp_path, "simulated:4,loss=20", fixed={"steps": 9, "pause": 20.0}, losses=50)

    assert sum(attempt.outcome == "lost_worker" for t in sweep.trials for attempt in t.attempts) > 3
    assert {t.status for t in sweep.trials} <= {TrialStatus.COMPLETED, TrialStatus.PRUNED}
    for descent in sweep.lineage():
        first = sweep.trials[descent.trial].metrics["loss"][:1]
        assert [step for step, _ in first] in ([], [descent.step + 1])


def test_a_named_population_is_sized_once_and_stays_so(tmp_path: Path) -> None:
    sweep = sweep_in(tmp_path, scheduler="pbt", trials=24)
    assert sweep.overview.sweep.asked().scheduler["population"] == 6

    longer = sweeper.resume("grown", store=sweep.store.address(), trials=40, progress=False)

    assert longer.overview.sweep.asked().scheduler["population"] == 6
    assert len(longer.trials) == 40


def test_a_function_that_never_saves_is_refused_with_one_clear_error(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'store.db'}"
    with pytest.raises(SweeperError, match="PBT needs checkpoints, and trial 0 has none at step"):
        quadratic.sweep(
            trials=8, scheduler=PBT, backend="simulated:4", store=store, name="forgetful",
            progress=False,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("space", "scheduler", "told"),
    [
        ({"lr": loguniform(1e-3, 1.0)}, sweeper.PBT(vary=["rate"]), "has no rate"),
        ({"lr": randint(1, 3)}, "pbt", "no parameter that it may change"),
    ],
)
def test_what_cannot_vary_is_refused_before_anything_is_recorded(
    tmp_path: Path, space: Any, scheduler: Any, told: str
) -> None:
    with pytest.raises(SpaceError, match=told):
        sweep_in(tmp_path, space=space, scheduler=scheduler)
    with pytest.raises(SweepNotFound):
        sweeper.load("grown", f"sqlite:///{tmp_path / 'store.db'}")


@pytest.mark.slow
def test_a_population_trains_on_processes(tmp_path: Path) -> None:
    sweep = sweep_in(tmp_path, "local", workers=2, trials=16)

    assert len(sweep.trials) == 16
    assert sweep.lineage()
    for descent in sweep.lineage():
        saved = value_at(sweep, descent.parent, descent.step)
        trial = sweep.trials[descent.trial]
        step, value = trial.metrics["loss"][0]
        assert value == pytest.approx(next_value(trial, step, saved))


def test_the_lineage_is_shown_by_the_shell_and_on_the_trials_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep = sweep_in(tmp_path)
    descent = sweep.lineage()[0]
    url, line = sweep.store.address(), f"trial {descent.trial}: trial {descent.parent} from step"

    main(["show", "grown", "--top", "40", "--store", url])
    assert line in capsys.readouterr().out
    main(["show", "grown", str(descent.trial), "--store", url, "--json"])
    shown = json.loads(capsys.readouterr().out)
    assert shown["copied"]["parent"] == shown["lineage"][0]["parent"] == descent.parent
    assert shown["lineage"][0]["replaced"] == descent.replaced

    page = str(lineage_list("grown", descent.parent, sweep.lineage()))
    assert f"/trial/{descent.trial}" in page
    assert "Copied to" in page
    assert is_related(descent.replaced, sweep.lineage())


@pytest.mark.parametrize("max_steps", [81, None])
def test_who_was_paused_at_the_very_end_has_completed(
    tmp_path: Path, max_steps: int | None
) -> None:
    promotion = sweeper.ASHA(max_steps=max_steps, type="promotion")
    sweep = sweep_in(tmp_path, scheduler=promotion, fixed={"steps": 9}, trials=60)

    whole = [trial for trial in sweep.trials if trial.last_step == 9]
    paused = [trial for trial in whole if trial.attempts[-1].outcome == "paused"]
    assert {trial.status for trial in whole} == {TrialStatus.COMPLETED}
    assert all(trial.value == trial.metrics["loss"][-1][1] for trial in paused)
    assert sweep.best_trial.value == min(trial.value for trial in whole)
