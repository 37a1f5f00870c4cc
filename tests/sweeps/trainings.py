"""Training functions for sweeps in tests: quick, deterministic, and awkward on demand."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import sweeper
from sweeper import choice, loguniform, randint, sweepable, uniform


@sweepable(metric="loss", mode="min")
def quadratic(
    lr: Annotated[float, loguniform(1e-4, 1.0)] = 0.01,
    depth: Annotated[int, randint(1, 8)] = 3,
    kind: Annotated[str, choice(["a", "b", "c"])] = "a",
    steps: int = 9,
) -> float:
    """Come down towards a floor that the configuration sets, with the trial's own noise."""
    floor = (lr - 0.1) ** 2 + 0.01 * depth + 0.05 * "abc".index(kind)
    value = 1.0
    for step in range(1, steps + 1):
        value = floor + (1.0 - floor) / step + 0.001 * random.random()
        sweeper.report(loss=value)
    return value


GRID = {"lr": loguniform(1e-4, 1.0).grid(5)}


@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
def awkward(x: float, how: str = "return") -> object:
    """End in the way that is asked for."""
    print(f"about to {how}")
    if how == "raise":
        raise KeyError("lr")
    if how == "unpicklable":
        raise _Unpicklable(open(os.devnull))  # noqa: SIM115
    if how == "exit":
        sys.exit(3)
    if how == "vanish":
        os._exit(7)
    if how == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    return {"nan": float("nan"), "inf": float("inf"), "text": "good", "none": None}.get(how, x)


class _Unpicklable(Exception):
    """Holds what no pickle can."""


@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
def fails_once(x: float, folder: str = "") -> float:
    """Fail at the first attempt of every trial."""
    trial = sweeper.trial()
    if trial is not None and trial.attempt == 1:
        raise RuntimeError("the first attempt fails")
    return x


@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
def saves(x: float, dies_at: int = 0, folder: str = "") -> float:
    """Checkpoint every step, and die once at a step."""
    state = 0
    restored = sweeper.restore()
    if restored is not None:
        state = int((restored / "state.txt").read_text())
    trial = sweeper.trial()
    while state < 6:
        state += 1
        sweeper.report(step=state, loss=x / state)
        with sweeper.checkpoint() as place:
            (place / "state.txt").write_text(str(state))
        if trial is not None and trial.attempt == 1 and state == dies_at:
            os._exit(1)
    sweeper.log_artifact(_written(Path(folder) / f"note-{os.getpid()}.txt"), name="note.txt")
    return x / state


@sweepable(metric="loss", mode="min")
def descends(
    lr: Annotated[float, loguniform(1e-4, 1.0)] = 0.01,
    depth: Annotated[int, randint(1, 8)] = 3,
    steps: int = 9,
    how: str = "when it pays",
    pause: float = 0.0,
) -> float:
    """Come down from step to step, each from the last, and go on from a checkpoint."""
    trial, restored = sweeper.trial(), sweeper.restore()
    assert trial is not None
    done, value = 0, 1.0
    if restored is not None:
        done, value = json.loads((restored / "state.json").read_text())
    floor = (lr - 0.1) ** 2 + 0.01 * depth
    for step in range(done + 1, steps + 1):
        if pause:
            sweeper.sleep(pause)
        value += (floor - value) / 3 + 0.01 * random.Random(trial.seed + step).random()
        saves = trial.should_checkpoint if how == "when it pays" else how == "before"
        if saves:
            _save(step, value)
        sweeper.report(step=step, loss=value)
        if how == "after":
            _save(step, value)
    return value


@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
def drawn(x: float, epochs: int = 3, raises_in: int = 0, dies_in: int = 0) -> float:
    """Come down to a floor with noise of the seed's, save each epoch, and say what runs."""
    trial, restored = sweeper.trial(), sweeper.restore()
    assert trial is not None
    done = 0 if restored is None else int((restored / "epoch.txt").read_text())
    noise = random.Random(trial.seed).gauss(0.0, 0.1)
    for epoch in range(done + 1, epochs + 1):
        print(f"replicate {trial.replicate} epoch {epoch}")
        sweeper.report(step=epoch, loss=x + noise + 1.0 / epoch)
        with sweeper.checkpoint(epoch) as folder:
            (folder / "epoch.txt").write_text(str(epoch))
        if trial.attempt == 1 and epoch == 2:
            if trial.replicate == raises_in:
                raise RuntimeError("the first attempt fails")
            if trial.replicate == dies_in:
                os._exit(1)
    return x + noise


@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
def reports(x: float, epochs: int = 9, raises: bool = False) -> None:
    """Save ahead of each report, and return nothing; a first attempt may fail at its very end."""
    trial, restored = sweeper.trial(), sweeper.restore()
    assert trial is not None
    done = 0 if restored is None else int((restored / "epoch.txt").read_text())
    for epoch in range(done + 1, epochs + 1):
        with sweeper.checkpoint(epoch) as folder:
            (folder / "epoch.txt").write_text(str(epoch))
        sweeper.report(loss=x + 1.0 / epoch + trial.replicate)
    if raises and trial.attempt == 1:
        raise RuntimeError("the first attempt fails")


def _save(step: int, value: float) -> None:
    with sweeper.checkpoint(step) as folder:
        (folder / "state.json").write_text(json.dumps([step, value]))


def _written(path: Path) -> Path:
    path.write_text("kept")
    return path


@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
def endless(x: float, beats: str = "") -> float:
    """Report for ever, until told to stop."""
    step = 0
    while True:
        step += 1
        sweeper.report(step=step, loss=x)
        sweeper.sleep(0.01)
        if beats:
            Path(beats).touch()


class Slow:
    """An option that is a class."""

    rate = 0.5


class Fast:
    """Another one."""

    rate = 2.0


@sweepable(metric="loss", mode="min")
def takes_a_class(kind: Any = None, scale: float = 1.0) -> float:
    """Use the class that it is given."""
    return float(kind.rate) * scale


@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
def hangs(x: float, pid_file: str = "") -> float:
    """Start a grandchild, and never report."""
    grandchild = subprocess.Popen(["sleep", "600"])
    Path(pid_file).write_text(str(grandchild.pid))
    while True:
        sweeper.sleep(0.05)


@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
def greedy(x: float, how: str = "python") -> float:
    """Ask for more memory than there is."""
    if how == "python":
        raise MemoryError
    raise type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory")


@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
def evicted(x: float, times: int = 1) -> float:
    """Be told to go at the first attempt so many times, save, and go on at the second."""
    state = 0
    restored = sweeper.restore()
    if restored is not None:
        state = int((restored / "state.txt").read_text())
    trial = sweeper.trial()
    while state < 10:
        state += 1
        if trial is not None and trial.attempt == 1 and state == 4:
            for _ in range(times):
                os.kill(os.getpid(), signal.SIGTERM)
        if trial is not None and trial.stopping:
            with sweeper.checkpoint(step=state) as place:
                (place / "state.txt").write_text(str(state))
        sweeper.report(step=state, loss=x / state)
    return x / state


@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
def deaf(x: float) -> float:
    """Be told to go at the first attempt, and take no notice of it."""
    trial = sweeper.trial()
    sweeper.report(loss=x)
    if trial is not None and trial.attempt == 1:
        os.kill(os.getpid(), signal.SIGTERM)
        while True:
            time.sleep(0.01)
    return x


@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
def unheeding(x: float) -> float:
    """Be told to go at the first attempt, with no handler left that could hear it."""
    trial = sweeper.trial()
    if trial is not None and trial.attempt == 1:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)
    return x


@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
def departing(x: float) -> float:
    """Be told to go in the instant of returning."""
    os.kill(os.getpid(), signal.SIGTERM)
    return x


@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
def storms(x: float, reports: int = 30_000) -> float:
    """Report as fast as it goes."""
    for step in range(1, reports + 1):
        sweeper.report(step=step, loss=x / step)
    return x


@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
def swallows(x: float) -> float:
    """Take no end for an answer."""
    step = 0
    while True:
        step += 1
        try:
            sweeper.report(step=step, loss=x)
        except BaseException:  # noqa: BLE001
            print("swallowed")
        sweeper.sleep(0.02)


@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
def leaves_a_child(x: float, pid_file: str = "") -> float:
    """Return, and leave a process running."""
    child = subprocess.Popen(["sleep", "600"])
    with Path(pid_file).open("a") as file:
        file.write(f"{child.pid}\n")
    return x


@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
def freezes(x: float) -> float:
    """Stop the whole process at the first attempt, as a broken driver does."""
    trial = sweeper.trial()
    sweeper.report(loss=x)
    if trial is not None and trial.attempt == 1:
        os.kill(os.getpid(), signal.SIGSTOP)
    return x


@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
def bounded(x: float = 0.1) -> dict[str, float]:
    """Do better with a larger x, which is slow above 0.5 and cannot be used at all above 0.8."""
    if x > 0.8:
        raise sweeper.Infeasible("x is too large")
    sweeper.report(loss=2 - x, ms=30 * x)
    sweeper.report(loss=1 - x)
    return {"loss": 1 - x, "ms": 30 * x}


@sweepable(metric="loss", mode="min", space={"x": choice([0, 1, 2, 3, 4, 5])})
def noisy(x: int = 0, pause: float = 0.0) -> float:
    """Be the better the smaller x is, with noise that hides neighbours from each other."""
    time.sleep(pause)
    return 0.1 * x + 0.15 * random.random()
