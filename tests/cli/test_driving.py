"""The verbs that drive: run and resume, on functions and on plain scripts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import sweeper
from sweeper import SpaceError
from sweeper.cli.expressions import declared_space, parse_domain
from sweeper.model.domains import choice, loguniform, uniform
from sweeper.script import metrics_in
from tests.cli.conftest import Shell

SCRIPT = """
from sweeper import sweepable, uniform

@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
def train(x: float = 0.5) -> float:
    return x

sweep = train.sweep(trials=2, name="unguarded", backend="inline", progress=False)
assert sweep.best_trial.value <= 0.5
"""


@pytest.fixture
def script(tmp_path: Path) -> str:
    """Write a script that launches a sweep without any guard."""
    path = tmp_path / "job.py"
    path.write_text(SCRIPT)
    return str(path)


def test_run_launches_a_scripts_function_and_not_the_script(shell: Shell, script: str) -> None:
    ran = shell(
        "run", f"{script}:train", "--trials", "3", "--name", "ran", "--backend", "inline",
        "--seed", "1", "--quiet", "--json",
    )  # fmt: skip

    assert ran.code == 0
    said = json.loads(ran.out)
    assert (said["name"], said["status"], said["trials"]) == ("ran", "completed", 3)
    assert [found.name for found in sweeper.sweeps()] == ["ran"]


def test_resume_finds_the_function_again_and_goes_on(shell: Shell, script: str) -> None:
    shell(
        "run", f"{script}:train", "--trials", "2", "--name", "r", "--backend", "inline", "--quiet"
    )

    ran = shell("resume", "r", "--trials", "4", "--quiet")

    assert ran.code == 0
    assert len(sweeper.load("r").trials) == 4


def test_progress_goes_to_standard_error_in_plain_lines(shell: Shell, script: str) -> None:
    ran = shell("run", f"{script}:train", "--trials", "2", "--name", "p", "--backend", "inline")

    assert ran.out == ""
    assert "2 of 2 trials" in ran.err
    assert "Best loss" in ran.err


@pytest.mark.parametrize(
    ("target", "said", "code"),
    [
        ("nowhere.py:train", "there is no file", 1),
        ("nowhere.py", "there is no file", 2),
        ("json:dumps", "not sweepable", 1),
        ("job", "names no", 2),
    ],
)
def test_a_target_that_is_none_is_said(shell: Shell, target: str, said: str, code: int) -> None:
    ran = shell("run", target)

    assert ran.code == code
    assert said in ran.err


def test_space_expressions_are_parsed() -> None:
    assert parse_domain("lr", "loguniform(1e-5, 1e-1)") == loguniform(1e-5, 1e-1)
    assert parse_domain("n", "[2, 4]") == choice([2, 4])
    assert parse_domain("m", "uniform(0, 1).when(n=[2]).grid(3)") == (
        uniform(0, 1).when(n=[2]).grid(3)
    )


@pytest.mark.parametrize(
    "text", ["__import__('os')", "uniform(x, 1)", "uniform(0, 1", "3", "open('f')", "f()[0]"]
)
def test_a_space_expression_is_never_evaluated_as_code(text: str) -> None:
    with pytest.raises(SpaceError, match="--lr") as caught:
        parse_domain("lr", text)

    assert caught.value.hint


def test_only_declared_flags_are_searched() -> None:
    space = declared_space(["--lr", "uniform(0, 1)", "--n=[1, 2]"])

    assert list(space) == ["lr", "n"]
    with pytest.raises(SpaceError):
        declared_space([])
    with pytest.raises(SpaceError):
        declared_space(["--lr"])


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("val_accuracy=0.93", {"val_accuracy": 0.93}),
        ("epoch 3: loss = 1e-3, acc: 9", {"loss": 0.001, "acc": 9.0}),
        ('{"loss": 0.5, "name": "x"}', {"loss": 0.5}),
        ("saved to out=model.pt", {}),
        ("nothing here", {}),
    ],
)
def test_metrics_are_read_from_what_a_script_prints(line: str, found: dict[str, float]) -> None:
    assert metrics_in(line) == found
