"""What a person at a terminal reads of a sweep on a cluster: our lines, and none of Ray's."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import pytest

import sweeper

pytestmark = pytest.mark.slow
pytest.importorskip("ray")

from tests import waiting  # noqa: E402
from tests.backends.cluster import nodes  # noqa: E402 - where ray is installed

until = partial(waiting.until, most=600)

DRIVER = """
import os, signal, sys, time
import sweeper

@sweeper.sweepable(metric="loss", mode="min", space={"x": sweeper.uniform(0, 1)})
def train(x=0.5):
    trial = sweeper.trial()
    if trial.number == 5 and trial.attempt == 1:
        os._exit(9)
    if trial.number == 6 and trial.attempt == 1:
        os.kill(os.getpid(), signal.SIGSEGV)
    sweeper.report(loss=x)
    while trial.number >= 100:
        time.sleep(0.1)
        sweeper.report(loss=x)
    return x

try:
    train.sweep(trials=200, search="random", backend=sys.argv[1], store=sys.argv[2], name="aloud",
                seed=1, grace=5, retries=0)
except KeyboardInterrupt:
    sys.exit(130)
"""
RAYS_OWN = re.compile(
    r"raylet|\(pid=|ray::|\bray (list|logs)|\w+\.(cc|py|h):\d+|gcs|core_worker|Traceback|"
    r"\b(INFO|WARNING|ERROR)\b|worker ID|node ID"
)
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A program at a terminal of its own, and all that has appeared there."""

    def __init__(self, command: list[str]) -> None:
        self._side, its_side = pty.openpty()
        self.process = subprocess.Popen(
            # The terminal is to be the one that controls it, so that Ctrl-C is for it.
            ["setsid", "--ctty", "--wait", *command],
            stdin=its_side,
            stdout=its_side,
            stderr=its_side,
            env={**os.environ, "RAY_ADDRESS": "", "TERM": "xterm", "COLUMNS": "200"},
        )
        os.close(its_side)
        self._read: list[bytes] = []
        self._reader = threading.Thread(target=self._take, daemon=True)
        self._reader.start()

    def _take(self) -> None:
        # The kernel says that nobody holds the other side any more by an error.
        with contextlib.suppress(OSError):
            while said := os.read(self._side, 1 << 16):
                self._read.append(said)

    def press_ctrl_c(self) -> None:
        os.write(self._side, b"\x03")

    def text(self) -> str:
        """Give what has appeared by the end of the program."""
        self._reader.join(timeout=10)
        return ANSI.sub("", b"".join(self._read).decode())


def test_workers_and_a_node_that_die_and_a_ctrl_c_print_nothing_of_rays(
    sqlite_url: str, tmp_path: Path
) -> None:
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)

    def outcomes() -> list[str]:
        # The program has to start first.
        with contextlib.suppress(sweeper.SweepNotFound, sweeper.StoreError):
            trials = sweeper.load("aloud", sqlite_url).trials
            return [str(attempt.outcome) for trial in trials for attempt in trial.attempts]
        return []

    with nodes(2, num_cpus=1) as cluster:
        terminal = Terminal([sys.executable, str(script), f"ray:{cluster.address}", sqlite_url])
        try:
            until(lambda: outcomes().count("succeeded") == 100, "a hundred small trials")
            until(lambda: sweeper.load("aloud", sqlite_url).trials[-1].last_step >= 1, "a long one")
            cluster.kill(next(iter(cluster.by_id)))
            until(lambda: "lost_node" in outcomes(), "the loss of a node")
            terminal.press_ctrl_c()
            assert terminal.process.wait(timeout=60) == 130
        finally:
            terminal.process.kill()

    said = terminal.text()
    assert said.count("the worker process ended without a word") == 2
    assert re.search(r"trial 10\d: NodeDied: its node \w{8}", said)
    assert "Everything is recorded. Go on with: sweeper resume aloud" in said
    assert not [line for line in said.splitlines() if RAYS_OWN.search(line)]
