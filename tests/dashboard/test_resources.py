"""Tests of the API for other programs, and of its documentation against the real routes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from dash import Dash
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from sweeper_dashboard.openapi import document
from sweeper_dashboard.page_routes import READ, WRITTEN
from sweeper_dashboard.resources import RESOURCES
from sweeper_dashboard.serve import build

from sweeper.model.people import Role
from sweeper.store import commands, people, questions
from sweeper.store.people import Grant
from sweeper.store.recording import Changes
from sweeper.store.store import Store
from tests.dashboard.factory import add_trials, populate, start_sweep

PLACES = {"name": "a/b", "number": "0", "metric": "val_loss"}


@pytest.fixture
def app(store: Store) -> Dash:
    """A dashboard of a running sweep whose first trial is paused, with a log."""
    driven = start_sweep(store, "a/b")
    add_trials(driven, range(25))
    changes = Changes()
    changes.metrics[0, "val_loss", 999] = (float("nan"), 1.0, 1)
    driven.write(changes)
    return build(store, "secret")


@pytest.fixture
def client(app: Dash) -> FlaskClient:
    """A browser of the person who started the dashboard."""
    made = app.server.test_client()
    made.get("/?token=secret")
    return made


def walked(client: FlaskClient, path: str, cursor: str) -> list[Any]:
    """Follow a list from page to page."""
    items: list[Any] = []
    at: int | None = None
    for _ in range(100):
        more = "" if at is None else f"&{cursor}={at}"
        page = client.get(f"{path}?limit=7{more}").json
        assert page is not None
        items += page["items"]
        at = page["next"]
        if at is None:
            break
    return items


def holds(app: Dash, schema: str, answer: Any) -> None:
    """Hold an answer against a schema of the documentation."""
    root = {"$ref": f"#/components/schemas/{schema}", **document(app.server)}
    Draft202012Validator(root).validate(answer)


def test_the_documentation_names_every_route_and_no_other(app: Dash, client: FlaskClient) -> None:
    told = client.get("/api/openapi.json").json
    assert told is not None
    real = {
        (
            rule.rule.replace("<path:", "{")
            .replace("<int:", "{")
            .replace("<", "{")
            .replace(">", "}"),
            method,
        )
        for rule in app.server.url_map.iter_rules()
        if rule.rule.startswith("/api/") or rule.rule in ("/metrics", "/healthz")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert {(path, way.upper()) for path, ways in told["paths"].items() for way in ways} == real


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.schema)
def test_every_answer_is_as_documented(
    store: Store, app: Dash, client: FlaskClient, resource: Any
) -> None:
    wished = client.post("/api/sweeps/a/b/wishes", json={"kind": "pause"}).json
    assert wished is not None
    holds(app, "Recorded", wished)
    path = resource.rule
    if resource.schema == "Wish":
        path = path.replace("<int:number>", str(wished["wish"]))
    for name, value in PLACES.items():
        path = path.replace(f"<path:{name}>", value).replace(f"<int:{name}>", value)

    answer = client.get(f"/api{path}")

    assert answer.status_code == 200
    holds(app, resource.schema, answer.json)
    if resource.asks and "LogPiece" not in resource.schema:
        assert answer.json["items"]


@pytest.mark.parametrize("rule", [r for r, told in READ.items() if "/" not in told.schema])
def test_what_the_pages_are_sent_is_as_documented(
    app: Dash, client: FlaskClient, rule: str
) -> None:
    path = rule.replace("<kind>", "history")
    for name, value in PLACES.items():
        path = path.replace(f"<path:{name}>", value).replace(f"<int:{name}>", value)
    of = {"/diff/chart": "a/b:0,1", "/several": "a/b"}.get(rule, "")

    answer = client.get(f"/api{path}?of={of}")

    assert answer.status_code == 200
    holds(app, READ[rule].schema, answer.json)


def test_packed_columns_are_as_documented(store: Store, app: Dash, client: FlaskClient) -> None:
    populate(store, "many", 1200, curves=False)

    answer = client.get("/api/sweep/many/trials").json

    assert answer is not None
    holds(app, "Snapshot", answer)
    assert {"f4", "u1"} <= {key for column in answer["trials"]["params"] for key in column}


def test_what_the_pages_send_is_as_documented(app: Dash, client: FlaskClient) -> None:
    sent = {
        "tags": {"trials": "0-1", "add": ["good"]},
        "note": {"trials": "0", "text": "look again"},
        "views": {"name": "best", "address": "trials?sort=value"},
    }
    for path, given in sent.items():
        told = WRITTEN[f"/sweep/<path:name>/{path}"]
        holds(app, told.takes, given)

        answer = client.post(f"/api/sweep/a/b/{path}", json=given)

        assert answer.status_code == 202
        holds(app, told.schema, answer.json)


def test_every_schema_that_is_meant_is_there(client: FlaskClient) -> None:
    told = client.get("/api/openapi.json")
    assert told.json is not None

    meant = set(re.findall(r"#/components/schemas/(\w+)", told.text))

    assert meant - told.json["components"]["schemas"].keys() == set()


def test_long_lists_are_walked_by_cursor(store: Store, client: FlaskClient) -> None:
    trials = walked(client, "/api/sweeps/a/b/trials", "after")
    assert [trial["number"] for trial in trials] == list(range(25))
    reports = walked(client, "/api/sweeps/a/b/trials/0/metrics/val_loss", "after")
    assert [report["step"] for report in reports] == [*range(1, 31), 999]
    assert reports[-1]["value"] is None

    for number in range(9):
        start_sweep(store, f"more-{number}")
        commands.wish(store, questions.find_sweep(store, "a/b").id, commands.WishKind.PAUSE)
    names = [sweep["name"] for sweep in walked(client, "/api/sweeps", "before")]
    assert names == [*(f"more-{number}" for number in reversed(range(9))), "a/b"]
    assert len(walked(client, "/api/sweeps/a/b/wishes", "before")) == 9


def test_trials_are_asked_for_by_status(client: FlaskClient) -> None:
    answer = client.get("/api/sweeps/a/b/trials?status=failed").json

    assert answer is not None
    assert {trial["status"] for trial in answer["items"]} == {"failed"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/sweeps/none", 404),
        ("/api/sweeps/none/trials", 404),
        ("/api/sweeps/a/b/trials/99", 404),
        ("/api/sweeps/a/b/trials/99999999999999999999", 404),
        ("/api/sweeps/a/b/wishes/1", 404),
        ("/api/sweeps?limit=0", 400),
        ("/api/sweeps?limit=1001", 400),
        ("/api/sweeps?before=x", 400),
        ("/api/sweeps?before=99999999999999999999", 400),
        ("/api/sweeps/a/b/trials?status=odd", 400),
    ],
)
def test_what_is_not_there_is_said_in_json(
    app: Dash, client: FlaskClient, path: str, status: int
) -> None:
    answer = client.get(path)

    assert answer.status_code == status
    holds(app, "Error", answer.json)


@pytest.mark.parametrize("role", list(Role))
def test_the_audit_is_for_administrators(store: Store, app: Dash, role: Role) -> None:
    people.add_user(store, "ada", role)
    shown = {"Authorization": f"Bearer {people.issue_token(store, 'ada', Grant())}"}

    answer = app.server.test_client().get("/api/audit", headers=shown)
    assert answer.status_code == (200 if role is Role.ADMIN else 403)


def test_prometheus_is_given_the_numbers_of_the_sweeps(store: Store, client: FlaskClient) -> None:
    start_sweep(store, 'odd "\\\n name')

    text = client.get("/metrics").text
    lines = dict(line.rpartition(" ")[::2] for line in text.splitlines() if line[0] != "#")
    assert lines['sweeper_sweeps{status="running"}'] == "2"
    assert int(lines['sweeper_trials{sweep="a/b",status="failed"}']) > 0
    assert 'sweeper_gpu_seconds{sweep="odd \\"\\\\\\n name"}' in lines
    assert "# TYPE sweeper_sweeps gauge" in text


def test_the_server_is_ill_while_its_store_is_away(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sweeper.errors import StoreError

    def away(_store: Store) -> bool:
        raise StoreError("the store is away")

    assert client.get("/healthz").status_code == 200
    monkeypatch.setattr(people, "has_users", away)
    assert client.get("/healthz").status_code == 503
