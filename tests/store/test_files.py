"""Stores on files that are damaged or may not be written: clear words, and nothing touched."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import sweeper
from sweeper import sweepable, uniform
from sweeper.cli.main import main
from sweeper.errors import StoreError, StoreUnavailable
from sweeper.store import questions
from sweeper.store.recording import create_sweep
from sweeper.store.store import Store
from sweeper.testing.fakes import make_sweep, refused

_SCRIPT = """
from pathlib import Path
from sweeper import sweepable, uniform

@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
def train(x: float = 0.5) -> float:
    print("the function was called")
    return x
"""


@pytest.fixture
def filled(tmp_path: Path) -> bytes:
    """Give the bytes of a store with many sweeps."""
    path = tmp_path / "whole.db"
    store = Store(f"sqlite:///{path}")
    for number in range(40):
        create_sweep(store, make_sweep(f"sweep-{number}"))
    store.close()
    return path.read_bytes()


_DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "a torn header": lambda whole: b"garbage " * 2 + whole[16:],
    "other bytes": lambda whole: b"\x00\xff" * len(whole),
    "a header only": lambda whole: whole[:100],
    "its first page only": lambda whole: whole[:4096],
    "its first half only": lambda whole: whole[: len(whole) // 2],
    "one page less": lambda whole: whole[:-4096],
    "zeros behind the header": lambda whole: whole[:100] + bytes(len(whole) - 100),
    "zeros at its end": lambda whole: whole[: len(whole) // 2] + bytes(len(whole) // 2),
}


@pytest.mark.parametrize("damage", _DAMAGES)
def test_a_damaged_file_is_named_and_left_untouched(
    tmp_path: Path, filled: bytes, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "damaged.db"
    damaged = _DAMAGES[damage](filled)
    path.write_bytes(damaged)

    code = main(["ls", "--store", f"sqlite:///{path}"])

    said = capsys.readouterr().err
    assert code == 1
    assert str(path) in said
    assert "untouched" in said
    assert path.read_bytes() == damaged


def test_a_value_that_nobody_wrote_is_an_error_of_the_store(sqlite_url: str) -> None:
    store = Store(sqlite_url)
    create_sweep(store, make_sweep())
    for broken in ("status = 'odd'", "space = '{'", "name = cast(x'ff' as text)"):
        with store.writing() as connection:
            connection.exec_driver_sql(f"update sweeps set {broken}")
        error = refused(StoreError, lambda: questions.list_sweeps(store))
        assert not isinstance(error, StoreUnavailable)
    store.close()


@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
def train(x: float = 0.5) -> float:
    """Must not be called."""
    raise AssertionError("nothing was to run")


def test_nothing_is_launched_on_a_store_that_is_opened_for_reading(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = Store(f"sqlite:///{path}")
    create_sweep(store, make_sweep())
    before = path.read_bytes()
    url = f"sqlite:///file:{path}?mode=ro&uri=true"

    error = refused(
        StoreError, lambda: train.sweep(store=url, backend="inline", name="new", progress=False)
    )

    assert "readonly" in error.message
    assert "write" in error.hint
    assert path.read_bytes() == before
    assert [found.name for found in sweeper.sweeps(url)] == ["digits"]
    assert list(tmp_path.glob("file:*")) == []
    store.close()


def run_bound(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run sweeper as somebody whom permissions bind, which they otherwise do not for root."""
    code = "import sys; from sweeper.cli.main import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, *arguments]
    if os.getuid() == 0:
        without = "-dac_override,-dac_read_search"
        command = ["setpriv", "--bounding-set", without, "--inh-caps", without, *command]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("bound", ["file", "folder", "folder of a new store"])
def test_nothing_runs_where_the_store_may_not_be_written(tmp_path: Path, bound: str) -> None:
    job = tmp_path / "job.py"
    job.write_text(_SCRIPT)
    place = tmp_path / "place"
    place.mkdir()
    path = place / "store.db"
    if bound != "folder of a new store":
        store = Store(f"sqlite:///{path}")
        create_sweep(store, make_sweep())
        store.close()
    if bound == "file":
        path.chmod(0o444)
    else:
        place.chmod(0o555)
    before = path.read_bytes() if path.exists() else None

    ran = run_bound(
        "run", f"{job}:train", "--trials", "2", "--backend", "inline",
        "--store", f"sqlite:///{path}",
    )  # fmt: skip

    assert ran.returncode == 1
    assert "the function was called" not in ran.stdout
    assert "Traceback" not in ran.stderr
    assert str(path) in ran.stderr
    assert "write both the file and its folder" in ran.stderr
    place.chmod(0o755)
    assert (path.read_bytes() if path.exists() else None) == before


def test_the_address_may_say_how_long_to_wait_for_another_program(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    waiting, holding = Store(f"{url}?timeout=0.01"), Store(url)

    with holding.writing():
        error = refused(StoreUnavailable, lambda: create_sweep(waiting, make_sweep()))
        assert questions.list_sweeps(waiting) == []

    assert "locked" in error.message
    assert str(tmp_path / "store.db") in error.hint
    create_sweep(waiting, make_sweep())
    refused(StoreError, lambda: Store(f"{url}?timeout=long"))


@pytest.mark.slow
def test_a_server_that_takes_no_writes_may_come_back(postgres_url: str) -> None:
    store = Store(postgres_url)
    with store.writing() as connection:
        name = connection.exec_driver_sql("select current_database()").scalar()
        connection.exec_driver_sql(f"alter database {name} set default_transaction_read_only = on")
    store.close()

    error = refused(StoreUnavailable, lambda: create_sweep(store, make_sweep()))

    assert "read-only" in error.message
    assert "primary" in error.hint
    store.close()
