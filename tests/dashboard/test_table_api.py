"""Tests of what the table, the files and the marks are answered, without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sweeper_dashboard.artifacts import shown_as
from sweeper_dashboard.figures.frame import Frame
from sweeper_dashboard.mirror import Mirrors
from sweeper_dashboard.neighbours import neighbours_of
from sweeper_dashboard.pages.sweeps import grouped
from sweeper_dashboard.sparks import Sparks

from sweeper.model.domains import choice, uniform
from sweeper.model.lifecycle import Outcome
from sweeper.store import commands, questions
from sweeper.store.store import Store
from tests.dashboard.factory import (
    Driven,
    add_artifact,
    add_failures,
    add_log,
    add_trials,
    finish,
    populate,
    start_sweep,
)


@pytest.fixture
def driven(store: Store) -> Driven:
    """A running sweep of thirty trials."""
    return populate(store, "digits", 30, curves=False)


@pytest.mark.usefixtures("driven")
def test_rows_come_in_blocks_sorted_with_empty_cells_last(client: FlaskClient) -> None:
    address = "/api/sweep/digits/rows?columns=number%0Avalue&start=0&end=40&sort="
    up = [row[1] for row in client.get(f"{address}value").json["rows"]]
    down = [row[1] for row in client.get(f"{address}-value").json["rows"]]

    filled = [value for value in up if value is not None]
    assert filled == sorted(filled)
    assert up[: len(filled)] == filled
    assert down == [*reversed(filled), *[None] * (30 - len(filled))]
    block = client.get(f"{address}value&start=5&end=10".replace("start=0&end=40&", "")).json
    assert [row[1] for row in block["rows"]] == up[5:10]
    assert (block["matched"], block["total"]) == (30, 30)


@pytest.mark.usefixtures("driven")
def test_the_head_says_what_is_wrong_with_a_query(client: FlaskClient) -> None:
    answer = client.get("/api/sweep/digits/header?q=nothing%20%3C%203").json
    refused = client.get("/api/sweep/digits/rows?q=nothing%20%3C%203")

    assert "no column 'nothing'" in answer["selected"]["error"]
    assert refused.status_code == 400
    assert "Did you mean" in refused.json["hint"]


def test_a_mark_moves_the_head_and_what_was_known_stays(
    client: FlaskClient, store: Store, driven: Driven
) -> None:
    cursor = client.get("/api/sweep/digits/header").json["cursor"]
    assert client.get(f"/api/sweep/digits/header?since={cursor}").status_code == 204

    commands.change_tags(store, driven.sweep.id, [3], add=["good"])

    assert client.get(f"/api/sweep/digits/header?since={cursor}").json["cursor"] != cursor
    asked = "/api/sweep/digits/matching?q=tags%20%3D%3D%20%22good%22"
    assert client.get(asked).json["numbers"] == "3"


def test_trials_are_found_by_how_they_ended(client: FlaskClient, driven: Driven) -> None:
    add_failures(driven, [30, 31], "NodeLost", "node-4 is gone", Outcome.LOST_NODE)

    asked = "/api/sweep/digits/matching?q=end%20%3D%3D%20%22lost%20node%22"
    assert client.get(asked).json["numbers"] == "30-31"


def test_a_cell_of_a_csv_never_begins_a_formula(client: FlaskClient, store: Store) -> None:
    driven = start_sweep(store, "sheet", space={"kind": choice(["=1+1", "-x", "plain"])})
    add_trials(driven, range(20), curves=False)

    answer = client.get("/api/sweep/sheet/csv?columns=p:kind&sort=number")

    cells = set(answer.text.splitlines()[1:])
    assert cells <= {"'=1+1", "'-x", "plain"}
    assert answer.headers["Content-Disposition"] == 'attachment; filename="sheet.csv"'


@pytest.mark.parametrize(
    ("path", "sent", "said"),
    [
        ("tags", {"trials": "99", "add": ["x"]}, "no trial is meant"),
        ("tags", {"trials": "1", "add": "x"}, "those are no tags"),
        ("note", {"trials": "1"}, "that is no note"),
        ("views", {"name": " ", "address": ""}, "a view needs a name"),
        ("views", {"name": "x", "address": "//evil.example"}, "no view of this sweep"),
        ("views", {"name": "x", "address": "javascript:alert(1)"}, "no view of this sweep"),
        ("wishes", {"kind": "change", "values": {"trials": -1}}, "trials cannot be -1"),
        ("wishes", {"kind": "change", "values": {"seed": 1}}, "nothing known"),
        ("wishes", {"kind": "change", "values": {"workers": True}}, "workers cannot be True"),
        ("wishes", {"kind": "queue", "values": {}}, "there are no parameters"),
        ("wishes", {"kind": "stop", "trial": "1"}, "meant by its number"),
        ("wishes", [], "nothing was sent"),
    ],
)
@pytest.mark.usefixtures("driven")
def test_what_cannot_be_written_is_refused_with_the_reason(
    client: FlaskClient, path: str, sent: object, said: str
) -> None:
    # Wishes are for other programs too.
    of = "sweeps" if path == "wishes" else "sweep"
    answer = client.post(f"/api/{of}/digits/{path}", json=sent)

    assert answer.status_code == 400
    assert said in answer.json["error"]


def test_a_file_is_given_under_a_policy_of_its_own(
    client: FlaskClient, driven: Driven, tmp_path: Path
) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "a.html").write_text("<script>1</script>")
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "inside" / "link.txt").symlink_to(tmp_path / "secret.txt")
    add_artifact(driven, 0, tmp_path / "inside")
    address = "/api/sweep/digits/trial/0/artifact?attempt=1&kind=artifact&name=inside&file="

    page = client.get(f"{address}a.html")
    kept = client.get(f"{address}a.html&download=1")

    assert page.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert kept.mimetype == "application/octet-stream"
    assert kept.headers["Content-Disposition"].startswith("attachment")
    for outside in ("../secret.txt", "/etc/passwd", "link.txt", "..%2Fsecret.txt", "no.txt"):
        answer = client.get(f"{address}{outside}")
        assert answer.status_code == 404, outside
        assert b"secret" not in answer.data.replace(b"secret.txt", b"")
    assert client.get(address.replace("name=inside", "name=other")).status_code == 404


@pytest.mark.parametrize(
    ("address", "series"),
    [
        ("sweep/digits/chart/history?format=csv", "completed"),
        ("sweep/digits/trial/0/chart?format=csv", "val_accuracy"),
        ("diff/chart?of=digits:0,digits:2&format=csv", "val_accuracy: digits 0"),
        ("several?of=digits&format=csv", "digits"),
    ],
)
def test_every_figure_comes_as_a_table_too(
    client: FlaskClient, store: Store, address: str, series: str
) -> None:
    populate(store, "digits", 30)

    answer = client.get(f"/api/{address}")

    head, *lines = answer.text.splitlines()
    assert head == "series,trial,x,y,value"
    assert lines[0].startswith(f"{series},")
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_what_is_shown_and_what_is_only_kept() -> None:
    names = ["a.PNG", "b.csv", "c.json", "d.html", "e.pt", "f"]
    assert [shown_as(name) for name in names] == ["image", "table", "text", "page", None, None]


def test_a_log_comes_from_its_end_and_by_what_is_searched(
    client: FlaskClient, driven: Driven
) -> None:
    add_log(driven, 0, [("stdout", f"line {number}") for number in range(700)])

    first = client.get("/api/sweep/digits/trial/0/changes").json
    before = client.get(f"/api/sweep/digits/trial/0/log?before={first['logs'][0][0]}").json
    found = client.get("/api/sweep/digits/trial/0/log?find=LINE%2069").json

    assert (len(first["logs"]), first["earlier"]) == (300, True)
    assert first["logs"][-1][4] == "line 699\n"
    assert (len(before["logs"]), before["earlier"]) == (400, False)
    assert [line[4] for line in found["logs"]] == ["line 69\n"] + [
        f"line {number}\n" for number in range(690, 700)
    ]
    cursor = f"since={first['rev']}&after={first['logs'][-1][0]}"
    assert client.get(f"/api/sweep/digits/trial/0/changes?{cursor}").status_code == 204


def test_the_nearest_trials_are_those_that_differ_least(store: Store) -> None:
    space = {"x": uniform(0, 1), "kind": choice(["a", "b"])}
    driven = start_sweep(store, "near", space=space)
    add_trials(driven, range(30), curves=False)
    view = Mirrors(store).of("near").view()

    found = neighbours_of(Frame(overview=view.overview, trials=view.trials), 0)

    assert [near.distance for near in found] == sorted(near.distance for near in found)
    here = view.trials[0].params
    same = [trial for trial in view.trials[1:] if trial.params["kind"] == here["kind"]]
    nearest = min(same, key=lambda trial: abs(trial.params["x"] - here["x"]))
    assert found[0].trial.number == nearest.number
    assert found[0].differing == ("x",)


def test_sparks_follow_the_best_and_are_read_once(store: Store) -> None:
    finish(populate(store, "first", 60, curves=False))
    found = questions.list_sweeps(store)
    sparks = Sparks(store)

    line = sparks.of(found)[found[0].sweep.id]

    assert line == sorted(line, reverse=True)
    assert line[-1] == found[0].sweep.best_value
    store.close()
    assert sparks.of(found)[found[0].sweep.id] == line


def test_sweeps_without_a_group_come_last(store: Store) -> None:
    for name in ("a", "b"):
        start_sweep(store, name)
    found = questions.list_sweeps(store)

    assert [title for title, _ in grouped(found, "project")] == ["vision"]
    assert [title for title, _ in grouped(found, "")] == [""]
