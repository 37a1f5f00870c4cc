"""The verb that asks a store in SQL: it answers, and never writes."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from sweeper import Sweep
from sweeper.errors import StoreError
from sweeper.store import questions
from sweeper.store.sql import ask
from sweeper.store.store import Store
from tests.cli.conftest import Shell, train


def test_sql_answers_people_and_programs(shell: Shell, finished: Sweep) -> None:
    statement = "select number, status from trials order by number limit 2"
    told = [{"number": trial.number, "status": str(trial.status)} for trial in finished.trials[:2]]

    table = shell("sql", statement).out.splitlines()
    values = shell("sql", statement, "--csv").out

    assert [line.split() for line in table[1:]] == [[str(t["number"]), t["status"]] for t in told]
    assert json.loads(shell("sql", statement, "--json").out) == told
    assert next(csv.reader(io.StringIO(values))) == ["number", "status"]


def test_sql_reads_a_statement_from_standard_input(
    shell: Shell, finished: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("select count(*) as n from trials"))

    assert shell("sql", "-").out.split() == ["n", "8"]


def test_without_a_statement_sql_lists_the_columns(shell: Shell, finished: Sweep) -> None:
    told = json.loads(shell("sql", "--json").out)

    assert set(told["trials"]) >= {"number", "status", "params"}
    assert "trials" in shell("sql").out


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("select nope from trials", "nope"),
        ("select 1; select 2", "one statement"),
        ("pragma query_only = off", "answers nothing"),
    ],
)
def test_what_sql_does_not_understand_is_one_line(
    shell: Shell, finished: Sweep, statement: str, said: str
) -> None:
    ran = shell("sql", statement)

    assert ran.code == 1
    assert said in ran.err.splitlines()[0]


@pytest.mark.parametrize(
    "statement",
    ["delete from trials", "update sweeps set name = 'x'", "create table mine (x integer)"],
)
def test_a_statement_that_would_write_is_refused(store: Store, statement: str) -> None:
    sweep = _swept(store)

    with pytest.raises(StoreError, match="would write"), ask(store, statement):
        pass

    assert len(questions.list_trials(store, sweep.id)) == 2


def test_a_statement_cannot_end_its_transaction_and_write(store: Store) -> None:
    sweep = _swept(store)

    with pytest.raises(StoreError), ask(store, "commit; delete from trials"):
        pass

    assert len(questions.list_trials(store, sweep.id)) == 2


def test_a_store_that_was_asked_can_be_written_to(store: Store) -> None:
    sweep = _swept(store)
    with ask(store, "select name from sweeps") as answer:
        assert list(answer.rows) == [("asked",)]
    with pytest.raises(StoreError), ask(store, "delete from trials"):
        pass

    again = train.sweep(**_launch(store, trials=3))

    assert len(again.trials) == 3
    assert len(questions.list_trials(store, sweep.id)) == 3


def _launch(store: Store, trials: int) -> dict[str, Any]:
    return {
        "trials": trials,
        "search": "random",
        "name": "asked",
        "backend": "inline",
        "store": store.address(),
        "progress": False,
        "max_failures": 100,
    }


def _swept(store: Store) -> Sweep:
    swept: Sweep = train.sweep(**_launch(store, trials=2))
    return swept
