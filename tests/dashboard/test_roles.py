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
# What each change of the users is sent; a-viewer is the one whom it is about.
STAFF: dict[str, dict[str, Any]] = {
    "user": {"role": "viewer", "password": "a long secret"},
    "role": {"role": "operator"},
    "password": {"password": "another long secret"},
    "removal": {},
    "token": {"label": "script", "role": "viewer", "days": 3},
    "revocation": {"label": "test"},
}
# Dash's own route runs callbacks, which only read; log in and out change no sweep.
OTHERS = {"/_dash-update-component", "/login", "/logout"}
# The dashboard opens no transaction of its own, and changes people in one guarded module.
UNGIVEN = {"writing"}
PEOPLES = {"add_user", "remove_user", "change_role", "change_password", "revoke_token"}


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


def address(path: str) -> str:
    """Give where a change of the sweep is sent; wishes are for other programs too."""
    return f"/api/{'sweeps' if path == 'wishes' else 'sweep'}/digits/{path}"


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
            staff = rule.rule.startswith("/api/people/")
            assert view.change.role.allows(Role.ADMIN if staff else Role.OPERATOR), rule.rule


def test_every_change_is_tried_here(app: Dash) -> None:
    names = {rule.rule.rpartition("/")[2] for rule in changing(app) if rule.rule not in OTHERS}
    assert names == set(SENT) | set(STAFF)


@pytest.mark.parametrize("path", SENT)
@pytest.mark.parametrize("role", [None, *Role])
def test_a_change_is_made_by_those_with_the_role_alone(
    store: Store, app: Dash, role: Role | None, path: str
) -> None:
    shown = {} if role is None else headers(store, role)
    before = written(store)
    client = app.server.test_client()

    answer = client.post(address(path), json=SENT[path], headers=shown)

    if role in (None, Role.VIEWER):
        assert answer.status_code == (401 if role is None else 403)
        assert answer.json is not None
        assert answer.json["error"]
        assert written(store) == before
    else:
        assert answer.status_code == 202
        assert written(store) != before


@pytest.mark.parametrize("path", STAFF)
@pytest.mark.parametrize("role", [None, *Role])
def test_users_are_changed_by_administrators_alone(
    store: Store, app: Dash, role: Role | None, path: str
) -> None:
    headers(store, Role.VIEWER)
    shown = {} if role is None else headers_again(store, role)
    name = "grace" if path == "user" else "a-viewer"
    before = people.list_users(store), people.password_of(store, "a-viewer")
    client = app.server.test_client()

    answer = client.post(f"/api/people/{name}/{path}", json=STAFF[path], headers=shown)

    after = people.list_users(store), people.password_of(store, "a-viewer")
    if role is not Role.ADMIN:
        assert answer.status_code == (401 if role is None else 403)
        assert after == before
        return
    assert answer.status_code == 202
    assert after != before
    line = audit.list_actions(store)[0].action
    assert (line.by, line.outcome.value, line.sweep) == ("a-admin", "done", None)
    assert name in str(line.detail)
    assert "secret" not in str(line.detail)


def headers_again(store: Store, role: Role) -> dict[str, str]:
    """Show another token of the user of a role."""
    token = people.issue_token(store, f"a-{role}", Grant(label="staff"))
    return {"Authorization": f"Bearer {token}"}


def test_a_refused_change_of_a_user_is_in_the_audit_without_its_secret(
    store: Store, app: Dash
) -> None:
    shown, client = headers(store, Role.OPERATOR), app.server.test_client()
    client.post("/api/people/grace/user", json=STAFF["user"], headers=shown)

    line = audit.list_actions(store)[0].action
    assert (line.by, line.action, line.outcome.value) == ("a-operator", "add user", "refused")
    assert line.detail == "grace: needs the role admin"


def test_administrators_cannot_shut_themselves_out(store: Store, app: Dash) -> None:
    shown, client = headers(store, Role.ADMIN), app.server.test_client()
    for path in ("role", "removal"):
        sent = {"role": "viewer"}
        answer = client.post(f"/api/people/a-admin/{path}", json=sent, headers=shown)
        assert answer.status_code == 400

    assert people.find_person(store, "a-admin") is not None
    assert audit.list_actions(store)[0].action.outcome.value == "failed"


@pytest.mark.parametrize("role", list(Role))
def test_only_administrators_are_shown_the_users_and_the_audit(
    store: Store, app: Dash, role: Role
) -> None:
    sent = {
        "output": "people-body.children",
        "outputs": {"id": "people-body", "property": "children"},
        "inputs": [{"id": "people-rev", "property": "data", "value": 1}],
        "state": [{"id": "people-state", "property": "data", "value": {}}],
        "changedPropIds": ["people-rev.data"],
    }
    answer = app.server.test_client().post(
        "/_dash-update-component", json=sent, headers=headers(store, role)
    )

    assert answer.status_code == 200
    assert ("Who did what" in answer.text) is (role is Role.ADMIN)
    assert ("for administrators" in answer.text) is (role is not Role.ADMIN)


@pytest.mark.parametrize("path", SENT)
def test_what_cannot_be_understood_is_refused_by_the_role_first(
    store: Store, app: Dash, path: str
) -> None:
    client, shown = app.server.test_client(), headers(store, Role.VIEWER)

    for sent in (b"", b"[]", b"{", b'{"kind": 1}'):
        answer = client.post(address(path), data=sent, headers=shown)
        assert answer.status_code == 403


def test_a_callback_of_dash_changes_nothing() -> None:
    """Only the guarded module may give commands, and nobody writes past it."""
    hold(
        f"{file.path}:{node.lineno}"
        for file in files("dashboard/sweeper_dashboard")
        for node in ast.walk(file.tree)
        if (gives_commands(node) and not file.path.endswith("/writes.py"))
        or (isinstance(node, ast.Attribute) and node.attr in UNGIVEN)
        or (changes_people(node) and not file.path.endswith("/staff.py"))
    )


def changes_people(node: ast.AST) -> bool:
    """Tell whether an expression is a change of the store's people."""
    of = node.value if isinstance(node, ast.Attribute) else None
    return (
        isinstance(node, ast.Attribute)
        and node.attr in PEOPLES
        and isinstance(of, ast.Name)
        and of.id == "people"
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
    for module, commands in (("writes", "commands"), ("staff", "people")):
        (file,) = [
            f for f in files("dashboard/sweeper_dashboard") if f.path.endswith(f"/{module}.py")
        ]
        body = [node for node in file.tree.body if isinstance(node, ast.FunctionDef)]
        functions = {node.name: node for node in body}
        guarded = {name for name, node in functions.items() if guards(node)}

        assert guarded
        hold(reaching(functions, guarded, commands))


def guards(function: ast.FunctionDef) -> bool:
    """Tell whether a function is decorated with needs(...)."""
    calls = [one.func for one in function.decorator_list if isinstance(one, ast.Call)]
    return any(isinstance(call, ast.Name) and call.id == "needs" for call in calls)


def reaching(functions: dict[str, ast.FunctionDef], guarded: set[str], commands: str) -> set[str]:
    """Name the functions that others may call without a guard and that give a command."""
    gives = {name for name, node in functions.items() if commands in names_in(node)}
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
    client.post("/api/sweeps/digits/wishes", json={"kind": "pause"}, headers=shown)

    sweep = questions.find_sweep(store, "digits")
    assert [wish.by for wish in marks.latest_wishes(store, sweep.id)] == ["a-operator"]


def test_every_action_leaves_a_line_in_the_audit(store: Store, app: Dash) -> None:
    client = app.server.test_client()
    shown = {role: headers(store, role) for role in Role}
    for role, sent in ((Role.VIEWER, "pause"), (Role.OPERATOR, "dance"), (Role.ADMIN, "pause")):
        client.post("/api/sweeps/digits/wishes", json={"kind": sent}, headers=shown[role])

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

    assert client.post("/api/sweeps/digits/wishes", json=SENT["wishes"]).status_code == 202
    assert audit.list_actions(store)[0].action.role is Role.ADMIN


@pytest.mark.parametrize("role", list(Role))
def test_everybody_may_look(store: Store, app: Dash, role: Role) -> None:
    client, shown = app.server.test_client(), headers(store, role)

    for path in ("/", "/_dash-layout", "/api/sweep/digits/header", "/metrics"):
        assert client.get(path, headers=shown).status_code == 200
