"""The simulated backend: virtual time passes as the settings say, and the same each time."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Annotated, Any

import pytest
from sweeper_simulated import Node, Simulation

import sweeper
from sweeper import Sweep, SweeperError, sweepable, uniform
from sweeper.errors import AllTrialsFailed, BackendUnavailable
from sweeper.store.recording import record

pytestmark = pytest.mark.slow


@sweepable(metric="loss", mode="min")
def train(x: Annotated[float, uniform(0.0, 1.0)] = 0.5, epochs: int = 9) -> float:
    noise = random.Random(sweeper.trial().seed)
    for epoch in range(1, epochs + 1):
        sweeper.sleep(noise.uniform(5.0, 15.0))
        sweeper.report(loss=x + 1.0 / epoch)
    return x


@sweepable(metric="loss", mode="min")
def saves(x: Annotated[float, uniform(0.0, 1.0)] = 0.5, epochs: int = 20) -> float:
    folder = sweeper.restore()
    begun = 0 if folder is None else int((folder / "epoch").read_text())
    for epoch in range(begun + 1, epochs + 1):
        sweeper.sleep(60.0)
        with sweeper.checkpoint(epoch) as place:
            (place / "epoch").write_text(str(epoch))
        sweeper.report(epoch, loss=x + 1.0 / epoch)
    return x


def steps(x: float, seconds: float) -> None:
    """Do nothing else than to be swept with a cost model."""


@pytest.fixture
def given(sqlite_url: str) -> dict[str, Any]:
    return {"store": sqlite_url, "progress": False, "search": "random", "seed": 7}


def total(sweep: Sweep) -> float:
    """Give the simulated seconds that a sweep took."""
    return sweep.overview.sweep.active_seconds


def outcomes(sweep: Sweep) -> list[str]:
    return [str(attempt.outcome) for trial in sweep.trials for attempt in trial.attempts]


def facts(sweep: Sweep) -> list[tuple[Any, ...]]:
    return [
        (t.number, t.params, t.value, str(t.status), t.metrics, t.duration, len(t.attempts))
        for t in sweep.trials
    ]


@pytest.mark.parametrize("scheduler", [None, "asha", "median"])
def test_the_same_seed_gives_the_same_sweep_to_the_last_second(
    tmp_path: Any, given: dict[str, Any], scheduler: str | None
) -> None:
    cluster = Simulation(20, startup=3.0, spread=0.4, loss=2.0, spot=2.0, away=120.0)
    one, other = (
        train.sweep(
            trials=60,
            backend=cluster,
            scheduler=scheduler,
            **{**given, "store": f"sqlite:///{tmp_path}/{name}.db"},
        )
        for name in ("one", "other")
    )

    assert facts(one) == facts(other)
    assert one.history() == other.history()


@pytest.mark.parametrize("scheduler", ["asha", "median"])
def test_how_often_people_are_shown_a_sweep_changes_nothing(
    tmp_path: Any,
    given: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    scheduler: str,
) -> None:
    cluster = Simulation(20, startup=3.0, spread=0.4, loss=20.0, spot=2.0, away=60.0)
    swept = []
    for seconds in (0.0, 60.0):
        monkeypatch.setattr("sweeper.controller._SHOW_SECONDS", seconds)
        where = {"store": f"sqlite:///{tmp_path}/{seconds}.db"}
        sweep = train.sweep(trials=60, backend=cluster, scheduler=scheduler, **{**given, **where})
        swept.append((facts(sweep), sweep.history()))

    # After each report there, and here only where more than a report has happened.
    assert swept[0] == swept[1]


class Crash(BaseException):
    """The end of a process, told to nobody."""


def test_what_a_crash_takes_along_is_simulated_again(
    tmp_path: Any, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    launch = {"trials": 60, "backend": "simulated:20"}
    whole = train.sweep(**launch, **{**given, "store": f"sqlite:///{tmp_path}/whole.db"})
    written = 0

    def record_for_a_while(*args: Any) -> int:
        nonlocal written
        written += 1
        if written > 40:
            raise Crash
        return record(*args)

    with monkeypatch.context() as patched:
        patched.setattr("sweeper.controller._RECORD_SECONDS", 0.0)
        patched.setattr("sweeper.control.journal.record", record_for_a_while)
        with pytest.raises(Crash):
            train.sweep(**launch, name="crashed", **given)
    sweep = train.sweep(**launch, name="crashed", resume="must", **given)

    # More was carried out by then than was recorded, and all of it came again.
    assert {len(trial.attempts) for trial in sweep.trials} == {1, 2}
    assert [(t.params, t.value, t.metrics) for t in sweep.trials] == [
        (t.params, t.value, t.metrics) for t in whole.trials
    ]


def test_workers_share_the_time_that_the_function_sleeps(given: dict[str, Any]) -> None:
    @sweepable(metric="loss", mode="min")
    def sleeps(x: Annotated[float, uniform(0.0, 1.0)] = 0.5) -> float:
        sweeper.sleep(100.0)
        return x

    sweep = sleeps.sweep(trials=10, backend="simulated:5", **given)

    assert total(sweep) == pytest.approx(200.0)
    assert [round(trial.duration) for trial in sweep.trials] == [100] * 10
    assert {a.host for t in sweep.trials for a in t.attempts} == {
        f"simulated-{n}" for n in range(5)
    }


def test_history_is_told_in_simulated_seconds_since_the_start(given: dict[str, Any]) -> None:
    sweep = train.sweep(trials=1, backend=Simulation(1, startup=50.0, cost=2.0), **given)

    [first, *_, last] = sweep.history()
    assert 57.0 <= first.seconds <= 67.0
    assert last.seconds == pytest.approx(50.0 + sweep.trials[0].duration, abs=1e-5)
    assert last.best == min(moment.value for moment in sweep.history())


def test_a_cost_model_stands_for_a_function_that_does_not_sleep(given: dict[str, Any]) -> None:
    @sweepable(metric="loss", mode="min")
    def reports(x: Annotated[float, uniform(1.0, 2.0)] = 1.5) -> None:
        for _ in range(4):
            sweeper.report(loss=x)

    def cost(params: Mapping[str, Any], step: int) -> float:
        return float(params["x"]) * step

    sweep = reports.sweep(trials=3, backend=Simulation(1, cost=cost), **given)

    for trial in sweep.trials:
        assert trial.duration == pytest.approx(10 * trial.params["x"], abs=1e-5)


def test_a_cost_model_that_gives_no_time_is_named(given: dict[str, Any]) -> None:
    with pytest.raises(AllTrialsFailed, match=r"the cost model gave -5.0 for step 1"):
        train.sweep(trials=2, backend=Simulation(2, cost=lambda _params, _step: -5.0), **given)


def test_a_quick_machine_needs_less_time(given: dict[str, Any]) -> None:
    cluster = Simulation(nodes=(Node(speed=1.0), Node(speed=4.0)))

    sweep = saves.sweep(trials=2, backend=cluster, **given)

    assert [round(t.duration) for t in sweep.trials] == [1200, 300]


def test_trials_share_machines_by_their_gpus(given: dict[str, Any]) -> None:
    shapes = (Node(gpus=8), Node(count=2, gpus=1))

    def most_at_once(gpus: float) -> int:
        with_gpus = {**given, "name": f"gpus {gpus}"}
        sweep = saves.sweep(trials=30, gpus=gpus, backend=Simulation(nodes=shapes), **with_gpus)
        begun = [t.started for t in sweep.trials]
        return begun.count(begun[0])

    assert [most_at_once(gpus) for gpus in (3, 1, 0.5)] == [2, 10, 20]
    with pytest.raises(BackendUnavailable, match="no simulated machine has room"):
        saves.sweep(trials=1, gpus=16, backend=Simulation(nodes=shapes), **given)


def test_gpu_hours_are_simulated_and_end_the_sweep(given: dict[str, Any]) -> None:
    sweep = saves.sweep(trials=500, gpus=2, gpu_hours=10.0, backend="simulated:3", **given)

    assert sweep.overview.sweep.reason == "the 10 GPU-hours are used up"
    assert 10.0 <= sweep.overview.sweep.gpu_seconds / 3600 <= 13.0


def test_the_time_of_a_sweep_is_simulated_to_the_second(given: dict[str, Any]) -> None:
    sweep = saves.sweep(trials=500, time="2h", grace=90, backend="simulated:3", **given)

    assert sweep.overview.sweep.reason == "the time of 7200 s is used up"
    # What ran then had its last report to make at the end of that minute.
    assert total(sweep) == pytest.approx(7200.0, abs=60.0)


def test_lost_workers_cost_attempts_and_the_trials_go_on_from_their_checkpoints(
    given: dict[str, Any],
) -> None:
    cluster = Simulation(4, loss=3.0, away=600.0)

    sweep = saves.sweep(trials=8, losses=50, backend=cluster, **given)

    assert sweep.status == "completed"
    assert outcomes(sweep).count("lost_worker") > 3
    for trial in sweep.trials:
        assert [step for step, _ in trial.metrics["loss"]] == list(range(1, 21))
        assert trial.duration == pytest.approx(1200.0, abs=60.0 * len(trial.attempts))


def test_a_spot_machine_gives_notice_and_takes_all_its_trials_with_it(
    given: dict[str, Any],
) -> None:
    noticed = Simulation(nodes=(Node(gpus=4, spot=True),), spot=4.0, notice=90.0, away=60.0)
    sweep = saves.sweep(trials=4, gpus=1, losses=50, backend=noticed, name="noticed", **given)
    assert set(outcomes(sweep)) == {"preempted", "succeeded"}
    ends = [a.ended for t in sweep.trials for a in t.attempts if a.outcome == "preempted"]
    assert len(ends) % 4 == 0

    abrupt = Simulation(nodes=(Node(gpus=4, spot=True),), spot=4.0, notice=0.0, away=60.0)
    sweep = saves.sweep(trials=4, gpus=1, losses=50, backend=abrupt, name="abrupt", **given)
    assert {str(t.status) for t in sweep.trials} == {"completed"}
    assert "preempted" in outcomes(sweep)


def test_a_function_that_sleeps_through_its_grace_is_killed(given: dict[str, Any]) -> None:
    @sweepable(metric="loss", mode="min")
    def stubborn(x: Annotated[float, uniform(0.0, 1.0)] = 0.5) -> float:
        while True:
            try:
                sweeper.sleep(1e9)
            except BaseException:  # noqa: BLE001 - that is what stubborn is
                continue

    with pytest.raises(sweeper.AllTrialsFailed, match="longer than"):
        stubborn.sweep(
            trials=1, timeout="1h", grace=10.0, retries=0, backend="simulated:1", **given
        )

    [attempt] = (
        sweeper.load(sweeper.sweeps(given["store"])[0].name, given["store"]).trials[0].attempts
    )
    assert attempt.outcome == "timeout"
    assert (attempt.ended - attempt.started).total_seconds() == pytest.approx(3610.0, abs=1e-3)


def test_what_functions_print_is_in_their_logs_only(
    given: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    @sweepable(metric="loss", mode="min")
    def talks(x: Annotated[float, uniform(0.0, 1.0)] = 0.5) -> float:
        for part in range(3):
            print(sweeper.trial().number, part)
            sweeper.sleep(1.0)
        return x

    sweep = talks.sweep(trials=2, backend="simulated:2", **given)

    assert sweep.trials[1].logs() == "1 0\n1 1\n1 2\n"
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "text",
    [
        "simulated:500",
        "simulated:500,startup=20,spread=0.3,loss=0.01,cost=60,seed=4",
        "simulated:nodes=4x8c64@0.5+16x1spot,spot=0.1,notice=120,away=600",
    ],
)
def test_settings_can_be_written_as_text_and_read_back(text: str) -> None:
    from sweeper_simulated.settings import simulation_from

    assert simulation_from(text.partition(":")[2]).address() == text


def test_a_resumed_sweep_is_simulated_with_the_settings_that_it_had(given: dict[str, Any]) -> None:
    first = train.sweep(trials=3, backend=Simulation(2, cost=_minute), name="again", **given)
    before = total(first)

    sweep = sweeper.resume("again", store=given["store"], trials=6, progress=False)

    assert sweep.overview.sweep.asked().backend.startswith("simulated:2,cost=")
    assert all(trial.duration > 540 for trial in sweep.trials)
    times = [moment.seconds for moment in sweep.history()]
    assert times[-1] == pytest.approx(total(sweep), abs=1e-3)
    assert before < times[-1] < 2.5 * before


def _minute(_params: Mapping[str, Any], _step: int) -> float:
    return 60.0


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("0", "workers = 0"),
        ("many", "no number"),
        ("5,colour=red", "colour"),
        ("nodes=8y", "8y"),
        ("nodes=1x2c1.2.3", "1.2.3"),
        ("5,cost=nowhere:cost", "nowhere"),
        ("5,cost=math:cost", "math has no cost"),
    ],
)
def test_a_wrong_argument_is_refused_before_anything_runs(
    given: dict[str, Any], argument: str, said: str
) -> None:
    with pytest.raises(SweeperError, match=said):
        train.sweep(trials=1, backend=f"simulated:{argument}", **given)
    with pytest.raises(SweeperError, match="startup = -1"):
        Simulation(5, startup=-1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"startup": "20"},
        {"cost": None},
        {"spread": True},
        {"nodes": "4x8"},
        {"nodes": [8]},
        {"seed": "a"},
        {"loss": abs},
    ],
)
def test_a_setting_of_another_kind_is_refused_by_its_name(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(SweeperError, match=f"{name} = "):
        Simulation(**wrong)


@pytest.mark.parametrize(
    "wrong", [{"count": 1.5}, {"count": "2"}, {"gpus": 0.5}, {"cpus": "8"}, {"speed": float("inf")}]
)
def test_what_is_no_machine_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SweeperError, match="is no machine"):
        Node(**wrong)
