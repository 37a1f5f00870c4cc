"""Tests of the ways in: passwords and their sessions, tokens of programs, trusted proxies."""

from __future__ import annotations

from typing import Any

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from sweeper_dashboard import passwords
from sweeper_dashboard.login import local_target
from sweeper_dashboard.serve import build, make_gate

from sweeper.clock import SettableClock
from sweeper.errors import SweeperError
from sweeper.model.access import Access
from sweeper.model.people import Role
from sweeper.store import audit, people
from sweeper.store.people import Grant
from sweeper.store.store import Store

SECRET = "correct horse battery"
DAY = 86_400.0


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash with little work: what is tested is not argon2."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(1, memory_cost=64))
    passwords._nobodys.cache_clear()


@pytest.fixture
def clock() -> SettableClock:
    """A clock that the test moves."""
    return SettableClock()


@pytest.fixture
def ada(store: Store) -> str:
    """An operator with a password."""
    hashed = passwords.hash_password(SECRET)
    people.add_user(store, "ada", Role.OPERATOR, password=hashed)
    return "ada"


@pytest.fixture
def browser(store: Store, ada: str, clock: SettableClock) -> FlaskClient:
    """A browser that is not logged in."""
    return build(store, "", clock, access=Access(host="0.0.0.0")).server.test_client()


def log_in(client: FlaskClient, password: str = SECRET, name: str = "ada", **more: Any) -> Any:
    """Send the form of the login."""
    return client.post(
        "/login", data={"name": name, "password": password, **more.pop("data", {})}, **more
    )


def test_whoever_knows_a_password_is_logged_in(store: Store, browser: FlaskClient) -> None:
    assert browser.get("/").status_code == 401

    answer = log_in(browser, data={"next": "/sweep/digits?q=lr"})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/sweep/digits?q=lr")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert browser.get("/").status_code == 200
    assert SECRET not in str(audit.list_actions(store))


@pytest.mark.parametrize(
    ("name", "password"), [("ada", "wrong"), ("bob", SECRET), ("", ""), ("ada", "x" * 5000)]
)
def test_whoever_does_not_stays_outside(
    store: Store, browser: FlaskClient, name: str, password: str
) -> None:
    answer = log_in(browser, password, name)

    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers
    assert browser.get("/").status_code == 401
    assert audit.list_actions(store)[0].action.outcome == "refused"


def test_a_user_without_a_password_cannot_log_in(store: Store, browser: FlaskClient) -> None:
    people.add_user(store, "robot", Role.ADMIN)

    assert log_in(browser, "nobody has this password", "robot").status_code == 401


def test_guessing_is_slowed_down_and_forgotten_after_some_minutes(
    browser: FlaskClient, clock: SettableClock
) -> None:
    answers = [log_in(browser, "wrong").status_code for _ in range(7)]
    assert answers == [401] * 5 + [429] * 2
    assert log_in(browser).status_code == 429
    elsewhere = {"environ_base": {"REMOTE_ADDR": "10.0.0.9"}}
    assert log_in(browser, **elsewhere).status_code == 303

    clock.advance(301.0)
    assert log_in(browser).status_code == 303


def test_logging_in_again_and_again_is_no_guessing(browser: FlaskClient) -> None:
    assert {log_in(browser).status_code for _ in range(25)} == {303}


def test_guessing_the_token_is_slowed_down(store: Store) -> None:
    client = build(store, "secret").server.test_client()

    answers = [client.get(f"/?token={guess}").status_code for guess in range(31)]
    assert answers == [401] * 30 + [429]
    assert client.get("/", headers={"Authorization": "Bearer guess"}).status_code == 429


def test_a_session_ends_with_its_time_its_logout_or_its_user(
    store: Store, browser: FlaskClient, clock: SettableClock
) -> None:
    log_in(browser)
    assert browser.post("/logout").status_code == 303
    assert browser.get("/").status_code == 401

    stolen = log_in(browser).headers["Set-Cookie"].partition(";")[0]
    browser.post("/logout")
    assert browser.get("/", headers={"Cookie": stolen}).status_code == 401

    log_in(browser)
    clock.advance(15 * DAY)
    assert browser.get("/").status_code == 401
    log_in(browser)
    people.remove_user(store, "ada")
    assert browser.get("/").status_code == 401


@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
def test_a_foreign_page_can_neither_log_in_nor_out(browser: FlaskClient, origin: str) -> None:
    assert log_in(browser, headers={"Origin": origin}).status_code == 403
    log_in(browser)
    assert browser.post("/logout", headers={"Origin": origin}).status_code == 403
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/a\nb", "//[", ""],
)
def test_a_login_leads_nowhere_else(target: str) -> None:
    assert local_target(target) == "/"


def test_what_is_sent_cannot_become_a_part_of_the_page(browser: FlaskClient) -> None:
    attack = '"><script>alert(1)</script>'

    pages = [
        browser.get("/login", query_string={"next": f"/{attack}"}).text,
        log_in(browser, "wrong", attack, data={"next": f"/{attack}"}).text,
        browser.get("/", query_string={"q": attack}).text,
    ]
    assert not any("<script" in page for page in pages)


def test_a_link_from_a_foreign_page_is_followed_once_more_from_our_own(
    browser: FlaskClient,
) -> None:
    fetched = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}

    page = browser.get("/sweep/digits?q=%22a", headers=fetched).text
    assert 'content="0; url=/sweep/digits?q=%22a"' in page
    assert "http-equiv" not in browser.get("/sweep/digits").text


def test_a_program_shows_its_token(store: Store, browser: FlaskClient) -> None:
    token = people.issue_token(store, "ada", Grant(role=Role.VIEWER))
    shown = {"Authorization": f"Bearer {token}"}

    assert browser.get("/api/sweeps", headers=shown).status_code == 200
    people.revoke_token(store, "ada", "")
    answer = browser.get("/api/sweeps", headers=shown)
    assert answer.status_code == 401
    assert answer.mimetype == "application/json"


def test_a_wrong_token_is_not_saved_by_a_cookie(browser: FlaskClient) -> None:
    log_in(browser)

    shown = {"Authorization": "Bearer swp_wrong"}
    assert browser.get("/", headers=shown).status_code == 401


@pytest.fixture
def proxied(store: Store, ada: str) -> FlaskClient:
    """A browser before a dashboard that trusts a proxy at 10.0.0.1."""
    access = Access(
        host="0.0.0.0", proxies=("10.0.0.1",), user_header="X-User", address="https://sweeper.test"
    )
    return build(store, "", access=access).server.test_client()


def asked(client: FlaskClient, peer: str, user: str | None, **more: str) -> Any:
    """Ask as a proxy would, for a user."""
    named = {} if user is None else {"X-User": user}
    headers = {"Host": "sweeper.test", **named, **more}
    return client.get("/api/sweeps", headers=headers, environ_base={"REMOTE_ADDR": peer})


def test_only_a_trusted_proxy_says_who_is_asking(proxied: FlaskClient) -> None:
    assert asked(proxied, "10.0.0.1", "ada").status_code == 200
    assert asked(proxied, "::ffff:10.0.0.1", "ada").status_code == 200
    assert asked(proxied, "10.0.0.2", "ada").status_code == 401
    assert asked(proxied, "10.0.0.1", None).status_code == 401


def test_a_proxy_names_users_alone(proxied: FlaskClient) -> None:
    answer = asked(proxied, "10.0.0.1", "mallory")

    assert answer.status_code == 403
    assert "no user of this dashboard" in answer.json["error"]


def test_an_address_is_told_by_trusted_proxies_alone(store: Store, proxied: FlaskClient) -> None:
    forged = {"X-Forwarded-For": "1.2.3.4, 9.9.9.9, 10.0.0.1", "Host": "sweeper.test"}
    for peer in ("10.0.0.1", "10.0.0.2"):
        log_in(proxied, "wrong", headers=forged, environ_base={"REMOTE_ADDR": peer})

    told = [line.action.address for line in reversed(audit.list_actions(store))]
    assert told == ["9.9.9.9", "10.0.0.2"]


def test_behind_https_the_cookie_is_the_hosts_alone(proxied: FlaskClient) -> None:
    sent = {"Host": "sweeper.test", "Origin": "https://sweeper.test"}

    cookie = log_in(proxied, headers=sent).headers["Set-Cookie"]
    assert cookie.startswith("__Host-sweeper_")
    assert "Secure" in cookie
    assert log_in(proxied, headers={**sent, "Host": "other.test"}).status_code == 400


def test_an_open_host_needs_users_or_a_token(store: Store) -> None:
    with pytest.raises(SweeperError, match="has no users") as raised:
        make_gate(store, Access(host="0.0.0.0"))
    assert "sweeper users add" in raised.value.hint

    people.add_user(store, "ada", Role.VIEWER)
    assert make_gate(store, Access(host="0.0.0.0")).entry.token is None
    assert make_gate(store, Access()).entry.token


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"proxies": ("proxy.test",)}, "not the address of a proxy"),
        ({"proxies": ("0.0.0.0/0",)}, "everybody"),
        ({"user_header": "X User"}, "cannot be a header"),
        ({"address": "sweeper.test"}, "is not an address"),
        ({"address": "https://sweeper.test/path"}, "is not an address"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_served(
    store: Store, wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(SweeperError, match=said):
        make_gate(store, Access(**wrong))
