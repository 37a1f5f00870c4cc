"""The verb that looks ahead takes what run takes, and launches nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Shell


@pytest.mark.slow
def test_the_shell_plans_as_it_would_run(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "job.py"
    path.write_text(
        "from sweeper import sleep, sweepable, uniform\n\n"
        '@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})\n'
        "def train(x: float = 0.5) -> float:\n"
        "    sleep(10.0)\n"
        "    return x\n"
    )
    told = shell(
        "plan", f"{path}:train", "--trials", "6", "--backend", "simulated:2", "--gpus", "1",
        "--probe", "2", "--price", "3", "--json",
    )  # fmt: skip
    plan = json.loads(told.out)
    assert told.code == 0
    assert plan["ok"]
    assert plan["forecast"]["seconds"]["middle"] == pytest.approx(30.0, rel=0.3)
    assert plan["forecast"]["money"]["middle"] == pytest.approx(0.05, rel=0.3)

    told = shell("plan", f"{path}:train", "--trials", "0")
    assert told.code == 1
    assert "trials = 0" in told.out


def test_several_objectives_are_given_one_by_one(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "job.py"
    path.write_text("print('loss=1.0 size=2')\n")
    objectives = ("--metric", "loss", "--mode", "min", "--metric", "size", "--mode", "max")

    told = shell("plan", str(path), "--x", "uniform(0, 1)", *objectives, "--scheduler", "asha")
    run = shell(
        "run", str(path), "--x", "uniform(0, 1)", *objectives, "--trials", "2", "--name", "both",
        "--backend", "inline", "--quiet",
    )  # fmt: skip

    assert told.code == run.code == 0, told.out + run.err
    assert "it serves several objectives" in told.out
    assert json.loads(shell("ls", "--json").out)[0]["objective"] == [
        {"metric": "loss", "mode": "min"},
        {"metric": "size", "mode": "max"},
    ]
