"""Tests of who may come in, and of the headers that every answer carries."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sweeper_dashboard.serve import build, serve

from sweeper.errors import SweeperError
from sweeper.model.access import Access
from sweeper.store.store import Store
from tests.dashboard.factory import finish, start_sweep

PATHS = ["/", "/_dash-layout", "/_dash-dependencies", "/api/sweeps", "/assets/00_core.js"]


@pytest.fixture
def visitor(store: Store) -> FlaskClient:
    """A browser that has not shown the token."""
    return build(store, "secret").server.test_client()


@pytest.fixture
def guest(visitor: FlaskClient) -> FlaskClient:
    """A browser that has shown it."""
    visitor.get("/?token=secret")
    return visitor


@pytest.mark.parametrize("path", PATHS)
def test_without_a_token_nothing_is_shown(visitor: FlaskClient, path: str) -> None:
    answer = visitor.get(path)

    assert answer.status_code == 401
    said = "nobody is logged in" if path.startswith("/api/") else "needs its token"
    assert said in answer.text


def test_a_wrong_token_is_no_token(visitor: FlaskClient) -> None:
    assert visitor.get("/?token=guess").status_code == 401


def test_the_token_becomes_a_cookie_and_leaves_the_address(visitor: FlaskClient) -> None:
    answer = visitor.get("/sweep/digits?token=secret&tab=1")

    cookie = answer.headers["Set-Cookie"]
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/sweep/digits?tab=1"
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "secret" not in cookie


@pytest.mark.parametrize("path", PATHS)
def test_with_the_cookie_everything_is_shown(guest: FlaskClient, path: str) -> None:
    assert guest.get(path).status_code == 200


def test_the_redirect_never_leads_to_another_host(visitor: FlaskClient) -> None:
    path = {"PATH_INFO": "//evil.example/"}

    answer = visitor.get("/?token=secret", environ_overrides=path)

    assert answer.headers["Location"] == "/evil.example/"


def test_the_health_of_the_server_is_open_to_all(visitor: FlaskClient) -> None:
    assert visitor.get("/healthz").text == "ok"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8765"])
def test_a_foreign_host_name_is_refused(guest: FlaskClient, host: str) -> None:
    assert guest.get("/", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost", "[::1]:8765"])
def test_the_names_of_this_machine_are_known(visitor: FlaskClient, host: str) -> None:
    assert visitor.get("/", headers={"Host": host}).status_code == 401


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://localhost:1"])
def test_a_foreign_origin_cannot_post(guest: FlaskClient, origin: str) -> None:
    headers = {"Origin": origin}

    assert guest.post("/_dash-update-component", json={}, headers=headers).status_code == 403


def test_every_answer_carries_the_security_headers(guest: FlaskClient) -> None:
    headers = guest.get("/").headers

    scripts = headers["Content-Security-Policy"].split("script-src ")[1].split(";")[0]
    assert "unsafe" not in scripts
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", ""])
def test_an_open_host_needs_a_token_of_ones_own(store: Store, host: str) -> None:
    with pytest.raises(SweeperError, match="open to other machines") as raised:
        serve(store.address(), Access(host=host))

    assert "token" in raised.value.hint


def test_a_wish_reaches_the_store_of_a_driven_sweep_only(store: Store, guest: FlaskClient) -> None:
    driven = start_sweep(store, "digits")

    granted = guest.post("/api/sweeps/digits/wishes", json={"kind": "pause"})
    finish(driven)
    refused = guest.post("/api/sweeps/digits/wishes", json={"kind": "pause"})

    assert granted.status_code == 202
    assert refused.status_code == 409
    assert guest.post("/api/sweeps/digits/wishes", json={"kind": "dance"}).status_code == 400
