"""What a launch asks of machines and workers: read, refused, recorded and kept over resumes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import pytest

import sweeper
from sweeper import BackendUnavailable, SweeperError, sweepable, uniform
from sweeper.model.resources import Resources
from sweeper.model.setup import Setup
from sweeper.store import questions
from sweeper.store.store import Store

QUIET: dict[str, Any] = {"progress": False, "seed": 7, "trials": 2, "backend": "inline"}
WARMED: list[str] = []


def warms() -> None:
    WARMED.append("warm")


def warms_otherwise() -> None:
    WARMED.append("otherwise")


@sweepable(
    metric="loss", mode="min", accelerator="H100", warmup=warms, env_vars={"FLAVOUR": "mild"}
)
def train(x: Annotated[float, uniform(0.0, 1.0)] = 0.5) -> float:
    return x + len(os.environ.get("FLAVOUR", ""))


def asked(store: str, name: str) -> tuple[Resources, Setup]:
    options = questions.find_sweep(Store(store), name).asked()
    return options.resources, options.setup


def test_what_is_asked_of_machines_is_recorded_and_outlives_a_resume(sqlite_url: str) -> None:
    train.sweep(
        name="placed",
        store=sqlite_url,
        cpus=2,
        memory="1GiB",
        resources={"licence": 1},
        accelerator="A100",
        env_vars={"FLAVOUR": "hot"},
        **QUIET,
    )
    sweep = train.sweep(name="placed", store=sqlite_url, **{**QUIET, "trials": 3})

    resources, setup = asked(sqlite_url, "placed")
    assert resources == Resources(cpus=2, memory=2**30, accelerator="A100", custom={"licence": 1})
    assert setup.env_vars == {"FLAVOUR": "hot"}
    assert sweep.trials[0].value == 3.5
    assert sweep.trials[2].value is not None
    assert sweep.trials[2].value >= 3


def test_a_variable_without_a_value_is_the_launchers_and_only_its_name_is_kept(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLAVOUR", "secret")
    sweep = train.sweep(name="quiet", store=sqlite_url, env_vars=["FLAVOUR"], **QUIET)

    assert sweep.trials[0].value == 6.5
    assert asked(sqlite_url, "quiet")[1].env_vars == {"FLAVOUR": None}


def test_a_warmup_runs_once_in_a_process_and_is_found_again(sqlite_url: str) -> None:
    train.sweep(name="warm", store=sqlite_url, warmup=warms_otherwise, **QUIET)
    train.sweep(name="warm", store=sqlite_url, **{**QUIET, "trials": 3})

    assert WARMED.count("otherwise") == 1
    assert str(asked(sqlite_url, "warm")[1].warmup).endswith(":warms_otherwise")


def test_requirements_are_read_from_a_file(sqlite_url: str, tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("# those of the cluster\neinops>=0.8  # for the model\n\nrich\n")
    with pytest.raises(BackendUnavailable, match="without pip="):
        train.sweep(name="pips", store=sqlite_url, pip=file, **QUIET)
    with pytest.raises(BackendUnavailable, match=r"pip= asks for einops>=0\.8"):
        train.sweep(store=sqlite_url, pip=file, accelerator=None, **{**QUIET, "backend": "local"})


@pytest.mark.parametrize(
    ("argument", "value", "named"),
    [
        ("nodes", 0, "nodes = 0"),
        ("nodes", 1.5, "nodes = 1.5"),
        ("cpus", float("inf"), "cpus = inf"),
        ("accelerator", 100, "accelerator = 100"),
        ("resources", {"GPU": 1}, "'GPU', which has an argument of its own"),
        ("resources", {"licence": -1}, "licence = -1"),
        ("resources", ["licence"], "resources = ['licence']"),
        ("fresh_process", "yes", "fresh_process = 'yes'"),
        ("warmup", "torch", "warmup = 'torch'"),
        ("warmup", lambda data: data, "needs 'data'"),
        ("working_dir", "/nowhere/at/all", "'/nowhere/at/all', which is no folder"),
        ("pip", "no-such-requirements.txt", "which is no file"),
        ("pip", [1], "pip = [1]"),
        ("env_vars", {"A": 1}, "env_vars has A = 1"),
        ("env_vars", ["NO_SUCH_VARIABLE_HERE"], "NO_SUCH_VARIABLE_HERE"),
        ("env_vars", "A=1", "env_vars = 'A=1'"),
    ],
)
def test_a_wrong_value_is_named_before_anything_is_recorded(
    sqlite_url: str, argument: str, value: object, named: str
) -> None:
    with pytest.raises(SweeperError) as caught:
        train.sweep(store=sqlite_url, **{**QUIET, argument: value})  # type: ignore[misc]
    assert named in caught.value.message
    assert caught.value.hint
    assert not questions.list_sweeps(Store(sqlite_url))


@pytest.mark.parametrize(
    ("backend", "arguments", "named"),
    [
        ("local", {"nodes": 2}, "2 nodes with 1 CPU each, and this is one machine"),
        ("local", {"accelerator": "Z9"}, "1 CPU, a node with Z9"),
        ("local", {"resources": {"licence": 1}}, "1 CPU, 1 licence"),
        ("inline", {"nodes": 2}, "without nodes=2"),
        ("inline", {"fresh_process": True}, "without fresh_process=True"),
    ],
)
def test_one_machine_refuses_what_only_a_cluster_has(
    sqlite_url: str, backend: str, arguments: dict[str, Any], named: str
) -> None:
    with pytest.raises(BackendUnavailable) as caught:
        train.sweep(
            store=sqlite_url,
            **{**QUIET, "accelerator": None, "backend": backend, **arguments},
        )
    assert named in caught.value.message
    assert caught.value.hint


@pytest.mark.slow
def test_local_workers_find_their_folder_and_variables_in_a_fresh_process_each(
    sqlite_url: str, tmp_path: Path
) -> None:
    sweep = where.sweep(
        store=sqlite_url,
        trials=3,
        backend="local",
        workers=1,
        working_dir=tmp_path,
        env_vars={"FLAVOUR": "hot"},
        fresh_process=True,
        progress=False,
    )
    assert {trial.value for trial in sweep.trials} == {3.0}
    assert len({trial.attempts[0].pid for trial in sweep.trials}) == 3
    assert len(list(tmp_path.glob("was-here-*"))) == 3


@sweepable(metric="loss", mode="min")
def where(x: Annotated[float, uniform(0.0, 1.0)] = 0.5) -> float:
    Path(f"was-here-{sweeper.trial().number}").touch()  # type: ignore[union-attr]
    return float(len(os.environ["FLAVOUR"]))
