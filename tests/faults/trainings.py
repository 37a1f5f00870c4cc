"""Trainings whose every value follows from the parameters and the trial's seed alone."""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Mapping
from typing import Annotated, Any

import sweeper
from sweeper import choice, loguniform, randint, sweepable

STEPS = 9
FAILS_EVERY = 5


def loss_at(params: Mapping[str, Any], seed: int, step: int) -> float:
    """Compute what a trial reports at a step, whoever asks and however often."""
    floor = (params["lr"] - 0.1) ** 2 + 0.01 * params["depth"]
    floor += 0.05 * "abc".index(params["kind"])
    return float(floor + (1 - floor) / step + 0.01 * random.Random(seed + step).random())


def text_of(steps: int) -> str:
    """Give what a trial that prints has printed after so many steps."""
    return "".join(f"step {step}\n" for step in range(1, steps + 1))


@sweepable(metric="loss", mode="min")
def descend(
    lr: Annotated[float, loguniform(1e-4, 1.0)] = 0.01,
    depth: Annotated[int, randint(1, 8)] = 3,
    kind: Annotated[str, choice(["a", "b", "c"])] = "a",
    how: str = "plain",
    pause: float = 0.0,
) -> float:
    """Come down towards a floor; how says what else happens on the way."""
    trial = sweeper.trial()
    if trial is None:
        raise RuntimeError("this training runs inside a sweep only")
    done = restored_step() if how == "saves" else 0
    start_family(how)
    for step in range(done + 1, STEPS + 1):
        time.sleep(pause)
        if how == "prints":
            print(f"step {step}", flush=True)
        if how == "fails" and trial.number % FAILS_EVERY == 3 and step == 3:
            raise RuntimeError("this configuration never works")
        sweeper.report(step=step, loss=loss_at(trial.params, trial.seed, step))
        if how == "saves" and step % 2 == 0:
            save(step)
    return loss_at(trial.params, trial.seed, STEPS)


def save(step: int) -> None:
    """Publish a checkpoint of a step."""
    with sweeper.checkpoint(step) as folder:
        (folder / "step.txt").write_text(str(step))


def restored_step() -> int:
    """Give the step of the newest checkpoint, 0 where there is none."""
    folder = sweeper.restore()
    return 0 if folder is None else int((folder / "step.txt").read_text())


def start_family(how: str) -> None:
    """Leave a grandchild behind: beside the worker, in a session of its own, or forked."""
    if how in ("family", "family apart"):
        subprocess.Popen(["sleep", "300"], start_new_session=how == "family apart")
    elif how == "family forked" and os.fork() == 0:
        os.execvp("sleep", ["sleep", "300"])
