"""Stores of other versions: refused with the remedy, and brought to this one with all they hold."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, inspect, text

from sweeper.cli.main import main
from sweeper.errors import StoreError, SweepBusy
from sweeper.store import questions, schema, tables
from sweeper.store.recording import create_sweep
from sweeper.store.schema import known_versions
from sweeper.store.store import Store
from sweeper.store.tables import VERSION_TABLE, metadata
from sweeper.store.upgrade import upgrade
from sweeper.testing.fakes import make_sweep, refused
from sweeper.testing.store import Driven

Row = dict[str, Any]

_FIRST: dict[str, Row] = {
    "sweeps": {
        "id": 1, "name": "old", "status": "completed", "project": "demo", "owner": "me", "seed": 7,
        "objective": [{"metric": "loss", "mode": "min"}], "points": [], "provenance": {},
        "space": {"domains": {}, "fixed": {}}, "options": {"trials": 1, "resources": {}},
        "function": "package.module:train", "function_hash": "0123", "rev": 3, "created": 1.0,
        "updated": 2.0, "ended": 2.0, "active_seconds": 1.0, "gpu_seconds": 0.0, "best_trial": 0,
        "best_value": 0.5,
    },
    "trials": {
        "sweep_id": 1, "number": 0, "status": "completed", "params": {"lr": 0.1}, "seed": 3,
        "origin": "search", "value": 0.5, "values": [0.5], "summary": {"loss": {"last": 0.5}},
        "last_step": 1, "attempts": 1, "failures": 0, "losses": 0, "created": 1.0, "started": 1.0,
        "ended": 2.0, "duration": 1.0, "rev": 3,
    },
    "attempts": {
        "sweep_id": 1, "trial": 0, "number": 1, "status": "succeeded", "wish": 0, "devices": [],
        "outcome": "succeeded", "host": "here", "pid": 1, "created": 1.0, "ended": 2.0,
    },
    "metrics": {
        "sweep_id": 1, "trial": 0, "metric": "loss", "step": 1, "value": 0.5, "time": 1.5,
        "attempt": 1,
    },
    "logs": {
        "id": 1, "sweep_id": 1, "trial": 0, "attempt": 1, "stream": "out", "time": 1.5,
        "text": "naïve 漢字\n",
    },
    "artifacts": {
        "sweep_id": 1, "trial": 0, "attempt": 1, "kind": "checkpoint", "name": "step-1",
        "path": "/somewhere", "step": 1, "size": 10, "time": 1.5,
    },
    "events": {"id": 1, "sweep_id": 1, "time": 2.0, "kind": "sweep_completed", "text": "done"},
    "wishes": {"id": 1, "sweep_id": 1, "kind": "stop", "by": "me", "created": 1.0},
    "tags": {"id": 1, "sweep_id": 1, "tag": "first"},
}  # fmt: skip

_SECOND: dict[str, Row] = {
    **_FIRST,
    "sweeps": {**_FIRST["sweeps"], "marked": 4},
    "wishes": {**_FIRST["wishes"], "kind": "change", "values": {"trials": 9}},
    "notes": {"id": 1, "sweep_id": 1, "trial": 0, "text": "odd", "by": "me", "written": 2.0},
    "views": {
        "id": 1, "sweep_id": 1, "name": "mine", "address": "?q=lr", "by": "me", "saved": 2.0,
    },
}  # fmt: skip

_THIRD: dict[str, Row] = {
    **_SECOND,
    "users": {"id": 1, "name": "ada", "role": "admin", "created": 1.0, "by": "me"},
    "tokens": {
        "id": 1, "user_id": 1, "kind": "api", "label": "ci", "digest": "0" * 64, "created": 1.0,
    },
    "audit": {"id": 1, "time": 2.0, "by": "ada", "action": "make wish", "outcome": "done"},
}  # fmt: skip

_FOURTH: dict[str, Row] = {
    **_THIRD,
    "priors": {
        "sweep_id": 1, "number": 0, "status": "completed", "params": {"lr": 0.1}, "value": 0.5,
        "values": [0.5], "told": {"loss": 0.5}, "last_step": 1, "curve": [[1, 0.5]],
    },
}  # fmt: skip

_FIFTH: dict[str, Row] = {
    **_FOURTH,
    "trials": {
        **_FOURTH["trials"],
        "replicates": [{"seed": 1, "step": 1, "time": 1.5, "metrics": {}, "result": None}],
    },
}

# A row in every table of every schema that was ever released.
RELEASED: dict[str, dict[str, Row]] = {
    "0001": _FIRST,
    "0002": _SECOND,
    "0003": _THIRD,
    "0004": _FOURTH,
    "0005": _FIFTH,
}
CURRENT = tables.SCHEMA_VERSION

_NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "{number}"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("trials", sa.Column("rating", sa.Integer()))
    {more}
"""


def make_store(url: str, version: str) -> None:
    """Make a store as the sweeper of this version made it, with a row in every table."""
    store = Store(url, check=False)
    with store.writing() as connection:
        config = Config()
        config.set_main_option("script_location", str(schema._MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        then = MetaData()
        then.reflect(connection)
        for name, row in RELEASED[version].items():
            assert connection.execute(then.tables[name].insert().values(**row)).rowcount
    store.close()


def check_everything(store: Store) -> None:
    """Read the rows back as everybody reads them."""
    sweep = questions.find_sweep(store, "old")
    (trial,) = questions.list_trials(store, sweep.id)
    (attempt,) = questions.list_attempts(store, sweep.id)
    (piece,) = questions.read_logs(store, sweep.id, 0)
    (artifact,) = questions.list_artifacts(store, sweep.id)
    (event,) = questions.list_events(store, sweep.id)
    (wish,) = questions.open_wishes(store, sweep.id)
    assert (sweep.tags, sweep.best_value, sweep.seed) == (("first",), 0.5, 7)
    assert (trial.params, trial.value) == ({"lr": 0.1}, 0.5)
    assert (attempt.outcome, piece.text) == ("succeeded", "naïve 漢字\n")
    assert (artifact["name"], event["text"], wish["by"]) == ("step-1", "done", "me")
    assert questions.trial_metrics(store, sweep.id, 0)["loss"].values == [0.5]


def test_every_released_schema_has_its_rows_here() -> None:
    assert set(RELEASED) == known_versions()
    for rows in RELEASED.values():
        assert set(rows) >= set(_FIRST)


@pytest.mark.parametrize("version", sorted(RELEASED))
def test_a_store_of_any_released_version_is_upgraded_with_all_it_holds(
    store_url: str, version: str
) -> None:
    make_store(store_url, version)

    upgrade(store_url)

    store = Store(store_url)
    check_everything(store)
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []
    store.close()


Release = Callable[..., str]


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Release]:
    """Let this package be a later one, whose newest migration adds a column."""

    def publish(more: str = "") -> str:
        before = tables.SCHEMA_VERSION
        number = f"{int(before) + 1:04}"
        folder = tmp_path / "migrations"
        shutil.copytree(schema._MIGRATIONS, folder)
        written = _NEXT.format(number=number, before=before, more=more)
        (folder / "versions" / f"{number}_rating.py").write_text(written)
        monkeypatch.setattr(schema, "_MIGRATIONS", folder)
        monkeypatch.setattr(schema, "SCHEMA_VERSION", number)
        monkeypatch.setattr(tables, "SCHEMA_VERSION", number)
        return number

    yield publish
    monkeypatch.undo()


def columns_of_trials(store: Store) -> set[str]:
    """List the columns that the trials really have."""
    with store.reading() as connection:
        return {column["name"] for column in inspect(connection).get_columns("trials")}


def test_an_older_store_is_refused_with_the_remedy_that_then_works(
    store_url: str, release: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    make_store(store_url, CURRENT)
    number = release()

    error = refused(StoreError, lambda: Store(store_url))
    assert CURRENT in error.message
    assert "sweeper db upgrade --store" in error.hint
    assert main(["db", "upgrade", "--store", store_url]) == 0
    assert number in capsys.readouterr().out

    store = Store(store_url)
    assert "rating" in columns_of_trials(store)
    check_everything(store)
    assert main(["db", "upgrade", "--store", store_url]) == 0
    assert "already" in capsys.readouterr().out
    store.close()


def test_the_old_file_is_kept_whole_beside_the_new_one(
    tmp_path: Path, sqlite_url: str, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_store(sqlite_url, CURRENT)
    # Something that only stands in the log beside the file, where a plain copy would miss it.
    writer = Store(sqlite_url)
    create_sweep(writer, make_sweep("latest"))
    assert b"latest" not in (tmp_path / "store.db").read_bytes()
    release()

    said = upgrade(sqlite_url)

    kept = tmp_path / f"store.db.schema-{CURRENT}"
    assert str(kept) in said
    assert list(tmp_path.glob("*.unfinished")) == []
    writer.close()
    monkeypatch.undo()
    old = Store(f"sqlite:///{kept}")
    assert "rating" not in columns_of_trials(old)
    check_everything(old)
    assert questions.has_sweep(old, "latest")
    old.close()


def test_an_upgrade_that_breaks_half_way_changes_nothing(
    store_url: str, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_store(store_url, CURRENT)
    release(more='op.execute("insert into nowhere values (1)")')

    refused(StoreError, lambda: upgrade(store_url))

    monkeypatch.undo()
    store = Store(store_url)
    assert "rating" not in columns_of_trials(store)
    check_everything(store)
    store.close()


def test_nothing_is_upgraded_where_the_copy_cannot_be_made(
    tmp_path: Path, sqlite_url: str, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_store(sqlite_url, CURRENT)
    (tmp_path / f"store.db.schema-{CURRENT}" / "in the way").mkdir(parents=True)
    release()

    error = refused(StoreError, lambda: upgrade(sqlite_url))

    assert f"schema-{CURRENT}" in error.message
    monkeypatch.undo()
    assert "rating" not in columns_of_trials(Store(sqlite_url))


def test_a_store_of_a_newer_sweeper_is_neither_opened_nor_upgraded(
    tmp_path: Path, sqlite_url: str, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = release()
    Store(sqlite_url).close()
    monkeypatch.undo()
    before = (tmp_path / "store.db").read_bytes()

    for act in (lambda: Store(sqlite_url), lambda: upgrade(sqlite_url)):
        error = refused(StoreError, act)
        assert number in error.message
        assert "pip install --upgrade" in error.hint

    assert (tmp_path / "store.db").read_bytes() == before
    assert [path.name for path in tmp_path.glob("*.schema-*")] == []
    with sqlite3.connect(tmp_path / "store.db") as connection:
        found = connection.execute(f"select version_num from {VERSION_TABLE}").fetchone()
    assert found == (number,)


def test_a_store_is_not_upgraded_while_a_controller_writes_to_it(
    store_url: str, release: Release
) -> None:
    driven = Driven(Store(store_url), make_sweep("busy"))
    number = release()

    error = refused(SweepBusy, lambda: upgrade(store_url, driven.clock))

    assert "'busy'" in error.message
    assert str(driven.lease.pid) in error.message
    with driven.store.reading() as connection:
        assert schema.schema_version(connection) != number
    with driven.store.writing() as connection:
        # A server's leases run by its own clock, which no test sets.
        connection.execute(text("update sweeps set lease_expires = 0"))
    assert number in upgrade(store_url, driven.clock)
    driven.store.close()
