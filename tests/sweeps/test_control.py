"""Wishes on a running sweep, and the limits that it keeps: pause, stop, timeout, workers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from trainings import endless, hangs, quadratic
from waiting import lives, wait_for

import sweeper
from sweeper import Sweep
from sweeper.model.lifecycle import Outcome, TrialStatus
from sweeper.store.commands import WishKind, answer_to, wish

pytestmark = pytest.mark.slow

QUIET: dict[str, Any] = {"progress": False, "seed": 7, "grace": 5}


def running(sweep: Sweep) -> list[int]:
    """Give the numbers of the trials that have reported and still run."""
    return [t.number for t in sweep.trials if t.status == TrialStatus.RUNNING and t.last_step]


def test_a_sweep_can_be_driven_in_the_background_paused_resumed_and_stopped(
    sqlite_url: str,
) -> None:
    sweep = endless.sweep(trials=4, workers=2, store=sqlite_url, wait=False, **QUIET)
    wait_for(lambda: len(running(sweep)) == 2, "two running trials")

    sweep.pause()
    wait_for(lambda: sweep.status == "paused" and not running(sweep), "a pause")
    assert {trial.status for trial in sweep.trials} == {TrialStatus.PAUSED}

    sweep.resume()
    wait_for(lambda: len(running(sweep)) == 2, "two running trials again")
    assert [trial.number for trial in sweep.trials] == [0, 1]

    sweep.stop()
    assert sweep.wait(timeout=60)
    assert sweep.status == "stopped"
    for trial in sweep.trials:
        outcomes = [attempt.outcome for attempt in trial.attempts]
        assert outcomes == [Outcome.PAUSED, Outcome.STOPPED_BY_USER]


def test_one_trial_can_be_stopped_while_the_others_go_on(sqlite_url: str) -> None:
    sweep = endless.sweep(trials=3, workers=2, store=sqlite_url, wait=False, **QUIET)
    wait_for(lambda: running(sweep) == [0, 1], "two running trials")

    asked = wish(sweep.store, sweep.id, WishKind.STOP, trial=0)
    wait_for(lambda: running(sweep) == [1, 2], "the next trial")

    assert answer_to(sweep.store, asked) == "done"
    assert sweep.trials[0].status == TrialStatus.CANCELLED
    sweep.stop()
    sweep.wait(timeout=60)


def test_a_timeout_kills_the_whole_process_tree_and_is_labelled(
    sqlite_url: str, tmp_path: Path
) -> None:
    pid_file = tmp_path / "pid"
    given = {**QUIET, "grace": 0.2}

    with pytest.raises(sweeper.AllTrialsFailed, match="Timeout: it ran longer"):
        hangs.sweep(
            trials=1, timeout=0.5, retries=0, store=sqlite_url, name="hangs",
            fixed={"pid_file": str(pid_file)}, **given,
        )  # fmt: skip

    (attempt,) = sweeper.load("hangs", sqlite_url).trials[0].attempts
    assert attempt.outcome == Outcome.TIMEOUT
    grandchild = int(pid_file.read_text())
    wait_for(lambda: not lives(grandchild), "the grandchild's end")


def test_the_time_budget_ends_running_trials_too(sqlite_url: str) -> None:
    sweep = endless.sweep(trials=5, workers=1, time=1.0, store=sqlite_url, **QUIET)

    assert sweep.status == "completed"
    assert "time" in (sweep.overview.sweep.reason or "")
    assert sweep.trials[0].status == TrialStatus.CANCELLED


def test_postgresql_holds_a_sweep_as_sqlite_does(postgres_url: str, sqlite_url: str) -> None:
    given = {**QUIET, "trials": 12, "search": "tpe", "scheduler": "asha", "workers": 1}

    one = quadratic.sweep(store=postgres_url, **given)
    two = quadratic.sweep(store=sqlite_url, **given)

    assert [t.params for t in one.trials] == [t.params for t in two.trials]
    assert [t.value for t in one.trials] == [t.value for t in two.trials]
    assert [t.metrics for t in one.trials] == [t.metrics for t in two.trials]


def test_a_script_that_knows_nothing_is_swept_by_its_flags(sqlite_url: str, tmp_path: Path) -> None:
    from sweeper.cli.main import main

    script = tmp_path / "plain.py"
    script.write_text(
        "import argparse\n"
        "p = argparse.ArgumentParser()\n"
        "p.add_argument('--lr', type=float)\n"
        "p.add_argument('--epochs', type=int)\n"
        "a = p.parse_args()\n"
        "for e in range(a.epochs): print(f'epoch={e} accuracy={a.lr + e}')\n"
    )
    code = main(
        ["run", str(script), "--lr", "loguniform(1e-3, 1e-1)", "--metric", "accuracy", "--mode",
         "max", "--trials", "3", "--name", "plain", "--store", sqlite_url, "--quiet", "--",
         "--epochs", "4"]
    )  # fmt: skip

    assert code == 0
    sweep = sweeper.load("plain", sqlite_url)
    for trial in sweep.trials:
        assert trial.value == pytest.approx(trial.params["lr"] + 3)
        assert [value for _, value in trial.metrics["accuracy"]] == pytest.approx(
            [trial.params["lr"] + epoch for epoch in range(4)]
        )
