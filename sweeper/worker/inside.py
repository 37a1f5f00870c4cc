"""What a training function may call: report, trial, checkpoint, restore, log_artifact, sleep."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sweeper.worker.checkpoints import publish_checkpoint
from sweeper.worker.context import RunningTrial, current
from sweeper.worker.inheriting import newest_or_inherited
from sweeper.worker.keeping import keep_artifact

SCRIPT_REPORTS = "SWEEPER_SCRIPT_REPORTS"
"""The variable by which a script that is swept knows where its reports go."""


def report(step: int | None = None, **metrics: object) -> None:
    """Record metrics at a step of the training; outside a sweep, do nothing.

    Example:
        >>> report(val_loss=0.3)  # here, outside a sweep
        >>> report(step=10, val_loss=0.3, val_accuracy=0.9)

    Args:
        step: how much of the resource is done (epochs, batches); one more than the last
            report's where it is not given, and 1 at first.
        **metrics: numbers, or anything float() takes, as a tensor of one element.

    Raises:
        TrialStopped: the scheduler or a person has decided that this trial ends.
        SweeperError: a metric is no number, or the step no whole number.
    """
    running = current()
    if running is not None:
        running.report(step, metrics)
    elif SCRIPT_REPORTS in os.environ:
        _report_to_parent(step, metrics)


def _report_to_parent(step: int | None, metrics: Mapping[str, object]) -> None:
    """Hand a report to the trial that runs this script as a program of its own."""
    numbers = {name: float(value) for name, value in metrics.items()}  # type: ignore[arg-type]
    line = json.dumps([step if step is None else int(step), numbers]) + "\n"
    os.write(int(os.environ[SCRIPT_REPORTS]), line.encode())


def trial() -> RunningTrial | None:
    """Give the trial that runs here: number, params, seed, attempt, resources, rank, stopping.

    Example:
        >>> trial() is None  # outside a sweep
        True
    """
    return current()


@contextmanager
def checkpoint(step: int | None = None) -> Iterator[Path]:
    """Save the training's state: what is written to the folder is published as a whole.

    Example:
        >>> with checkpoint(step=3) as folder:
        ...     _ = (folder / "weights.txt").write_text("0.5")

    Args:
        step: what the state belongs to; the last reported step where it is not given.

    A block that raises publishes nothing. Outside a sweep, and in the workers of a trial on
    several nodes that are not rank 0, the folder is a temporary one.
    """
    running = current()
    if running is None or running.rank:
        with TemporaryDirectory(prefix="sweeper-") as folder:
            yield Path(folder)
        return
    with publish_checkpoint(
        running, running.last_step if step is None else running.step_of(step)
    ) as place:
        yield place


def restore() -> Path | None:
    """Give the folder of the trial's newest complete checkpoint, or None.

    Example:
        >>> restore() is None  # outside a sweep
        True

    Reports without a step go on counting from the checkpoint's.
    """
    running = current()
    if running is None:
        return None
    found = newest_or_inherited(running)
    if found is None:
        return None
    step, folder = found
    running.went_on_from(step)
    return folder


def log_artifact(path: str | Path, name: str | None = None) -> None:
    """Keep a file of this trial beside the store; outside a sweep, do nothing.

    Example:
        >>> log_artifact("confusion.png")  # here, outside a sweep

    Args:
        path: the file.
        name: what to call it there; the file's own name where it is not given.

    Raises:
        SweeperError: there is no such file.
    """
    running = current()
    if running is not None and not running.rank:
        keep_artifact(running, Path(path), name)


def sleep(seconds: float) -> None:
    """Wait; on the simulated backend, spend simulated time.

    Example:
        >>> sleep(0.0)  # here, outside a sweep, it really waits

    Args:
        seconds: how long, from 0 up; a quicker simulated worker needs less.
    """
    running = current()
    if running is None:
        time.sleep(seconds)
    else:
        running.sleep(seconds)
