"""Logging in with a name and a password, and out again."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from sweeper.model.people import Role
from sweeper.store import people
from sweeper.store.audit import Action, Result, record_action
from sweeper.store.people import SESSION, Grant
from sweeper_dashboard.denied import denied_page
from sweeper_dashboard.entry import SESSION_SECONDS
from sweeper_dashboard.gate import Gate
from sweeper_dashboard.passwords import is_password
from sweeper_dashboard.visitor import visitor

_BY_BOTH, _BY_ADDRESS, _BY_NAME = 5, 20, 50


def put_up_login(server: Flask, gate: Gate) -> None:
    """Add the ways to log in and out."""
    server.add_url_rule("/login", "login", lambda: _ask(gate), methods=["GET"])
    server.add_url_rule("/login", "log_in", lambda: log_in(gate), methods=["POST"])
    server.add_url_rule("/logout", "log_out", lambda: log_out(gate), methods=["POST"])


def log_in(gate: Gate) -> AnyResponse:
    """Begin a session for whoever knows the password of a user."""
    name, password = request.form.get("name", "").strip()[:100], request.form.get("password", "")
    limits = _limits(gate, name)
    if not gate.throttle.admit(limits):
        page = denied_page(429, "Too many tries. Try again in some minutes.")
        return Response(page, status=429, mimetype="text/html", headers={"Retry-After": "300"})
    store = gate.entry.store
    if not is_password(password, people.password_of(store, name)):
        _record(gate, name, "log in", Result.REFUSED)
        return _ask(gate, "That is not the password of a user of this dashboard.", 401)
    gate.throttle.forgive(limits)
    grant = Grant(kind=SESSION, label=str(request.user_agent)[:200], seconds=SESSION_SECONDS)
    session = people.issue_token(store, name, grant, gate.entry.clock)
    _record(gate, name, "log in", Result.DONE)
    response = redirect(local_target(request.form.get("next", "")), code=303)
    gate.give_cookie(response, gate.entry.user_cookie, session, SESSION_SECONDS)
    return response


def log_out(gate: Gate) -> AnyResponse:
    """End the session of the browser that asks."""
    entry = gate.entry
    people.end_token(entry.store, request.cookies.get(entry.user_cookie, ""))
    _record(gate, visitor().person.name, "log out", Result.DONE, visitor().person.role)
    response = redirect("/", code=303)
    for cookie in (entry.user_cookie, entry.start_cookie):
        response.delete_cookie(cookie, httponly=True, samesite="Strict", secure=entry.secure)
    return response


def local_target(given: str) -> str:
    """Give a path of this server to go on with; / for whatever leads elsewhere.

    Example:
        >>> local_target("/sweep/digits?q=lr"), local_target("//evil.example/")
        ('/sweep/digits?q=lr', '/')
    """
    try:
        parts = urlsplit(given)
    except ValueError:
        return "/"
    strange = "\\" in given or not given.isprintable()
    local = given.startswith("/") and not (parts.scheme or parts.netloc or strange)
    return given if local and not given.startswith("//") else "/"


def _ask(gate: Gate, reason: str = "", status: int = 200) -> Response:
    target = local_target(request.values.get("next", "/"))
    page = denied_page(status, reason, gate.ways(), target)
    return Response(page, status=status, mimetype="text/html")


def _limits(gate: Gate, name: str) -> dict[str, int]:
    address = gate.entry.proxies.origin()
    return {
        f"login {name}\n{address}": _BY_BOTH,
        f"login from {address}": _BY_ADDRESS,
        f"login of {name}": _BY_NAME,
    }


def _record(gate: Gate, name: str, action: str, outcome: Result, role: Role | None = None) -> None:
    did = Action(
        by=name or "nobody",
        role=role,
        address=gate.entry.proxies.origin(),
        action=action,
        outcome=outcome,
    )
    record_action(gate.entry.store, did, gate.entry.clock)
