"""The verbs of upkeep: retry, which gives trials another chance, and doctor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import sweeper
from sweeper import SweepBusy
from sweeper.clock import SYSTEM_CLOCK
from sweeper.store import questions
from sweeper.store.leases import acquire
from sweeper.store.store import Store
from sweeper.testing.fakes import refused
from sweeper.upkeep.retrying import retry
from tests.cli.conftest import Shell

FLAWED = """
from pathlib import Path
from sweeper import report, sweepable, trial, uniform

@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
def train(x: float = 0.5) -> float:
    report(step=1, loss=x)
    broken = not Path(__file__).with_name("mended").exists()
    if broken and trial().number % 2:
        raise KeyError("lr")
    return x
"""


def standing(sweep: sweeper.Sweep) -> list[tuple[int, Any, int]]:
    """Say what must stay of every trial: number, parameters and seed."""
    return [(trial.number, trial.params, trial.seed) for trial in sweep.trials]


@pytest.fixture
def flawed(shell: Shell, tmp_path: Path) -> sweeper.Sweep:
    """Give a sweep of six trials of which every second one failed for good."""
    job = tmp_path / "job.py"
    job.write_text(FLAWED)
    ran = shell(
        "run", f"{job}:train", "--trials", "6", "--name", "flawed", "--backend", "inline",
        "--seed", "1", "--retries", "1", "--quiet",
    )  # fmt: skip
    assert ran.code == 0
    sweep = sweeper.load("flawed")
    assert [trial.status for trial in sweep.trials] == ["completed", "failed"] * 3
    return sweep


def test_failed_trials_complete_on_retry_once_the_cause_is_mended(
    shell: Shell, flawed: sweeper.Sweep, tmp_path: Path
) -> None:
    before = standing(flawed)
    (tmp_path / "mended").touch()

    ran = shell("retry", "flawed", "--quiet", "--json")

    assert ran.code == 0
    assert json.loads(ran.out)["status"] == "completed"
    assert standing(flawed) == before
    assert {trial.status for trial in flawed.trials} == {"completed"}
    for trial in flawed.trials:
        numbers = [attempt.number for attempt in trial.attempts]
        assert numbers == ([1, 2, 3] if trial.number % 2 else [1])
    retried = [e["trial"] for e in flawed.events() if e["kind"] == "trial_retried"]
    assert retried == [1, 3, 5]


def test_a_retried_trial_that_fails_again_has_had_all_its_chances_again(
    shell: Shell, flawed: sweeper.Sweep
) -> None:
    ran = shell("retry", "flawed", "3", "--quiet")

    assert ran.code == 0
    assert [len(trial.attempts) for trial in flawed.trials] == [1, 2, 1, 4, 1, 2]
    assert flawed.trials[3].status == "failed"


def test_without_running_the_trials_only_wait(shell: Shell, flawed: sweeper.Sweep) -> None:
    ran = shell("retry", "flawed", "1", "5", "--no-run")

    assert ran.code == 0
    assert "1, 5" in ran.out
    assert "sweeper resume flawed" in ran.out
    assert [flawed.trials[n].status for n in (1, 3, 5)] == ["waiting", "failed", "waiting"]
    assert flawed.trials[1].value is None


def test_numbers_and_all_that_failed_go_together(shell: Shell, flawed: sweeper.Sweep) -> None:
    ran = shell("retry", "flawed", "--failed", "1", "--no-run", "--json")

    assert json.loads(ran.out) == {"name": "flawed", "waiting": [1, 3, 5]}


@pytest.mark.parametrize(
    ("number", "said"), [("0", "is completed"), ("6", "has no trial 6"), ("-1", "no trial -1")]
)
def test_a_trial_that_is_no_candidate_is_one_clear_error(
    shell: Shell, flawed: sweeper.Sweep, number: str, said: str
) -> None:
    before = [trial.status for trial in flawed.trials]

    ran = shell("retry", "flawed", "1", number, "--no-run")

    assert ran.code == 1
    assert said in ran.err
    assert len(ran.err.splitlines()) == 2
    assert [trial.status for trial in flawed.trials] == before
    assert questions.find_sweep(flawed.store, "flawed").lease is None


def test_where_nothing_failed_there_is_nothing_to_retry(
    shell: Shell, flawed: sweeper.Sweep, tmp_path: Path
) -> None:
    (tmp_path / "mended").touch()
    shell("retry", "flawed", "--quiet")

    ran = shell("retry", "flawed")

    assert ran.code == 1
    assert "has failed" in ran.err


def test_a_sweep_that_is_driven_is_not_touched(flawed: sweeper.Sweep) -> None:
    store = Store(flawed.store.address())
    acquire(store, questions.find_sweep(store, "flawed"), SYSTEM_CLOCK)

    refused(SweepBusy, lambda: retry(store, "flawed"))

    assert flawed.trials[1].status == "failed"
    store.close()
