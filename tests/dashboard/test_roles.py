"""Tests of who may change what: every way to change something, tried in every role."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from dash import Dash
from flask.testing import FlaskClient
from sweeper_dashboard.api import Writing
from sweeper_dashboard.gate import READING
from sweeper_dashboard.serve import build
from werkzeug.routing import Rule

from sweeper.model.people import Role
from sweeper.store import audit, marks, people, questions
from sweeper.store.people import Grant
from sweeper.store.store import Store
from tests.architecture.house import files, hold
from tests.dashboard.factory import add_trials, start_sweep

# What each change is sent; a new one needs a line here.
SENT: dict[str, dict[str, Any]] = {
    "wishes": {"kind": "pause"},
    "tags": {"trials": "0", "add": ["good"]},
    "note": {"trials": "0", "text": "odd"},
    "views": {"name": "mine", "address": "trials?q=lr"},
}
# Dash's own route runs callbacks, which only read; log in and out change no sweep.
OTHERS = {"/_dash-update-component", "/login", "/logout"}
# The dashboard opens no transaction of its own, and people are added in the shell alone.
UNGIVEN = {"writing", "add_user", "remove_user", "change_role", "change_password"}


@pytest.fixture
def app(store: Store) -> Dash:
    """A dashboard with a running sweep and a user of every role."""
    add_trials(start_sweep(store, "digits"), range(3))
    for role in Role:
        people.add_user(store, f"a-{role}", role)
    return build(store, "secret")


def changing(app: Dash) -> list[Rule]:
    """List the routes by which something can be changed."""
    rules = app.server.url_map.iter_rules()
    return [rule for rule in rules if (rule.methods or set()) - READING]


def headers(store: Store, role: Role) -> dict[str, str]:
    """Show a token of the user of a role."""
    token = people.issue_token(store, f"a-{role}", Grant(label="test"))
    return {"Authorization": f"Bearer {token}"}


def written(store: Store) -> Any:
    """Say what people have written about the sweep."""
    sweep = questions.find_sweep(store, "digits")
    wished = [(wish.kind, wish.by) for wish in marks.latest_wishes(store, sweep.id)]
    return sweep.marked, wished, marks.marks_of(store, sweep.id), marks.list_views(store, sweep.id)


def test_every_route_that_changes_something_asks_for_the_operators_role(app: Dash) -> None:
    for rule in changing(app):
        view = app.server.view_functions[rule.endpoint]
        if rule.rule not in OTHERS:
            assert isinstance(view, Writing), rule.rule
            assert view.change.role.allows(Role.OPERATOR), rule.rule


def test_every_change_is_tried_here(app: Dash) -> None:
    names = {rule.rule.rpartition("/")[2] for rule in changing(app) if rule.rule not in OTHERS}
    assert names == set(SENT)


@pytest.mark.parametrize("path", SENT)
@pytest.mark.parametrize("role", [None, *Role])
def test_a_change_is_made_by_those_with_the_role_alone(
    store: Store, app: Dash, role: Role | None, path: str
) -> None:
    shown = {} if role is None else headers(store, role)
    before = written(store)
    client = app.server.test_client()

    answer = client.post(f"/api/sweep/digits/{path}", json=SENT[path], headers=shown)

    if role in (None, Role.VIEWER):
        assert answer.status_code == (401 if role is None else 403)
        assert answer.json is not None
        assert answer.json["error"]
        assert written(store) == before
    else:
        assert answer.status_code == 202
        assert written(store) != before


@pytest.mark.parametrize("path", SENT)
def test_what_cannot_be_understood_is_refused_by_the_role_first(
    store: Store, app: Dash, path: str
) -> None:
    client, shown = app.server.test_client(), headers(store, Role.VIEWER)

    for sent in (b"", b"[]", b"{", b'{"kind": 1}'):
        answer = client.post(f"/api/sweep/digits/{path}", data=sent, headers=shown)
        assert answer.status_code == 403


def test_a_callback_of_dash_changes_nothing() -> None:
    """Only the guarded module may give commands, and nobody writes past it."""
    hold(
        f"{file.path}:{node.lineno}"
        for file in files("dashboard/sweeper_dashboard")
        for node in ast.walk(file.tree)
        if (gives_commands(node) and not file.path.endswith("/writes.py"))
        or (isinstance(node, ast.Attribute) and node.attr in UNGIVEN)
    )


def gives_commands(node: ast.AST) -> bool:
    """Tell whether a statement imports commands; their kinds are no commands."""
    if isinstance(node, ast.Import):
        return any(one.name.startswith("sweeper.store.commands") for one in node.names)
    if not isinstance(node, ast.ImportFrom):
        return False
    names = {one.name for one in node.names}
    module = node.module or ""
    whole = module == "sweeper.store" and "commands" in names
    return whole or (module == "sweeper.store.commands" and bool(names - {"WishKind"}))


def test_every_command_is_given_under_the_guard() -> None:
    (writes,) = [f for f in files("dashboard/sweeper_dashboard") if f.path.endswith("/writes.py")]
    functions = {node.name: node for node in writes.tree.body if isinstance(node, ast.FunctionDef)}
    guarded = {name for name, node in functions.items() if guards(node)}

    assert guarded
    hold(reaching(functions, guarded))


def guards(function: ast.FunctionDef) -> bool:
    """Tell whether a function is decorated with needs(...)."""
    calls = [one.func for one in function.decorator_list if isinstance(one, ast.Call)]
    return any(isinstance(call, ast.Name) and call.id == "needs" for call in calls)


def reaching(functions: dict[str, ast.FunctionDef], guarded: set[str]) -> set[str]:
    """Name the functions that others may call without a guard and that give a command."""
    gives = {name for name, node in functions.items() if "commands" in names_in(node)}
    grown = True
    while grown:
        more = {n for n, node in functions.items() if n not in guarded and names_in(node) & gives}
        grown = not more <= gives
        gives |= more
    return {name for name in gives - guarded if not name.startswith("_")}


def names_in(function: ast.FunctionDef) -> set[str]:
    """Give the names that a function uses."""
    return {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}


def test_a_wish_bears_the_name_of_who_wished_it(store: Store, app: Dash) -> None:
    client, shown = app.server.test_client(), headers(store, Role.OPERATOR)
    client.post("/api/sweep/digits/wishes", json={"kind": "pause"}, headers=shown)

    sweep = questions.find_sweep(store, "digits")
    assert [wish.by for wish in marks.latest_wishes(store, sweep.id)] == ["a-operator"]


def test_every_action_leaves_a_line_in_the_audit(store: Store, app: Dash) -> None:
    client = app.server.test_client()
    shown = {role: headers(store, role) for role in Role}
    for role, sent in ((Role.VIEWER, "pause"), (Role.OPERATOR, "dance"), (Role.ADMIN, "pause")):
        client.post("/api/sweep/digits/wishes", json={"kind": sent}, headers=shown[role])

    told = [line.action for line in reversed(audit.list_actions(store))]
    assert [(one.by, one.role, one.outcome.value) for one in told] == [
        ("a-viewer", "viewer", "refused"),
        ("a-operator", "operator", "failed"),
        ("a-admin", "admin", "done"),
    ]
    assert {(one.action, one.sweep, one.address) for one in told} == {
        ("make wish", "digits", "127.0.0.1")
    }
    assert told[2].detail == '{"kind": "pause"}'


def test_the_start_token_is_an_admins(store: Store, app: Dash) -> None:
    client: FlaskClient = app.server.test_client()
    client.get("/?token=secret")

    assert client.post("/api/sweep/digits/wishes", json=SENT["wishes"]).status_code == 202
    assert audit.list_actions(store)[0].action.role is Role.ADMIN


@pytest.mark.parametrize("role", list(Role))
def test_everybody_may_look(store: Store, app: Dash, role: Role) -> None:
    client, shown = app.server.test_client(), headers(store, role)

    for path in ("/", "/_dash-layout", "/api/sweep/digits/header", "/metrics"):
        assert client.get(path, headers=shown).status_code == 200
