"""Fixtures that all tests share: stores on SQLite and on a PostgreSQL server of their own."""

from __future__ import annotations

import gc
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from sweeper.store.store import Store

# A loaded machine is no defect: no test trusts the wall clock.
settings.register_profile("sweeper", deadline=None)
settings.load_profile("sweeper")

_START_SECONDS = 60.0
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


# A program that looks for a Ray cluster finds the machine's newest, whoever has started it.
_STARTS_A_CLUSTER = re.compile(
    r"tests/(backends/test_(ray|conformance.*Ray)|cli/test_submitting|faults/.*_on_a_cluster)"
)


class _Together(LoadScopeScheduling):
    """Keep a file's tests in one process, and all that start a Ray cluster too.

    Not by marks and --dist loadgroup, which do nothing under pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "ray" if _STARTS_A_CLUSTER.match(nodeid) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling | None:
    """Part slow tests by what they start; fast ones as they come."""
    return _Together(config, log) if config.getvalue("dist") == "loadscope" else None


def pytest_collection_finish() -> None:
    """Spare the collector what lives as long as the run: modules, tests and their assertions."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _no_store_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every test away from the store that the person at the keyboard uses."""
    monkeypatch.delenv("SWEEPER_STORE", raising=False)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Give the address of a SQLite store that does not exist yet."""
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Give the address of a fresh, empty PostgreSQL database; mark such a test slow."""
    name = postgres_server.create_database()
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def store_url(request: pytest.FixtureRequest) -> str:
    """Give the address of a fresh store, once on SQLite and once on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """Open a fresh store, once on SQLite and once on PostgreSQL."""
    opened = Store(store_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Run a PostgreSQL server for this session, in a temporary folder of its own."""
    programs = _postgres_programs()
    with tempfile.TemporaryDirectory(prefix="sweeper-postgres-") as folder:
        server = PostgresServer(programs=programs, folder=Path(folder), port=_free_port())
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _postgres_programs() -> Path:
    """Find the folder with PostgreSQL's server programs, the newest version first."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest_first = sorted(installed, key=lambda path: float(path.parts[-3]), reverse=True)
    on_path = shutil.which("initdb")
    if newest_first or on_path:
        return newest_first[0].parent if newest_first else Path(str(on_path)).resolve().parent
    pytest.fail(
        "PostgreSQL's server programs are missing; install them "
        "(on Debian or Ubuntu: apt-get install postgresql)",
        pytrace=False,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class PostgresServer:
    """A throw-away server on the loopback address; it dies with the tests' process."""

    programs: Path
    folder: Path
    port: int
    password: str = "p@ss/word"  # holds characters that an address must escape
    _numbers: Any = field(default_factory=count)
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make the server's files and start it; return when it takes connections."""
        self._make_files()
        log = (self.folder / "log").open("wb")
        options = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
        self._process = subprocess.Popen(
            # PostgreSQL refuses to run as root, and must not outlive a killed test run.
            ["setpriv", "--pdeathsig", "INT", str(self.programs / "postgres"), "-D", self._data,
             f"-p{self.port}", f"-cunix_socket_directories={self.folder}", *options],
            stdout=log, stderr=log, cwd=self.folder, **self._user,
        )  # fmt: skip
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"PostgreSQL did not start:\n{(self.folder / 'log').read_text()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server; connections that are still open are cut."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def url(self, database: str) -> str:
        """Give a database's address, password included."""
        password = self.password.replace("@", "%40").replace("/", "%2F")
        return f"postgresql://postgres:{password}@127.0.0.1:{self.port}/{database}"

    def create_database(self) -> str:
        """Make an empty database and give its name."""
        name = f"test_{next(self._numbers)}"
        self._execute(f"create database {name}")
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database, and whoever is still connected to it."""
        self._execute(f"drop database if exists {name} with (force)")

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    @property
    def _user(self) -> dict[str, Any]:
        if os.getuid() != 0:
            return {}
        return {"user": "postgres", "group": "postgres", "extra_groups": []}

    def _make_files(self) -> None:
        secret = self.folder / "password"
        secret.write_text(self.password)
        if self._user:
            shutil.chown(self.folder, "postgres", "postgres")
            shutil.chown(secret, "postgres", "postgres")
        made = subprocess.run(
            [str(self.programs / "initdb"), "-D", self._data, "-U", "postgres", "-E", "UTF8",
             "--no-sync", "--auth=scram-sha-256", f"--pwfile={secret}", "--locale=C"],
            capture_output=True, text=True, cwd=self.folder, check=False, **self._user,
        )  # fmt: skip
        if made.returncode:
            pytest.fail(f"initdb failed:\n{made.stdout}{made.stderr}", pytrace=False)

    def _answers(self) -> bool:
        import psycopg

        try:
            self._execute("select 1")
        except psycopg.OperationalError:
            return False
        return True

    def _execute(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=5) as open_:
            open_.execute(statement)
