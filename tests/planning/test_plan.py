"""Plans: every problem is listed, nothing is launched, and forecasts hold what then happens."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Annotated, Any

import pytest
from optuna.samplers import BruteForceSampler, CmaEsSampler, GridSampler

import sweeper
from sweeper import SweeperError, choice, loguniform, sweepable, uniform
from sweeper.planning import forecasting
from sweeper.planning.plan import Plan, Range

pytestmark = pytest.mark.slow

CLUSTER = "simulated:8,startup=10"


@sweepable(metric="loss", mode="min")
def train(
    lr: Annotated[float, loguniform(1e-4, 1e-1)] = 1e-2,
    hidden: Annotated[int, choice([32, 64, 128])] = 64,
    epochs: int = 9,
) -> None:
    noise = random.Random(sweeper.trial().seed)
    for epoch in range(1, epochs + 1):
        sweeper.sleep(hidden / 64 * noise.lognormvariate(3.0, 0.2))
        sweeper.report(loss=lr + 1 / epoch + noise.gauss(0.0, 0.02))


@pytest.fixture
def given(sqlite_url: str) -> dict[str, Any]:
    return {"store": sqlite_url, "backend": CLUSTER, "search": "random", "seed": 9}


@pytest.fixture(autouse=True)
def _few_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecasting, "_RUNS", 4)


def earlier(given: dict[str, Any], **more: Any) -> None:
    train.sweep(trials=30, progress=False, **{**given, **more})


def test_every_problem_is_listed_at_once(tmp_path: Path) -> None:
    plan = train.plan(
        trials=0,
        serch="tpe",  # type: ignore[call-arg]
        time="2 parsecs",
        backend="nowhere",
        store="mysql://somewhere",
        metric="accuracy",
        mode="upwards",
        price=-1,
    )

    assert not plan.ok
    for part in ("trials = 0", "serch", "2 parsecs", "nowhere", "mysql", "upwards", "price"):
        assert any(part in problem for problem in plan.problems), part
    assert plan.forecast is None


def test_a_space_that_cannot_be_searched_is_a_problem_of_the_plan(given: dict[str, Any]) -> None:
    plan = train.plan(space={"lr_typo": loguniform(1e-4, 1e-1)}, **given)

    assert ["lr_typo" in problem for problem in plan.problems] == [True]


@pytest.mark.parametrize(
    "more",
    [
        {"scheduler": sweeper.ASHA(metric="dominance")},
        {"scheduler": sweeper.ASHA(metric="size"), "metric": ["loss", "x"], "mode": ["min"] * 2},
        {"scheduler": "pbt", "replicates": 2},
        {"search": BruteForceSampler()},
        {"search": GridSampler({"nothing": [1]})},
        {"search": CmaEsSampler(), "metric": ["loss", "x"], "mode": ["min"] * 2},
        {"time": 0},
        {"timeout": "0s"},
    ],
)
def test_what_does_not_go_together_is_the_one_problem_of_its_plan_and_of_its_launch(
    given: dict[str, Any], more: dict[str, Any]
) -> None:
    given = {**given, **more}
    with pytest.raises(SweeperError) as refused:
        train.sweep(trials=5, progress=False, **given)

    plan = train.plan(trials=5, **given)

    assert plan.problems == (f"{refused.value.message}. {refused.value.hint}",)
    assert sweeper.sweeps(given["store"]) == []


def test_a_name_that_is_taken_is_a_problem_where_it_must_not_exist(given: dict[str, Any]) -> None:
    earlier(given, name="taken")

    assert "already" in str(train.plan(name="taken", resume="never", **given).problems)
    assert "no sweep 'other'" in str(train.plan(name="other", resume="must", **given).problems)
    mismatch = train.plan(name="taken", space={"lr": loguniform(1e-3, 1e-2)}, **given)
    assert "recorded with something else" in str(mismatch.problems)


def test_planning_leaves_nothing_behind(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "store.db"

    plan = train.plan(trials=5, store=f"sqlite:///{place}", backend=CLUSTER, probe=2)

    assert plan.ok
    assert plan.forecast is not None
    assert list(tmp_path.iterdir()) == []


def test_without_anything_known_there_is_no_forecast_but_the_way_to_one(
    given: dict[str, Any],
) -> None:
    plan = train.plan(trials=5, **given)

    assert plan.ok
    assert plan.forecast is None
    assert "probe=3" in str(plan)


def test_the_plan_says_what_will_run_and_what_comes_first(given: dict[str, Any]) -> None:
    plan = train.plan(trials=40, scheduler="asha", gpus=2, time="3h", name="new", **given)
    sweep = train.sweep(trials=5, gpus=2, name="new", progress=False, **given)

    assert "8 at once, each with 1 CPU, 2 GPUs" in plan.runs["backend"]
    assert plan.runs["ends"] == "after 40 trials or after 3 h 0 min"
    assert "asha" in plan.runs["scheduler"]
    assert [dict(params) for params in plan.first] == [trial.params for trial in sweep.trials]


def test_every_trial_of_a_forecast_takes_as_long_as_the_earlier_ones(given: dict[str, Any]) -> None:
    earlier(given, gpus=1)

    plan = train.plan(trials=80, gpus=1, price=2.0, **given)
    happened = train.sweep(trials=80, gpus=1, progress=False, **given).overview.sweep

    assert plan.forecast is not None
    assert plan.forecast.trials == Range(80, 80, 80)
    assert happened.active_seconds in plan.forecast.seconds
    assert happened.gpu_seconds / 3600 in plan.forecast.gpu_hours
    assert plan.forecast.money is not None
    assert plan.forecast.money.middle == pytest.approx(2 * plan.forecast.gpu_hours.middle)
    assert plan.forecast.seconds.high < 2 * plan.forecast.seconds.low
    assert "30 trials of sweep" in str(plan)


def test_a_forecast_knows_that_pruning_saves_time(given: dict[str, Any]) -> None:
    earlier(given)

    whole = train.plan(trials=60, **given).forecast
    pruned = train.plan(trials=60, scheduler="asha", **given).forecast

    assert whole is not None
    assert pruned is not None
    assert pruned.seconds.middle < 0.5 * whole.seconds.middle


@sweepable(metric=["loss", "size"], mode=["min", "max"])
def weighs(x: Annotated[float, uniform(0.0, 1.0)] = 0.5, epochs: int = 9) -> dict[str, float]:
    """Refuse a small x, and tell of a load that grows with it."""
    if x < 0.1:
        raise sweeper.Infeasible("too small")
    for epoch in range(1, epochs + 1):
        sweeper.sleep(20.0)
        sweeper.report(loss=x + 1 / epoch, size=x * epoch)
    return {"load": x}


@pytest.mark.parametrize(
    "more",
    [
        {"scheduler": sweeper.ASHA(metric="size")},
        {"constraints": {"load": "<= 0.3"}},
        {"constraints": {"load": "<= 0.3"}, "scheduler": "median"},
    ],
)
def test_a_forecast_holds_what_further_objectives_and_constraints_decide(
    given: dict[str, Any], more: dict[str, Any]
) -> None:
    happened = weighs.sweep(trials=60, progress=False, **given, **more).overview.sweep

    forecast = weighs.plan(trials=60, **given, **more).forecast

    assert forecast is not None
    assert forecast.trials == Range(60, 60, 60)
    assert 0.8 < forecast.seconds.middle / happened.active_seconds < 1.25


def test_probes_that_are_infeasible_say_how_long_a_trial_takes(given: dict[str, Any]) -> None:
    bounds = {"load": "<= 0.1", "loss_sd": "<= 0.5"}
    more = {"space": {"x": uniform(0.2, 1.0)}, "constraints": bounds, "replicates": 2}
    forecast = weighs.plan(trials=16, probe=3, **given, **more).forecast

    assert forecast is not None
    assert forecast.trials == Range(16, 16, 16)
    # Each of the 8 workers runs two trials, which take nine steps twice and their start.
    assert 2 * (2 * 9 * 20.0 + 10.0) in forecast.seconds


def test_a_forecast_ends_with_the_budget(given: dict[str, Any]) -> None:
    earlier(given, gpus=1)

    timed = train.plan(trials=5000, gpus=1, time="2h", **given).forecast
    counted = train.plan(trials=5000, gpus=1, gpu_hours=12, **given).forecast

    assert timed is not None
    assert timed.seconds.middle == pytest.approx(7200, rel=0.05)
    assert timed.trials.high < 5000
    assert counted is not None
    assert counted.gpu_hours.middle == pytest.approx(12, rel=0.1)


def test_a_longer_training_is_forecast_from_shorter_ones(given: dict[str, Any]) -> None:
    earlier(given)

    short = train.plan(trials=40, **given).forecast
    long = train.plan(trials=40, fixed={"epochs": 27}, **given).forecast

    assert short is not None
    assert long is not None
    assert 2.0 < long.seconds.middle / short.seconds.middle < 4.0


def test_what_is_done_already_is_not_forecast_again(given: dict[str, Any]) -> None:
    earlier(given, name="grows")

    plan = train.plan(trials=40, name="grows", **given)

    assert "30 done" in plan.runs["trials"]
    assert plan.forecast is not None
    assert plan.forecast.trials == Range(10, 10, 10)


@pytest.mark.parametrize(
    ("budget", "more"),
    [({"time": 900}, {"time": 1200}), ({"gpu_hours": 1.0}, {"gpu_hours": 1.5})],
)
def test_of_a_sweep_that_goes_on_only_the_rest_of_its_budget_is_forecast(
    given: dict[str, Any], budget: dict[str, Any], more: dict[str, Any]
) -> None:
    (name,) = budget
    train.sweep(trials=500, gpus=1, name="grows", progress=False, **budget, **given)

    used_up = train.plan(name="grows", price=2.0, store=given["store"])
    longer = train.plan(name="grows", store=given["store"], **more)

    assert used_up.forecast is not None
    assert used_up.forecast.seconds == used_up.forecast.money == Range(0, 0, 0)
    assert "used up" in str(used_up)
    assert longer.forecast is not None
    unit = {"time": 1.0, "gpu_hours": 3600.0 / 8}[name]
    rest = unit * (more[name] - budget[name])
    assert 0.5 * rest < longer.forecast.seconds.middle < 1.7 * rest


def test_a_sweep_that_has_reached_its_target_takes_nothing_more(given: dict[str, Any]) -> None:
    train.sweep(trials=500, target=0.5, name="good", progress=False, **given)

    plan = train.plan(name="good", store=given["store"])

    assert plan.forecast is not None
    assert plan.forecast.trials == Range(0, 0, 0)
    assert "reached the target" in str(plan)


class Stumbling:
    """A searcher that has a bug."""

    def suggest(self, number: int) -> dict[str, Any]:
        if number == 2:
            raise RuntimeError("a bug of its own")
        return {"lr": 0.01, "hidden": 32 + 32 * number}

    def observe(self, trial: Any) -> None:
        """Learn nothing."""


def test_a_search_that_fails_on_the_way_is_a_problem(given: dict[str, Any]) -> None:
    earlier(given)

    given["search"] = Stumbling()
    plans = [train.plan(trials=4, **{**given, "seed": seed}) for seed in (9, None)]

    for plan in plans:
        assert ["RuntimeError: a bug of its own" in problem for problem in plan.problems] == [True]
        assert plan.forecast is None


def test_probes_that_all_fail_are_told(given: dict[str, Any]) -> None:
    @sweepable(metric="loss", mode="min", space={"x": loguniform(1.0, 2.0)})
    def broken(x: float) -> float:
        raise ValueError("cursed")

    plan = broken.plan(trials=4, probe=2, **given)

    assert plan.forecast is None
    assert "cursed" in str(plan)


def test_a_range_of_few_values_is_not_narrower_than_they_are() -> None:
    assert 5.0 in Range(4.0, 5.0, 6.0)
    assert 7.0 not in Range(4.0, 5.0, 6.0)
    assert Plan().ok


@sweepable(metric="loss", mode="min")
def saves(lr: Annotated[float, loguniform(1e-4, 1e-1)] = 1e-2, epochs: int = 24) -> None:
    restored = sweeper.restore()
    done = int((restored / "epoch").read_text()) if restored is not None else 0
    for epoch in range(done + 1, epochs + 1):
        sweeper.sleep(10)
        if sweeper.trial().should_checkpoint:
            with sweeper.checkpoint(epoch) as folder:
                (folder / "epoch").write_text(str(epoch))
        sweeper.report(epoch, loss=lr + 1 / epoch)


@pytest.mark.parametrize("more", [{"probe": 2}, {"scheduler": "asha"}])
def test_a_population_that_would_find_no_checkpoints_is_a_problem(
    given: dict[str, Any], more: dict[str, Any]
) -> None:
    if "scheduler" in more:
        earlier(given, **more)

    plan = train.plan(trials=30, **{**given, **more, "scheduler": "pbt"})

    assert any("PBT needs checkpoints" in str(problem) for problem in plan.problems)


def test_a_function_that_saves_when_it_is_told_to_may_train_as_a_population(
    given: dict[str, Any],
) -> None:
    plan = saves.plan(trials=30, scheduler="pbt", probe=2, **given)
    saves.sweep(trials=5, progress=False, **given)
    later = saves.plan(trials=30, scheduler="pbt", **given)

    assert plan.problems == later.problems == ()
    assert "belief that the function saves" in str(later)
    assert "belief" not in str(plan)


def test_a_store_that_is_yet_to_be_made_is_called_by_its_name(given: dict[str, Any]) -> None:
    plan = train.plan(trials=5, learn_from="nothing", **given)

    (problem,) = plan.problems
    assert str(given["store"]).removeprefix("sqlite:///") in problem
