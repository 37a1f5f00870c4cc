"""Tests of the users of a store, of the tokens that stand for them, and of the audit."""

from __future__ import annotations

import pytest

from sweeper.clock import SettableClock
from sweeper.errors import SweeperError
from sweeper.model.people import Person, Role
from sweeper.store import audit, people
from sweeper.store.audit import Action, Result
from sweeper.store.people import API, SESSION, Grant
from sweeper.store.store import Store


@pytest.fixture
def ada(store: Store) -> str:
    """An operator."""
    people.add_user(store, "ada", Role.OPERATOR, password="hash", by="root")
    return "ada"


def test_a_user_is_listed_with_role_and_tokens(store: Store, ada: str) -> None:
    people.issue_token(store, ada, Grant(label="ci", role=Role.VIEWER))
    people.issue_token(store, ada, Grant(kind=SESSION))

    (found,) = people.list_users(store)
    assert (found.name, found.role, found.by, found.has_password) == ("ada", "operator", "root", 1)
    assert [(token.label, token.role) for token in found.tokens] == [("ci", "viewer")]


def test_a_name_is_taken_once(store: Store, ada: str) -> None:
    with pytest.raises(SweeperError, match="already"):
        people.add_user(store, ada, Role.ADMIN)

    assert people.find_person(store, ada) == Person(name="ada", role=Role.OPERATOR)


@pytest.mark.parametrize("name", ["", "a b", "<b>", "a\x00", "ä", "a/b", "x" * 101, "a\n"])
def test_a_name_is_made_of_plain_letters(store: Store, name: str) -> None:
    with pytest.raises(SweeperError, match="cannot be the name"):
        people.add_user(store, name, Role.VIEWER)


def test_a_token_stands_for_its_user_and_is_not_in_the_store(store: Store, ada: str) -> None:
    token = people.issue_token(store, ada, Grant())

    assert people.holder_of(store, token, API) == Person(name="ada", role=Role.OPERATOR)
    assert people.holder_of(store, token, SESSION) is None
    assert people.holder_of(store, token + "x", API) is None
    with store.reading() as connection:
        rows = connection.exec_driver_sql("select * from tokens").all()
    assert token not in str(rows)


@pytest.mark.parametrize(
    ("limit", "allowed"), [(Role.VIEWER, Role.VIEWER), (Role.ADMIN, Role.OPERATOR)]
)
def test_a_token_allows_no_more_than_its_limit_and_its_user(
    store: Store, ada: str, limit: Role, allowed: Role
) -> None:
    token = people.issue_token(store, ada, Grant(role=limit))

    found = people.holder_of(store, token, API)
    assert found is not None
    assert found.role is allowed


def test_a_role_that_is_taken_away_is_gone_at_once(store: Store, ada: str) -> None:
    token = people.issue_token(store, ada, Grant())
    people.change_role(store, ada, Role.VIEWER)

    assert people.holder_of(store, token, API) == Person(name="ada", role=Role.VIEWER)


def test_a_token_ends_with_its_time_its_label_or_its_user(store: Store, ada: str) -> None:
    clock = SettableClock()
    short = people.issue_token(store, ada, Grant(label="short", seconds=60.0), clock)
    revoked = people.issue_token(store, ada, Grant(label="revoked"), clock)
    kept = people.issue_token(store, ada, Grant(label="kept"), clock)

    clock.advance(60.0)
    people.revoke_token(store, ada, "revoked")
    held = [people.holder_of(store, token, API, clock) for token in (short, revoked, kept)]
    assert [person is not None for person in held] == [False, False, True]

    people.remove_user(store, ada)
    assert people.holder_of(store, kept, API, clock) is None
    assert not people.has_users(store)


def test_another_password_ends_the_sessions_and_keeps_the_programs(store: Store, ada: str) -> None:
    session = people.issue_token(store, ada, Grant(kind=SESSION))
    program = people.issue_token(store, ada, Grant())

    people.change_password(store, ada, "other")
    assert people.password_of(store, ada) == "other"
    assert people.holder_of(store, session, SESSION) is None
    assert people.holder_of(store, program, API) is not None


def test_what_is_not_there_is_named(store: Store, ada: str) -> None:
    for act in (
        lambda: people.remove_user(store, "bob"),
        lambda: people.change_role(store, "bob", Role.ADMIN),
        lambda: people.change_password(store, "bob", None),
        lambda: people.issue_token(store, "bob", Grant()),
    ):
        with pytest.raises(SweeperError, match="no user 'bob'"):
            act()
    with pytest.raises(SweeperError, match="no token 'ci'"):
        people.revoke_token(store, ada, "ci")


def test_the_audit_is_read_backwards_by_cursor(store: Store) -> None:
    clock = SettableClock()
    for number in range(5):
        clock.advance(1.0)
        did = Action(
            by="ada\x00", action=f"act {number}", outcome=Result.REFUSED, detail="x" * 9000
        )
        audit.record_action(store, did, clock)

    newest = audit.list_actions(store, limit=2)
    older = audit.list_actions(store, before=newest[-1].id, limit=10)
    told = [line.action.action for line in (*newest, *older)]
    assert told == ["act 4", "act 3", "act 2", "act 1", "act 0"]
    assert newest[0].time == clock.now()
    assert newest[0].action.outcome is Result.REFUSED
    assert len(newest[0].action.detail or "") == 2000
