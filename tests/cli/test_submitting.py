"""Handing a sweep to a Ray cluster as a job, and following it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest
import ray

import sweeper
from sweeper.errors import SweeperError
from tests.cli.conftest import Shell
from tests.waiting import until

SCRIPT = """
import sweeper

@sweeper.sweepable(metric="loss", mode="min", space={"x": sweeper.uniform(0, 1)})
def train(x=0.5):
    print("training far away")
    return x
"""


def test_all_trials_are_shown_with_what_they_wrote(shell: Shell, finished: sweeper.Sweep) -> None:
    ran = shell("logs", finished.name)
    assert ran.code == 0
    assert ran.out.count("| training with ") == 8
    assert "-- sweep_completed: all trials were tried" in ran.out
    assert "trial 1: attempt_failed: KeyError" in ran.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "--submit needs to know to which cluster"),
        (("--backend", "local"), "the backend 'local' takes no jobs"),
        (("--backend", "ray:10.255.255.1:6379"), "cannot write to sqlite://"),
    ],
)
def test_what_cannot_be_handed_over_is_said(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...],
    told: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "job.py").write_text(SCRIPT)
    ran = shell("run", "job.py:train", "--submit", *arguments)
    assert ran.code != 0
    assert told in ran.err


def test_a_script_outside_the_folder_that_travels_is_refused(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "job.py").write_text(SCRIPT)
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    ran = shell("run", f"{tmp_path}/job.py:train", "--submit", "--backend", "ray:auto")
    assert ran.code == 2
    assert "does not lie in" in ran.err


class _HeadWithoutAgents(BaseHTTPRequestHandler):
    """Answer as a head does whose nodes all failed to start their agent."""

    def do_GET(self) -> None:
        version = {"ray_version": ray.__version__, "ray_commit": "", "version": "4"}
        self._answer(200, json.dumps({**version, "session_name": "here"}))

    def do_POST(self) -> None:
        self._answer(500, "No available agent to submit job, please try again later.")

    def log_message(self, *_: object) -> None: ...

    def _answer(self, status: int, text: str) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())


@pytest.fixture
def head_without_agents() -> Iterator[str]:
    """Give the address of a head whose nodes have no agent that would start a job."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _HeadWithoutAgents) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_head_without_agents_is_not_asked_for_ever(
    shell: Shell, head_without_agents: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "job.py").write_text(SCRIPT)
    monkeypatch.chdir(tmp_path)
    ran = shell("run", "job.py:train", "--submit", "--backend", f"ray:{head_without_agents}")
    assert ran.code != 0
    assert "none of its nodes has an agent" in ran.err
    assert "--dashboard-agent-listen-port" in ran.err


@pytest.fixture
def jobs_port() -> Iterator[int]:
    """Start a head that takes jobs."""
    folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")
    ports = []
    for _ in range(3):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            ports.append(listener.getsockname()[1])
    subprocess.run(
        [
            *(str(Path(sys.executable).parent / "ray"), "start", "--head", f"--port={ports[0]}"),
            *("--num-cpus=2", "--node-ip-address=127.0.0.1", f"--temp-dir={folder}"),
            *("--include-dashboard=true", f"--dashboard-port={ports[1]}"),
            # Another test's cluster may live meanwhile, and its agent has the usual port.
            *(f"--dashboard-agent-listen-port={ports[2]}", "--disable-usage-stats"),
        ],
        check=True,
        capture_output=True,
        timeout=120,
        env={**os.environ, "RAY_AUTH_MODE": "disabled"},
    )
    yield ports[1]
    for process in psutil.process_iter(["cmdline"]):
        if any(folder in part for part in process.info["cmdline"] or ()):
            process.kill()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
def test_a_sweep_that_is_handed_over_runs_as_a_job(
    shell: Shell, jobs_port: int, tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    (tmp_path / "job.py").write_text(SCRIPT)
    monkeypatch.chdir(tmp_path)
    address = f"ray:http://127.0.0.1:{jobs_port}"
    ran = shell(
        "run", "job.py:train", "--trials", "2", "--name", "far", "--seed", "1",
        "--backend", address, "--submit",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert "sweeper logs -f far" in ran.out

    until(lambda: _is_there(sqlite_url), "the sweep", pause=0.3, most=300)
    followed = shell("logs", "-f", "far")

    assert "training far away" in followed.out
    assert sweeper.load("far", sqlite_url).status == "completed"


def _is_there(store: str) -> bool:
    try:
        sweeper.load("far", store)
    except SweeperError:
        return False
    return True
