"""Scripts, samplers and schedulers of strangers: what they may rely on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import optuna
import pytest
from trainings import endless, quadratic, saves
from waiting import wait_for

import sweeper
from sweeper.model.assignment import Decision
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.milestones import Milestones

QUIET: dict[str, Any] = {"progress": False, "seed": 7}

WITH_OPTIONS = """
from sweeper import choice, sweepable, uniform

def relu(x): return x

class Net:
    scale = 2.0

@sweepable(metric="x", mode="min", space={"a": uniform(0, 1), "act": choice([relu, abs])},
           progress=False)
def train(a=0.5, act=relu, net=Net): return act(a) * net.scale

if __name__ == "__main__":
    train.sweep(name="g", trials=3, fixed={"net": Net})
"""

WITH_ARGUMENTS = """
import argparse
from sweeper import sweepable, uniform
parser = argparse.ArgumentParser()
parser.add_argument("--n", type=int, default=3)
args = parser.parse_args()

@sweepable(metric="x", mode="min", space={"a": uniform(0, 1)}, progress=False)
def train(a=0.5): return a

train.sweep(name="g", trials=args.n)
"""


def shell(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder; a minute is for ever."""
    return subprocess.run(
        [sys.executable, *command], cwd=folder, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("text", [WITH_OPTIONS, WITH_ARGUMENTS], ids=["options", "arguments"])
def test_a_script_can_be_resumed_from_the_shell_whatever_it_holds(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "g.py").write_text(text)
    launched = shell(tmp_path, "g.py")
    assert launched.returncode == 0, launched.stderr

    main = "from sweeper.cli.main import main; import sys; sys.exit(main())"
    resumed = shell(tmp_path, "-c", main, "resume", "g", "--trials", "5", "--quiet")

    assert resumed.returncode == 0, resumed.stderr
    sweep = sweeper.load("g", f"sqlite:///{tmp_path}/.sweeper/store.db")
    assert [trial.status for trial in sweep.trials] == ["completed"] * 5


@pytest.mark.slow
def test_options_may_come_from_a_module_beside_the_script(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "opts.py").write_text("class Net: pass\n")
    (tmp_path / "sub" / "job.py").write_text(
        "from opts import Net\n"
        "from sweeper import choice, sweepable, uniform\n"
        "@sweepable(metric='x', mode='min', progress=False,\n"
        "           space={'a': uniform(0, 1), 'net': choice([Net, None])})\n"
        "def train(a=0.5, net=None): return a\n"
        "print(train.sweep(name='o', trials=4).status)\n"
    )

    ran = shell(tmp_path, "sub/job.py")

    assert ran.stdout == "completed\n", ran.stderr


@pytest.mark.parametrize(
    "text", ["1 / 0\n", "import sys; sys.exit(5)\n", "def broken(:\n", "import nowhere_at_all\n"]
)
def test_a_script_that_cannot_be_loaded_is_one_clear_error(tmp_path: Path, text: str) -> None:
    script = tmp_path / "bad.py"
    script.write_text(text)
    from sweeper.cli.main import main

    assert main(["run", f"{script}:train"]) == 1


class Hesitant:
    """A scheduler that pauses every trial once, and offers it again at once."""

    def __init__(self) -> None:
        self._offered: list[int] = []
        self._seen: set[int] = set()

    def milestones(self, trial: int) -> Milestones:
        return Milestones(first=2)

    def decide(self, report: Any) -> Decision:
        if report.trial in self._seen or report.step < 2:
            return Decision.CONTINUE
        self._seen.add(report.trial)
        self._offered.append(report.trial)
        return Decision.PAUSE

    def next_resume(self) -> int | None:
        return self._offered.pop(0) if self._offered else None

    def observe_end(self, trial: Any) -> None:
        return


@pytest.mark.slow
def test_a_trial_is_resumed_only_once_it_has_paused(sqlite_url: str, tmp_path: Path) -> None:
    sweep = saves.sweep(
        trials=4, workers=2, scheduler=Hesitant(), store=sqlite_url, search="random",
        fixed={"folder": str(tmp_path)}, **QUIET,
    )  # fmt: skip

    for trial in sweep.trials:
        assert trial.status == TrialStatus.COMPLETED
        assert [a.outcome for a in trial.attempts] == ["paused", "succeeded"]
        assert [step for step, _ in trial.metrics["loss"]] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "sampler",
    [
        lambda: optuna.samplers.BruteForceSampler(seed=1),
        lambda: optuna.samplers.GridSampler({"kind": ["a", "b", "c"], "depth": [1, 2]}),
        lambda: optuna.samplers.PartialFixedSampler(
            {"kind": "b"}, optuna.samplers.RandomSampler(seed=1)
        ),
    ],
    ids=["brute force", "grid", "partial"],
)
def test_samplers_that_stop_or_name_options_work(sqlite_url: str, sampler: Any) -> None:
    space = {"kind": sweeper.choice(["a", "b", "c"]), "depth": sweeper.randint(1, 2)}

    sweep = quadratic.sweep(
        trials=20, search=sampler(), space=space, fixed={"lr": 0.1, "steps": 1},
        baseline=False, backend="inline", store=sqlite_url, **QUIET,
    )  # fmt: skip

    tried = [(trial.params["kind"], trial.params["depth"]) for trial in sweep.trials]
    assert sweep.status == "completed"
    assert len(tried) == len(set(tried))


@pytest.mark.slow
def test_another_process_waits_for_a_paused_sweep_and_can_resume_it(sqlite_url: str) -> None:
    driven = endless.sweep(trials=1, workers=1, store=sqlite_url, name="q", wait=False, **QUIET)
    other = sweeper.load("q", sqlite_url)
    other.pause()
    wait_for(lambda: other.status == "paused", "a pause")

    assert not other.wait(timeout=0.5)
    sweeper.resume("q", store=sqlite_url)
    wait_for(lambda: other.status == "running", "a running sweep")
    driven.stop()
    assert driven.wait(timeout=60)


@pytest.mark.parametrize(
    "arguments",
    [
        {"metric": 5},
        {"target": "x"},
        {"space": ["lr"]},
        {"fixed": ["lr"]},
        {"points": [5]},
        {"points": {"lr": 0.5}},
        {"gpu_hours": -1},
        {"tags": "abc"},
        {"tags": {"k": "v"}},
    ],
)
def test_an_argument_of_the_wrong_kind_is_one_clear_error(
    sqlite_url: str, arguments: dict[str, Any]
) -> None:
    given: dict[str, Any] = {"backend": "inline", "store": sqlite_url, **QUIET, **arguments}

    with pytest.raises(sweeper.SweeperError) as caught:
        quadratic.sweep(**given)

    assert caught.value.hint


@pytest.mark.parametrize("options", ["abc", {"x": 1}])
def test_options_that_are_no_list_are_refused(options: Any) -> None:
    with pytest.raises(sweeper.SpaceError, match="options"):
        sweeper.choice(options)


@pytest.mark.slow
def test_a_plain_script_may_report_instead_of_printing(sqlite_url: str, tmp_path: Path) -> None:
    from sweeper.cli.main import main

    script = tmp_path / "reports.py"
    script.write_text(
        "import argparse, sweeper\n"
        "p = argparse.ArgumentParser()\n"
        "p.add_argument('--lr', type=float)\n"
        "a = p.parse_args()\n"
        "for step in range(1, 2001): sweeper.report(step=step, loss=a.lr / step)\n"
    )
    code = main(
        ["run", str(script), "--lr", "uniform(0.5, 1)", "--metric", "loss", "--mode", "min",
         "--trials", "2", "--name", "r", "--store", sqlite_url, "--quiet"]
    )  # fmt: skip

    assert code == 0
    for trial in sweeper.load("r", sqlite_url).trials:
        expected = [(step, trial.params["lr"] / step) for step in range(1, 2001)]
        assert trial.metrics["loss"] == expected
        assert trial.value == trial.params["lr"] / 2000
