"""Real processes and real signals: whatever happens to a controller, every trial runs once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import psutil
import pytest
from driver import SCHEDULERS
from trainings import GRID, descends, drawn, quadratic
from waiting import wait_for

import sweeper
from sweeper import SweepBusy
from sweeper.model.lifecycle import LIVE, TrialStatus

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
MOMENTS = 10


def drive(*arguments: str) -> subprocess.Popen[bytes]:
    """Start a program that drives a sweep."""
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    return subprocess.Popen([sys.executable, str(HERE / "driver.py"), *arguments], env=environment)


def trials_in(store: str, name: str) -> int:
    """Count the trials of a sweep that may not exist yet."""
    try:
        return len(sweeper.load(name, store).trials)
    except sweeper.SweeperError:
        return 0


def has_come_to(process: subprocess.Popen[bytes], store: str, name: str, wanted: int) -> bool:
    """Tell whether a sweep has so many trials, or its program has ended."""
    return process.poll() is not None or trials_in(store, name) >= wanted


def audit(sweep: sweeper.Sweep, wanted: int) -> None:
    """Check what must hold after any end: nothing lost, nothing twice, nothing left over."""
    trials = list(sweep.trials)
    assert [trial.number for trial in trials] == list(range(wanted))
    assert {trial.status for trial in trials} <= {TrialStatus.COMPLETED, TrialStatus.PRUNED}
    for trial in trials:
        attempts = trial.attempts
        assert [attempt.number for attempt in attempts] == list(range(1, len(attempts) + 1))
        assert not [attempt for attempt in attempts if attempt.status in LIVE]
        steps = [step for step, _ in trial.metrics["loss"]]
        assert steps == list(range(1, trial.last_step + 1))


def kill_at_random_moments(store: str, name: str, search: str, wanted: int, *more: str) -> None:
    """Let one program after another drive a sweep for a while, and kill each."""
    chance = random.Random(search)
    for moment in range(MOMENTS):
        process = drive(store, name, search, str(wanted), *more)
        reached = min(wanted, 1 + moment * 3)
        wait_for(partial(has_come_to, process, store, name, reached), "progress")
        time.sleep(chance.random() * 0.05)
        process.kill()
        process.wait()


@pytest.mark.parametrize("search", ["random", "tpe", "grid"])
def test_a_sweep_killed_at_random_moments_equals_an_uninterrupted_one(
    tmp_path: Path, search: str
) -> None:
    wanted = 30
    store = f"sqlite:///{tmp_path / 'killed.db'}"

    kill_at_random_moments(store, "killed", search, wanted, "asha")

    killed = sweeper.resume("killed", store=store, progress=False)
    audit(killed, wanted)
    whole = quadratic.sweep(
        trials=wanted, search=search, scheduler=sweeper.ASHA(max_steps=9), seed=11, workers=1,
        space=GRID if search == "grid" else {},
        store=f"sqlite:///{tmp_path / 'whole.db'}", progress=False,
    )  # fmt: skip
    assert outcomes(killed) == outcomes(whole)


@pytest.mark.parametrize("search", ["random", "tpe"])
def test_promotions_across_kills_equal_those_of_an_uninterrupted_sweep(
    tmp_path: Path, search: str
) -> None:
    wanted = 30
    store = f"sqlite:///{tmp_path / 'killed.db'}"

    kill_at_random_moments(store, "killed", search, wanted, "promotion", "saves")

    killed = sweeper.resume("killed", store=store, progress=False)
    audit(killed, wanted)
    whole = descends.sweep(
        trials=wanted, search=search, scheduler=SCHEDULERS["promotion"], seed=11, workers=1,
        store=f"sqlite:///{tmp_path / 'whole.db'}", progress=False,
    )  # fmt: skip
    assert outcomes(killed) == outcomes(whole)
    assert pauses(killed) == pauses(whole)
    assert len(pauses(whole)) > wanted / 2


def test_a_population_across_kills_equals_an_uninterrupted_one(tmp_path: Path) -> None:
    wanted = 30
    store = f"sqlite:///{tmp_path / 'killed.db'}"

    kill_at_random_moments(store, "killed", "random", wanted, "pbt", "saves")

    killed = sweeper.resume("killed", store=store, progress=False)
    whole = descends.sweep(
        trials=wanted, search="random", scheduler=SCHEDULERS["pbt"], seed=11, workers=1,
        store=f"sqlite:///{tmp_path / 'whole.db'}", progress=False,
    )  # fmt: skip
    assert outcomes(killed) == outcomes(whole)
    assert pauses(killed) == pauses(whole)
    assert killed.lineage() == whole.lineage()
    assert len(whole.lineage()) > wanted / 3


def test_replicates_across_kills_equal_those_of_an_uninterrupted_sweep(tmp_path: Path) -> None:
    wanted = 20
    store = f"sqlite:///{tmp_path / 'killed.db'}"

    kill_at_random_moments(store, "killed", "random", wanted, "asha", "drawn")

    killed = sweeper.resume("killed", store=store, progress=False)
    whole = drawn.sweep(
        trials=wanted, search="random", scheduler=SCHEDULERS["asha"], seed=11, workers=1,
        replicates=3, store=f"sqlite:///{tmp_path / 'whole.db'}", progress=False,
    )  # fmt: skip
    assert outcomes(killed) == outcomes(whole)
    for one, other in zip(killed.trials, whole.trials):
        assert [(r.seed, r.step, r.metrics) for r in one.replicates] == [
            (r.seed, r.step, r.metrics) for r in other.replicates
        ]
        assert one.metrics == other.metrics


def outcomes(sweep: sweeper.Sweep) -> list[tuple[object, ...]]:
    """Give what must be equal whatever has happened to the controller."""
    return [(t.number, t.params, t.value, t.status, t.last_step) for t in sweep.trials]


def pauses(sweep: sweeper.Sweep) -> list[tuple[object, ...]]:
    """Give whom the scheduler has paused and let go on, in order."""
    kinds = ("trial_paused", "trial_resumed")
    return [(e["kind"], e["trial"], e["text"]) for e in sweep.events() if e["kind"] in kinds]


def test_two_workers_and_a_kill_lose_nothing(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'store.db'}"
    process = drive(store, "two", "random", "40", "two")
    wait_for(lambda: trials_in(store, "two") >= 10, "progress")
    process.kill()
    process.wait()

    audit(sweeper.resume("two", store=store, progress=False), 40)


def test_short_trials_held_ready_behind_others_survive_kills(tmp_path: Path) -> None:
    wanted = 900
    store = f"sqlite:///{tmp_path / 'store.db'}"
    for reached in range(100, wanted, 200):
        process = drive(store, "short", "random", str(wanted), "two")
        wait_for(partial(has_come_to, process, store, "short", reached), "progress")
        process.kill()
        process.wait()

    killed = sweeper.resume("short", store=store, progress=False)
    audit(killed, wanted)
    whole = quadratic.sweep(
        trials=wanted, search="random", seed=11, workers=2,
        store=f"sqlite:///{tmp_path / 'whole.db'}", progress=False,
    )  # fmt: skip
    assert [t.params for t in killed.trials] == [t.params for t in whole.trials]
    assert [t.value for t in killed.trials] == [t.value for t in whole.trials]


def test_a_dead_controller_takes_its_workers_with_it(tmp_path: Path) -> None:
    store, beats = f"sqlite:///{tmp_path / 'store.db'}", tmp_path / "beats"
    process = drive(store, "endless", "endless", "4", str(beats))
    wait_for(beats.exists, "a running trial")
    workers = psutil.Process(process.pid).children(recursive=True)
    assert workers

    process.kill()
    process.wait()

    _, alive = psutil.wait_procs(workers, timeout=20)
    assert not alive
    assert sweeper.load("endless", store).status == "interrupted"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("backend", ["inline", "local"])
def test_one_signal_stops_gracefully_with_everything_recorded(
    tmp_path: Path, number: signal.Signals, backend: str
) -> None:
    store, beats = f"sqlite:///{tmp_path / 'store.db'}", tmp_path / "beats"
    process = drive(store, "endless", "endless", "4", backend, str(beats))
    wait_for(beats.exists, "a running trial")

    process.send_signal(number)

    assert process.wait(timeout=60) != 0
    sweep = sweeper.load("endless", store)
    (trial,) = sweep.trials
    assert sweep.status == "interrupted"
    assert trial.status == TrialStatus.PAUSED
    assert [attempt.outcome for attempt in trial.attempts] == ["interrupted"]


def test_a_second_controller_is_refused_and_told_who_drives(tmp_path: Path) -> None:
    store, beats = f"sqlite:///{tmp_path / 'store.db'}", tmp_path / "beats"
    process = drive(store, "endless", "endless", "4", str(beats))
    wait_for(beats.exists, "a running trial")
    try:
        with pytest.raises(SweepBusy, match=str(process.pid)):
            sweeper.resume("endless", store=store, progress=False)
    finally:
        process.kill()
        process.wait()


def test_a_stopped_sweep_ends_its_trials_and_keeps_them(tmp_path: Path) -> None:
    store, beats = f"sqlite:///{tmp_path / 'store.db'}", tmp_path / "beats"
    process = drive(store, "endless", "endless", "4", str(beats))
    wait_for(beats.exists, "a running trial")

    sweeper.load("endless", store).stop()

    assert process.wait(timeout=60) == 0
    sweep = sweeper.load("endless", store)
    assert sweep.status == "stopped"
    assert {trial.status for trial in sweep.trials} == {TrialStatus.CANCELLED}
    assert sweep.trials[0].attempts[0].outcome == "stopped_by_user"
