"""Sweeps that run while their store is really away: restarted, cut off, gone, or held."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import event

import sweeper
from sweeper import sweepable, uniform
from sweeper.model.lifecycle import LIVE
from sweeper.processes import kill_tree
from tests.conftest import PostgresServer, _free_port, _postgres_programs

pytestmark = pytest.mark.slow

TRIALS = 6
STEPS = 40

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
connection.execute("begin exclusive")
print("held", flush=True)
sys.stdin.read()
"""


@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
def talkative(x: float, folder: str = "") -> float:
    """Report and print steps until there is a file that says go, and so many at least."""
    trial = sweeper.trial()
    number = 0 if trial is None else trial.number
    step = 0
    while step < STEPS or not (Path(folder) / "go").exists():
        step += 1
        print(f"step {step}")
        sweeper.report(step=step, loss=x / step)
        (Path(folder) / f"step-{number}").write_text(str(step))
        sweeper.sleep(0.005)
    return float(step)


@dataclass
class Run:
    """A sweep that runs in this process, its trials in others."""

    folder: Path
    sweep: sweeper.Sweep

    def steps(self) -> int:
        """Say how far the trials have come, whatever the store knows of it."""
        found = [path.read_text() for path in self.folder.glob("step-*")]
        return sum(int(text or 0) for text in found)

    def goes_on(self, more: int = 100) -> None:
        """Wait until the trials have done so many more steps."""
        reached = self.steps() + more
        until(lambda: self.steps() >= reached, "more steps")

    def ends_whole(self) -> None:
        """Let the trials end, and check that nothing was lost and nothing is there twice."""
        (self.folder / "go").touch()
        assert self.sweep.wait(timeout=120)
        assert self.sweep.status == "completed"
        trials = list(self.sweep.trials)
        assert [trial.number for trial in trials] == list(range(TRIALS))
        for trial in trials:
            done = int(trial.value or 0)
            assert [attempt.number for attempt in trial.attempts] == [1]
            assert trial.attempts[0].status not in LIVE
            assert [step for step, _ in trial.metrics["loss"]] == list(range(1, done + 1))
            assert trial.logs() == "".join(f"step {n}\n" for n in range(1, done + 1))
        kinds = [event["kind"] for event in self.sweep.events()]
        assert kinds == ["sweep_running", "sweep_completed"]


def until(condition: Callable[[], Any], what: str) -> None:
    """Wait until something holds; a minute is for ever."""
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"a minute has passed without {what}")
        time.sleep(0.01)


def begin(folder: Path, store: str) -> Run:
    """Launch a sweep, and wait until its first trials have come some way."""
    sweep = talkative.sweep(
        store=store, trials=TRIALS, workers=2, search="random", seed=5, baseline=False,
        fixed={"folder": str(folder)}, artifacts=str(folder / "artifacts"), wait=False,
    )  # fmt: skip
    run = Run(folder=folder, sweep=sweep)
    run.goes_on()
    until(lambda: sum(trial.last_step for trial in sweep.trials) > 0, "a recorded step")
    return run


class Restartable(PostgresServer):
    """A server whose files outlive it, and that loses nothing that it has confirmed."""

    def _make_files(self) -> None:
        if not Path(self._data).exists():
            super()._make_files()

    def kill(self) -> None:
        """Kill it with all its processes, at once."""
        if self._process is not None:
            kill_tree(self._process.pid)
            self._process.wait()

    def family(self) -> list[psutil.Process]:
        """Give its processes, the one that takes connections first."""
        parent = psutil.Process(self._process.pid if self._process is not None else None)
        return [parent, *parent.children(recursive=True)]

    def freeze(self) -> None:
        """Let none of its processes do anything, though its connections stand."""
        for process in self.family():
            process.suspend()

    def thaw(self) -> None:
        """Let all of them go on."""
        for process in self.family():
            process.resume()


@pytest.fixture
def server() -> Iterator[Restartable]:
    """Run a PostgreSQL server that a test may stop and start."""
    with tempfile.TemporaryDirectory(prefix="sweeper-outage-") as folder:
        server = Restartable(programs=_postgres_programs(), folder=Path(folder), port=_free_port())
        try:
            server.start()
            # The tests' servers confirm what only lies in their memory.
            server._execute("alter role postgres set synchronous_commit = on")
            yield server
        finally:
            server.stop()


def test_a_server_that_is_restarted_costs_nothing(
    tmp_path: Path, server: Restartable, capsys: pytest.CaptureFixture[str]
) -> None:
    run = begin(tmp_path, server.url(server.create_database()))

    for _ in range(3):
        server.stop()
        server.start()
        run.goes_on()
    run.ends_whole()

    told = capsys.readouterr().err
    assert "The store is away" in told
    assert "The store is back" in told


def test_trials_go_on_while_the_server_is_gone(
    tmp_path: Path, server: Restartable, capsys: pytest.CaptureFixture[str]
) -> None:
    run = begin(tmp_path, server.url(server.create_database()))

    server.kill()
    run.goes_on(600)
    server.start()
    run.ends_whole()

    told = capsys.readouterr().err
    assert told.count("The store is away") == 1
    assert "The store is back" in told


def test_trials_go_on_while_the_server_is_frozen(
    tmp_path: Path,
    server: Restartable,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for bound in ("questions.DRIVER_SECONDS", "recording.DRIVER_SECONDS", "postgres.PING_SECONDS"):
        monkeypatch.setattr(f"sweeper.store.{bound}", 0.5)
    run = begin(tmp_path, server.url(server.create_database()))

    for _ in range(2):
        server.freeze()
        try:
            until(lambda: "The store is away" in capsys.readouterr().err, "word of the silence")
            run.goes_on(600)
        finally:
            server.thaw()
        until(lambda: "The store is back" in capsys.readouterr().err, "word of its return")
    run.ends_whole()


def test_connections_that_are_cut_again_and_again_cost_nothing(
    tmp_path: Path, server: Restartable
) -> None:
    run = begin(tmp_path, server.url(server.create_database()))
    reached = run.steps() + 400

    while run.steps() < reached:
        server._execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname like 'test%' and pid <> pg_backend_pid()"
        )
    run.ends_whole()


def test_a_file_that_another_program_holds_is_written_when_it_is_free(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "store.db"
    run = begin(tmp_path, f"sqlite:///{path}?timeout=0.2")

    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    told = ""
    while "is locked" not in told:
        told += capsys.readouterr().err
        run.goes_on(10)
    run.goes_on(400)
    holder.communicate()
    run.ends_whole()

    assert "The store is back" in capsys.readouterr().err


def test_a_full_disk_is_written_once_there_is_room(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = begin(tmp_path, f"sqlite:///{tmp_path / 'store.db'}")
    most = {"pages": 1}  # fewer than it has: it may not grow

    @event.listens_for(run.sweep.store._engine, "checkout")
    def limit(connection: Any, *_: object) -> None:
        connection.execute(f"pragma max_page_count = {most['pages']}")

    told = ""
    while "disk is full" not in told:
        told += capsys.readouterr().err
        run.goes_on(10)
    run.goes_on(400)
    most["pages"] = 2**30
    run.ends_whole()

    assert "The store is back" in capsys.readouterr().err


@dataclass
class Line:
    """A line to a server that breaks, every third time, right after a commit was carried out."""

    port: int
    breaks_left: int = 0
    commits: int = 0
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    def __post_init__(self) -> None:
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, url: str) -> str:
        """Give a database's address by way of this line."""
        return url.replace(f":{self.port}/", f":{self.listener.getsockname()[1]}/")

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.port))
            breaking = threading.Event()
            for ends in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._carry, args=(*ends, breaking), daemon=True).start()

    def _is_to_break(self) -> bool:
        self.commits += 1
        if not self.breaks_left or self.commits % 3:
            return False
        self.breaks_left -= 1
        return True

    def _carry(
        self, source: socket.socket, target: socket.socket, asks: bool, breaking: threading.Event
    ) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if asks and b"COMMIT" in data and self._is_to_break():
                    breaking.set()
                if not asks and breaking.is_set():
                    break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def test_answers_that_get_lost_after_the_commit_double_nothing(
    tmp_path: Path, server: Restartable
) -> None:
    line = Line(server.port)
    run = begin(tmp_path, line.url(server.url(server.create_database())))

    line.breaks_left = 12
    until(lambda: line.breaks_left == 0, "twelve lost answers")
    run.goes_on()
    run.ends_whole()
    line.listener.close()
