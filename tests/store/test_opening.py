"""Tests of opening stores: addresses, folders, versions, and many at once."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import create_engine, text

from sweeper.clock import SettableClock
from sweeper.errors import StoreError, SweepBusy, SweeperError, SweepExists
from sweeper.store import questions, schema
from sweeper.store import store as stores
from sweeper.store.leases import acquire
from sweeper.store.recording import create_sweep
from sweeper.store.store import Store
from sweeper.store.tables import metadata
from sweeper.testing.fakes import make_sweep, refused

_THREADS = 6


def refused_opening(url: str, *, must_exist: bool = False) -> StoreError:
    """Open what cannot be opened, and give an error whose first words are for people."""
    error = refused(StoreError, lambda: Store(url, must_exist=must_exist))
    assert "sqlalchemy" not in error.message.lower()
    assert "\n" not in error.message
    return error


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://me:secret@host/db",
        "sqlite+aiosqlite:///store.db",
        "postgresql+asyncpg://me:secret@host/db",
        "postgresql://me:secret@host:port/db",
        "postgres://me:secret@host/db",
        "https://me:secret@example.org/store",
        "/a/path/store.db",
        "://",
    ],
)
def test_an_unusable_address_is_refused_without_telling_its_password(url: str) -> None:
    error = refused_opening(url)
    assert "sqlite:///" in error.hint
    assert "secret" not in str(error)


def test_a_server_that_does_not_answer_is_an_error_of_the_store() -> None:
    error = refused_opening("postgresql://me:secret@127.0.0.1:1/db")
    assert "secret" not in str(error)
    assert "127.0.0.1" in error.message


def test_a_missing_folder_is_made_and_kept_out_of_version_control(tmp_path: Path) -> None:
    Store(f"sqlite:///{tmp_path / 'a' / '.sweeper' / 'store.db'}").close()
    assert (tmp_path / "a" / ".sweeper" / ".gitignore").read_text() == "*\n"


def test_a_folder_that_cannot_be_made_is_an_error_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert str(tmp_path) in refused_opening(f"sqlite:///{tmp_path / 'file' / 'a' / 's.db'}").message


def test_a_folder_that_cannot_be_written_to_is_an_error_of_the_store(tmp_path: Path) -> None:
    # Nobody can write there, root included.
    refused_opening("sqlite:////proc/self/store.db")
    refused_opening(f"sqlite:///{tmp_path}")


def test_a_store_that_must_exist_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "store.db"
    assert str(path) in refused_opening(f"sqlite:///{path}", must_exist=True).message
    assert not path.parent.exists()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("dear diary, " * 100)
    assert "not a database" in refused_opening(f"sqlite:///{path}").message


def test_the_password_of_a_store_is_not_printed(store_url: str) -> None:
    opened = Store(store_url)
    assert "p%40ss" not in str(opened)
    assert Store(opened.address()).dialect == opened.dialect
    opened.close()
    opened.close()


def test_tables_of_another_program_in_the_same_database_do_no_harm(store_url: str) -> None:
    engine = create_engine(Store(store_url).url)
    with engine.begin() as connection:
        for table in [*reversed(metadata.sorted_tables)]:
            table.drop(connection)
        connection.execute(text("drop table sweeper_schema"))
        connection.execute(text("create table alembic_version (version_num varchar(32))"))
        connection.execute(text("insert into alembic_version values ('2b4d017a5e9b')"))
    create_sweep(Store(store_url), make_sweep())
    with engine.begin() as connection:
        assert connection.execute(text("select version_num from alembic_version")).scalar() == (
            "2b4d017a5e9b"
        )
        version = connection.execute(text("select version_num from sweeper_schema")).scalar()
        assert version == schema.SCHEMA_VERSION
    engine.dispose()


def test_a_newer_and_an_unknown_schema_are_refused_with_the_remedy(store: Store) -> None:
    for version in ("9999", "mlflow"):
        with store.writing() as connection:
            connection.execute(text("update sweeper_schema set version_num = :v"), {"v": version})
        error = refused_opening(store.address())
        assert version in error.message
        assert "pip install --upgrade" in error.hint


def test_an_older_schema_is_not_upgraded_silently(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = schema.SCHEMA_VERSION
    monkeypatch.setattr(schema, "SCHEMA_VERSION", "9998")
    error = refused_opening(store.address())
    assert known in error.message
    assert "sweeper db upgrade" in error.hint


def test_a_schema_that_fails_half_way_leaves_nothing_behind(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = stores.create_schema

    def made_and_broken(connection: object) -> None:
        made(connection)  # type: ignore[arg-type]
        raise SweeperError("the disk is full")

    monkeypatch.setattr(stores, "create_schema", made_and_broken)
    with pytest.raises(SweeperError, match="the disk is full"):
        Store(store_url)
    monkeypatch.setattr(stores, "create_schema", made)
    assert questions.list_sweeps(Store(store_url)) == []


def test_a_fresh_store_may_be_opened_by_many_threads_at_once(store_url: str) -> None:
    def open_it(_: int) -> int:
        opened = Store(store_url)
        found = len(questions.list_sweeps(opened))
        opened.close()
        return found

    with ThreadPoolExecutor(_THREADS) as pool:
        assert list(pool.map(open_it, range(_THREADS))) == [0] * _THREADS


def test_fresh_stores_may_be_opened_by_many_threads_at_once(tmp_path: Path) -> None:
    barrier = Barrier(_THREADS)

    def open_it(number: int) -> int:
        barrier.wait()
        opened = Store(f"sqlite:///{tmp_path / f'{number}.db'}")
        found = len(questions.list_sweeps(opened))
        opened.close()
        return found

    with ThreadPoolExecutor(_THREADS) as pool:
        assert list(pool.map(open_it, range(_THREADS))) == [0] * _THREADS


@pytest.mark.slow
def test_a_fresh_store_may_be_opened_by_several_processes_at_once(store_url: str) -> None:
    code = (
        "import sys; from sweeper.store.store import Store; from sweeper.store import questions;"
        "sys.stdin.read(1); assert questions.list_sweeps(Store(sys.argv[1])) == []"
    )
    opening = [
        subprocess.Popen([sys.executable, "-c", code, store_url], stdin=subprocess.PIPE)
        for _ in range(3)
    ]
    for process in opening:
        assert process.stdin is not None
        process.stdin.write(b"x")
        process.stdin.flush()
    assert [process.wait(timeout=60) for process in opening] == [0, 0, 0]


def test_of_many_that_make_a_sweep_of_one_name_one_does(store: Store) -> None:
    barrier = Barrier(_THREADS)

    def make_it(_: int) -> bool:
        barrier.wait()
        try:
            create_sweep(store, make_sweep())
        except SweepExists:
            return False
        return True

    with ThreadPoolExecutor(_THREADS) as pool:
        assert sum(pool.map(make_it, range(_THREADS))) == 1


def test_of_many_that_want_a_lease_one_gets_it(store: Store) -> None:
    create_sweep(store, make_sweep())
    sweep = questions.find_sweep(store, "digits")
    barrier = Barrier(_THREADS)

    def take_it(_: int) -> bool:
        barrier.wait()
        try:
            acquire(store, sweep, SettableClock())
        except SweepBusy:
            return False
        return True

    with ThreadPoolExecutor(_THREADS) as pool:
        assert sum(pool.map(take_it, range(_THREADS))) == 1


@pytest.mark.slow
def test_of_two_that_wait_for_the_same_row_one_gets_the_lease(postgres_url: str) -> None:
    store = Store(postgres_url)
    create_sweep(store, make_sweep())
    sweep = questions.find_sweep(store, "digits")
    with ThreadPoolExecutor(2) as pool:
        with store.writing() as connection:
            connection.execute(text("update sweeps set rev = rev"))
            trying = [pool.submit(acquire, store, sweep, SettableClock()) for _ in range(2)]
            assert any(_waiting(store) == 2 for _ in range(6000))
        errors = [type(attempt.exception()) for attempt in trying]
    assert sorted(errors, key=str) == sorted([type(None), SweepBusy], key=str)
    store.close()


def _waiting(store: Store) -> int:
    """Count who waits for a lock, after a moment; a transaction would see one answer only."""
    query = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
    with store.reading() as connection:
        connection.execute(text("select pg_sleep(0.01)"))
        return int(connection.execute(text(query)).scalar_one())


def test_a_reader_of_the_file_needs_no_sweeper(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    create_sweep(Store(f"sqlite:///{path}"), make_sweep("naïve"))
    with sqlite3.connect(path) as connection:
        [(name, lr)] = connection.execute(
            "select name, json_extract(points, '$[0].params.lr') from sweeps"
        ).fetchall()
    assert (name, lr) == ("naïve", 0.1)
