"""Training functions for contract tests; they live in a module that every worker can import."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from sweeper.worker.inside import checkpoint, log_artifact, report, restore

_FOREVER = 600


def doubles(x: float = 1.0) -> float:
    """Return twice its parameter."""
    return 2 * x


def reports_steps(steps: int = 5, loss: float = 1.0) -> float:
    """Report some steps as fast as it can, and return the last loss."""
    for step in range(1, steps + 1):
        report(loss=loss / step)
    return loss / steps


def reports_slowly(steps: int = 600, seconds: float = 0.05) -> float:
    """Report a step now and then."""
    for step in range(1, steps + 1):
        report(loss=1.0 / step)
        time.sleep(seconds)
    return 0.0


def raises() -> float:
    """Raise an error that any process can read."""
    raise ValueError("the learning rate is cursed")


class _Unpicklable(Exception):
    """Carry something along that cannot leave its process."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.secret = (number for number in range(3))

    def __reduce__(self) -> str:
        raise TypeError("this error cannot be pickled")


def raises_unpicklable() -> float:
    """Raise an error that cannot be pickled."""
    raise _Unpicklable("held back by a generator")


def calls_exit() -> float:
    """Leave as a script would."""
    sys.exit(3)


def dies() -> float:
    """End the process at once, after a first report has had time to leave."""
    report(loss=1.0)
    time.sleep(0.5)
    os._exit(7)


def crashes() -> float:
    """End as a broken extension module ends."""
    os.kill(os.getpid(), signal.SIGSEGV)
    time.sleep(_FOREVER)
    return 0.0


def trains_on_in_a_grandchild(note: str) -> float:
    """Start a process that starts another, write down all three pids, and never report."""
    child = subprocess.Popen(
        ["sh", "-c", f"sleep {_FOREVER} & echo $!; wait"], stdout=subprocess.PIPE, text=True
    )
    grandchild = child.stdout.readline().strip() if child.stdout else ""
    aside = Path(f"{note}.aside")
    aside.write_text(f"{os.getpid()} {child.pid} {grandchild}")
    aside.rename(note)
    for _ in range(10 * _FOREVER):
        time.sleep(0.1)
    return 0.0


def writes(text: str, errors: str = "", seconds: float = 0.0, times: int = 1) -> float:
    """Write to both standard streams: from Python, and from a child process."""
    for _ in range(times):
        print(text)  # noqa: T201 - what is printed is what is tested
        if errors:
            sys.stderr.write(errors)
        time.sleep(seconds)
    return 0.0


def draws() -> dict[str, float]:
    """Give what the global generators have drawn."""
    drawn = {"loss": random.random()}
    try:
        import numpy
    except ImportError:
        return drawn
    return {**drawn, "numpy": float(numpy.random.random())}


def goes_on_from_a_checkpoint(steps: int = 4) -> dict[str, float]:
    """Fail half-way after a checkpoint, and go on from there when it is run again."""
    folder = restore()
    begun = 0 if folder is None else int((folder / "state.txt").read_text())
    for step in range(begun + 1, steps + 1):
        report(loss=1.0 / step)
        with checkpoint() as place:
            (place / "state.txt").write_text(str(step))
        if begun == 0 and step == steps // 2:
            raise RuntimeError("interrupted half-way")
    return {"loss": 1.0 / steps, "begun": float(begun)}


def keeps_a_file(text: str) -> float:
    """Keep a file beside the store."""
    path = Path(f"made-by-{os.getpid()}.txt").absolute()
    path.write_text(text)
    try:
        log_artifact(path, "made.txt")
    finally:
        path.unlink()
    return 0.0
