"""Tests of what the endpoints send: everything once, then only what changed."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sweeper_dashboard.serve import build

from sweeper.clock import SettableClock
from sweeper.store.store import Store
from tests.dashboard.factory import Driven, add_log, add_trials, complete, populate, start_sweep


@pytest.fixture
def driven(store: Store) -> Driven:
    """A running sweep of three trials."""
    return populate(store, "digits", 3)


@pytest.mark.usefixtures("driven")
def test_a_sweep_is_sent_whole_as_columns(client: FlaskClient) -> None:
    answer = client.get("/api/sweep/digits/trials").json

    assert answer["trials"]["number"] == [0, 1, 2]
    assert answer["trials"]["status"] == ["completed", "failed", "running"]
    assert len(answer["trials"]["params"]) == len(answer["axes"])
    assert answer["header"]["status"] == "running"


@pytest.mark.usefixtures("driven")
def test_nothing_is_sent_while_nothing_changes(client: FlaskClient) -> None:
    rev = client.get("/api/sweep/digits/trials").json["rev"]

    answer = client.get(f"/api/sweep/digits/changes?since={rev}&status=running")

    assert answer.status_code == 204
    assert answer.data == b""


@pytest.mark.usefixtures("driven")
@pytest.mark.parametrize("page", ["list", "sweep", "trial"])
def test_that_nothing_changed_is_said_in_few_bytes(client: FlaskClient, page: str) -> None:
    head = client.get("/api/sweep/digits/header").json["cursor"]
    trial = client.get("/api/sweep/digits/trial/0/changes").json["rev"]
    path = {
        "list": f"/api/changes?since={client.get('/api/changes').json['digest']}",
        "sweep": f"/api/sweep/digits/header?since={head}",
        "trial": f"/api/sweep/digits/trial/0/changes?since={trial}&after=0",
    }[page]

    answer = client.get(path)

    assert answer.status_code == 204
    # The server adds the date, its name and a word on the connection, some eighty bytes.
    assert len(f"HTTP/1.1 {answer.status}\r\n{answer.headers}") <= 220
    assert answer.headers["Cache-Control"] == "no-store"


def test_only_the_changed_trial_is_sent(client: FlaskClient, driven: Driven) -> None:
    before = client.get("/api/sweep/digits/trials").json
    [added] = add_trials(driven, [3])

    answer = client.get(f"/api/sweep/digits/changes?since={before['rev']}&status=running").json

    assert answer["trials"]["number"] == [added.number]
    assert answer["rev"] == before["rev"] + 1


def test_a_changed_trial_replaces_what_was_known_of_it(client: FlaskClient, driven: Driven) -> None:
    client.get("/api/sweep/digits/trials")
    [added] = add_trials(driven, [3])
    complete(driven, added, 0.0123)

    answer = client.get("/api/sweep/digits/trials").json

    assert answer["trials"]["number"] == [0, 1, 2, 3]
    assert answer["trials"]["value"][3] == 0.0123
    assert answer["header"]["best"] == 3


@pytest.mark.usefixtures("driven")
def test_a_cursor_from_the_future_gets_everything(client: FlaskClient) -> None:
    answer = client.get("/api/sweep/digits/changes?since=999999&status=running").json

    assert answer["trials"]["number"] == [0, 1, 2]


def test_a_dead_controller_is_noticed_without_a_new_rev(store: Store) -> None:
    clock = SettableClock()
    start_sweep(store, "digits", clock=clock)
    client = build(store, "secret", clock).server.test_client()
    client.get("/?token=secret")
    rev = client.get("/api/sweep/digits/trials").json["rev"]
    asked = f"/api/sweep/digits/changes?since={rev}&status=running"
    assert client.get(asked).status_code == 204

    clock.advance(60)
    answer = client.get(asked).json

    assert answer["header"]["status"] == "interrupted"
    assert answer["trials"]["number"] == []


def test_a_log_is_sent_beyond_its_cursor(client: FlaskClient, driven: Driven) -> None:
    add_log(driven, 0, [("stdout", "one"), ("stderr", "two")])
    first = client.get("/api/sweep/digits/trial/0/changes?after=0").json
    seen = f"since={first['rev']}&after={first['logs'][-1][0]}"

    assert [piece[4] for piece in first["logs"]] == ["one\n", "two\n"]
    assert client.get(f"/api/sweep/digits/trial/0/changes?{seen}").status_code == 204


@pytest.mark.usefixtures("driven")
def test_the_list_of_sweeps_is_sent_once(client: FlaskClient) -> None:
    digest = client.get("/api/changes").json["digest"]

    assert client.get(f"/api/changes?since={digest}").status_code == 204


@pytest.mark.parametrize("rest", ["trials", "changes?since=0", "chart/history"])
def test_an_unknown_sweep_is_not_found(client: FlaskClient, rest: str) -> None:
    assert client.get(f"/api/sweep/nowhere/{rest}").status_code == 404


@pytest.mark.usefixtures("driven")
def test_an_unknown_trial_is_not_found(client: FlaskClient) -> None:
    assert client.get("/api/sweep/digits/trial/77/changes").status_code == 404


@pytest.mark.usefixtures("driven")
@pytest.mark.parametrize("kind", ["history", "curves", "slice"])
def test_every_chart_is_sent(client: FlaskClient, kind: str) -> None:
    figure = client.get(f"/api/sweep/digits/chart/{kind}").json

    assert figure["data"]


@pytest.mark.usefixtures("driven")
def test_a_trials_chart_is_sent(client: FlaskClient) -> None:
    figure = client.get("/api/sweep/digits/trial/0/chart").json

    assert [trace["name"] for trace in figure["data"]] == ["val_accuracy", "val_loss"]


def test_more_trials_than_a_browser_draws_are_sent_as_a_sample(
    client: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweeper_dashboard.api._MOST_LINES", 40)
    populate(store, "many", 200, curves=False)

    answer = client.get("/api/sweep/many/trials").json

    assert answer["total"] == 200
    assert len(answer["trials"]["number"]) == 40
    assert answer["header"]["best"] in answer["trials"]["number"]
