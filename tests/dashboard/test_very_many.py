"""Tests of a sweep of a hundred thousand trials: its table is the server's, its figures sample."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sweeper_dashboard.figures.drawing import KINDS
from sweeper_dashboard.serve import build

from sweeper.search.importance import importance
from sweeper.store.store import Store
from tests.dashboard.factory import populate

pytestmark = pytest.mark.slow

COUNT = 100_000
# Copies of the first, completed trial, their parameters spread over the space.
COPIES = """
with recursive more(n) as (select 1 union all select n + 1 from more where n + 1 < :count)
insert into trials ({columns})
select {taken} from trials, more
where trials.number = 0
"""
TAKEN = {
    "number": "n",
    "value": "(n * 7919 % 99991) / 99991.0",
    "params": "json_set(params, '$.lr', 1e-5 + (n * 104729 % 99989) / 1000000.0)",
    "started": "created + n",
    "ended": "created + n + 20",
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A browser before a sweep of a hundred thousand trials."""
    folder: Path = tmp_path_factory.mktemp("many")
    store = Store(f"sqlite:///{folder / 'store.db'}")
    populate(store, "many", 1)
    with store.writing() as connection:
        names = connection.execute(text("select * from trials limit 1")).keys()
        columns = ", ".join(f'"{name}"' for name in names)
        taken = ", ".join(TAKEN.get(name, f'"{name}"') for name in names)
        connection.execute(text(COPIES.format(columns=columns, taken=taken)), {"count": COUNT})
        connection.execute(text("update sweeps set rev = rev + 1"))
    made = build(store, "secret", importance=importance).server.test_client()
    made.get("/?token=secret")
    yield made
    store.close()


def test_the_table_is_sorted_filtered_and_scrolled_by_the_server(client: FlaskClient) -> None:
    first = client.get("/api/sweep/many/rows?sort=value&columns=value").json
    last = client.get("/api/sweep/many/rows?sort=-p:lr&start=99900&end=100000&columns=p:lr").json
    found = client.get("/api/sweep/many/rows?q=lr %3C 0.001&columns=p:lr&sort=p:lr").json

    assert first is not None
    assert last is not None
    assert found is not None
    values = [row[0] for row in first["rows"]]
    assert (first["total"], len(values)) == (COUNT, 100)
    assert values == sorted(values)
    assert values[0] == 0.0
    rates = [row[0] for row in last["rows"]]
    assert len(rates) == 100
    assert rates == sorted(rates, reverse=True)
    assert 900 < found["matched"] < 1100
    assert all(row[0] < 0.001 for row in found["rows"])


def test_the_lines_are_a_sample_that_says_so(client: FlaskClient) -> None:
    answer = client.get("/api/sweep/many/trials", headers={"Accept-Encoding": "gzip"})
    whole = client.get("/api/sweep/many/trials").json

    assert whole is not None
    assert whole["total"] == COUNT
    assert len(whole["trials"]["number"]) == 20_000
    assert len(answer.data) < 2_000_000


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_of_very_many_stays_small_and_says_what_it_leaves_out(
    client: FlaskClient, kind: str
) -> None:
    answer = client.get(f"/api/sweep/many/chart/{kind}")

    assert answer.status_code == 200
    assert len(answer.data) < 1_000_000
    if kind in ("history", "parallel", "rungs", "scatter", "slice"):
        assert " of 100,000 " in answer.json["layout"]["meta"]["note"]


def test_the_whole_table_is_written_as_it_is_sent(client: FlaskClient) -> None:
    answer = client.get("/api/sweep/many/csv?columns=number", buffered=False)
    pieces = [len(piece) for piece in answer.response]
    answer.close()

    assert len(pieces) > 100
    assert max(pieces) < 10_000
