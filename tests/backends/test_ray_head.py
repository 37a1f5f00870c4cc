"""A head that dies and comes back: the driver goes on, and what it lost is made up for."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

import sweeper
from sweeper.model.lifecycle import Outcome

pytestmark = pytest.mark.slow
pytest.importorskip("ray")

RAY = Path(sys.executable).parent / "ray"
DRIVER = """
import sys, time
import sweeper

@sweeper.sweepable(metric="loss", mode="min", space={"x": sweeper.uniform(0, 1)})
def train(x=0.5):
    for step in range(30):
        sweeper.report(loss=x)
        time.sleep(0.1)
    return x

train.sweep(trials=4, search="random", backend=sys.argv[1], store=sys.argv[2], name="steady",
            progress=False, seed=1)
"""


class Head:
    """The head of a cluster, whose processes are known by the folder that they work in."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]

    def start(self) -> None:
        subprocess.run(
            [
                *(str(RAY), "start", "--head", f"--port={self.port}", "--num-cpus=2"),
                *("--node-ip-address=127.0.0.1", f"--temp-dir={self._folder}"),
                *("--include-dashboard=false", "--disable-usage-stats"),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )

    def kill(self) -> None:
        for process in psutil.process_iter(["cmdline"]):
            if any(self._folder in part for part in process.info["cmdline"] or ()):
                process.kill()


@pytest.fixture
def head() -> Iterator[Head]:
    # Ray's sockets lie below it, and their paths must be short.
    folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")
    head = Head(folder)
    head.start()
    yield head
    head.kill()
    shutil.rmtree(folder, ignore_errors=True)


def until(found: Callable[[], bool], what: str) -> None:
    pause = threading.Event()
    for _ in range(600):
        if found():
            return
        pause.wait(0.2)
    raise AssertionError(f"waited in vain for {what}")


def test_a_driver_outlives_the_restart_of_its_head(
    head: Head, sqlite_url: str, tmp_path: Path
) -> None:
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)
    driver = subprocess.Popen(
        [sys.executable, str(script), f"ray:127.0.0.1:{head.port}", sqlite_url],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "RAY_ADDRESS": ""},
    )
    try:
        until(lambda: reports(sqlite_url) > 5, "some reports")
        head.kill()
        until(lambda: Outcome.LOST_NODE in outcomes(sqlite_url), "the loss to be recorded")
        head.start()
        said, _ = driver.communicate(timeout=120)
    finally:
        driver.kill()
    assert driver.returncode == 0, said
    sweep = sweeper.load("steady", sqlite_url)
    assert [trial.status for trial in sweep.trials] == ["completed"] * 4
    assert {Outcome.LOST_NODE, Outcome.SUCCEEDED} == set(outcomes(sqlite_url))
    told = [event["text"] for event in sweep.events() if event["kind"] == "machines"]
    assert "the Ray cluster is back" in told
    assert "raylet" not in said


def reports(store: str) -> int:
    try:
        return sum(trial.last_step for trial in sweeper.load("steady", store).trials)
    except sweeper.SweeperError:
        return 0


def outcomes(store: str) -> list[Outcome | None]:
    trials = sweeper.load("steady", store).trials
    return [attempt.outcome for trial in trials for attempt in trial.attempts]
