"""The verb users: adding people, giving them roles and tokens, and the audit of it."""

from __future__ import annotations

import io
import json

import pytest

from sweeper.model.people import Person, Role
from sweeper.store import people
from sweeper.store.people import API
from sweeper.store.store import Store
from tests.cli.conftest import Shell


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password that comes through a pipe."""
    monkeypatch.setattr("sys.stdin", io.StringIO("a long secret\nanother line\n"))


def test_a_user_is_added_with_a_hashed_password(shell: Shell, sqlite_url: str, piped: None) -> None:
    ran = shell("users", "add", "ada", "--role", "operator")

    assert (ran.code, ran.err) == (0, "")
    assert "as an operator" in ran.out
    assert (people.password_of(Store(sqlite_url), "ada") or "").startswith("$argon2id$")


def test_a_short_password_is_refused(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))

    ran = shell("users", "add", "ada")

    assert ran.code == 1
    assert "too short" in ran.err
    assert json.loads(shell("users", "ls", "--json").out) == []


def test_a_token_stands_alone_on_standard_output(shell: Shell, sqlite_url: str) -> None:
    shell("users", "add", "ada", "--role", "admin", "--no-password")

    ran = shell("users", "token", "ada", "--label", "prometheus", "--role", "viewer")

    held = people.holder_of(Store(sqlite_url), ran.out.strip(), API)
    assert held == Person(name="ada", role=Role.VIEWER)
    assert shell("users", "token", "ada", "--label", "prometheus").code == 1
    assert shell("users", "token", "ada", "--revoke", "prometheus").code == 0
    assert people.holder_of(Store(sqlite_url), ran.out.strip(), API) is None


def test_roles_are_changed_and_users_removed(shell: Shell) -> None:
    shell("users", "add", "ada", "--no-password")
    shell("users", "role", "ada", "operator")

    listed = json.loads(shell("users", "ls", "--json").out)
    assert [(user["name"], user["role"]) for user in listed] == [("ada", "operator")]
    assert "ada" in shell("users", "ls").out
    assert shell("users", "remove", "ada").code == 0
    assert json.loads(shell("users", "ls", "--json").out) == []


def test_every_change_leaves_a_line_in_the_audit(shell: Shell) -> None:
    shell("users", "add", "ada", "--no-password")
    shell("users", "remove", "bob")

    lines = json.loads(shell("users", "audit", "--json").out)
    assert [(line["action"], line["outcome"]) for line in lines] == [
        ("users remove", "failed"),
        ("users add", "done"),
    ]
    assert "no user 'bob'" in lines[0]["detail"]
    assert "users add" in shell("users", "audit").out


@pytest.mark.parametrize("wrong", [["--days", "-1"], ["--role", "king"]])
def test_what_no_token_can_be_is_wrong_usage(shell: Shell, wrong: list[str]) -> None:
    shell("users", "add", "ada", "--no-password")

    assert shell("users", "token", "ada", *wrong).code == 2
