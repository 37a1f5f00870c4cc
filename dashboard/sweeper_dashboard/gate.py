"""The one gate before every path: host, origin, who is asking, and security headers."""

from __future__ import annotations

import secrets
import socket
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

import orjson
from flask import Flask, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from sweeper.store import people
from sweeper_dashboard.denied import Ways, denied_page, return_page
from sweeper_dashboard.entry import Entry, bearer
from sweeper_dashboard.throttle import Throttle
from sweeper_dashboard.visitor import Refused, Visitor, let_in

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
WILDCARD = frozenset({"0.0.0.0", "::", ""})
OPEN_PATHS = frozenset({"/healthz", "/login"})
READING = frozenset({"GET", "HEAD", "OPTIONS"})
_KEPT_FILES = ("/assets/", "/_dash-component-suites/")
_MOST_GUESSES = 30
_MOST_BYTES = 16 * 2**20
_SESSION_SECONDS = 30 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Who may pass: those whom the entry knows, under a name of this machine.

    Args:
        entry: finds out who is asking.
        host: where the server listens.
        address: what people open where a proxy hides the server.
        throttle: counts wrong tokens and logins.
    """

    entry: Entry
    host: str = "127.0.0.1"
    address: str | None = None
    throttle: Throttle = field(default_factory=Throttle)

    def check(self) -> AnyResponse | None:
        """Answer the current request where it may not pass; None lets it pass."""
        if not self._host_is_ours(request.host):
            return refused(400, "This server does not go by that name.")
        if request.method not in READING and not self._origin_is_ours():
            return refused(403, "This request comes from a foreign page.")
        if request.path in OPEN_PATHS:
            return None
        guess = request.args.get("token", bearer())
        # What begins so is looked up in the store, where no guess ever hits.
        counted = {} if guess is None or guess.startswith("swp_") else self._counted()
        if not self.throttle.admit(counted):
            return refused(429, "Too many wrong tokens. Try again in some minutes.")
        return self._identified(counted)

    def ways(self) -> Ways:
        """Say how people can come in."""
        users = people.has_users(self.entry.store)
        return Ways(password=users, token=self.entry.token is not None)

    def _identified(self, counted: dict[str, int]) -> AnyResponse | None:
        try:
            person = self.entry.who()
        except Refused as refusal:
            return refused(refusal.status, f"{refusal.message}. {refusal.hint}")
        if person is not None:
            self.throttle.forgive(counted)
            let_in(Visitor(person=person, address=self.entry.proxies.origin()))
            return self._without_token() if "token" in request.args else None
        if self.entry.is_start_token(request.args.get("token", "")):
            self.throttle.forgive(counted)
            return self._welcome()
        return self._unknown()

    def _counted(self) -> dict[str, int]:
        return {f"token {self.entry.proxies.origin()}": _MOST_GUESSES}

    def _unknown(self) -> Response:
        """Ask to log in; a link from elsewhere is followed once more, with the cookie."""
        fetched = request.headers.get("Sec-Fetch-Site"), request.headers.get("Sec-Fetch-Mode")
        if fetched == ("cross-site", "navigate") and request.method == "GET":
            return Response(return_page(request.full_path), status=401, mimetype="text/html")
        ways = self.ways()
        return refused(401, "", ways)

    def _host_is_ours(self, host: str) -> bool:
        name = _host_name(host)
        if name in LOOPBACK or name == self.host.lower():
            return True
        if self.address is not None and host.lower() == urlsplit(self.address).netloc.lower():
            return True
        # A rebound DNS name is never an address, nor the name of this machine.
        return self.host in WILDCARD and (_is_address(name) or name == socket.gethostname())

    def _origin_is_ours(self) -> bool:
        origin = request.headers.get("Origin")
        if origin is None:
            return request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")
        if self.address is not None and origin == self.address:
            return True
        return urlsplit(origin).netloc == request.host

    def _without_token(self) -> AnyResponse:
        rest = [(key, value) for key, value in request.args.items(multi=True) if key != "token"]
        # A path of two slashes would lead to another host.
        path = "/" + request.path.lstrip("/")
        return redirect(f"{path}?{urlencode(rest)}" if rest else path, code=303)

    def _welcome(self) -> AnyResponse:
        response = self._without_token()
        cookie, session = self.entry.start_cookie, self.entry.start_session
        self.give_cookie(response, cookie, session, _SESSION_SECONDS)
        return response

    def give_cookie(self, response: AnyResponse, name: str, value: str, seconds: float) -> None:
        """Give a browser a cookie that no script reads and no foreign page sends."""
        response.set_cookie(
            name,
            value,
            httponly=True,
            samesite="Strict",
            secure=self.entry.secure,
            max_age=round(seconds),
        )


def put_up(server: Flask, gate: Gate, script_hashes: list[str]) -> None:
    """Place the gate before all of a server's paths, and its headers on all answers."""
    policy = _policy(script_hashes)
    server.config["MAX_CONTENT_LENGTH"] = _MOST_BYTES
    server.before_request(gate.check)

    def headed(response: AnyResponse) -> AnyResponse:
        headers = response.headers
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if response.status_code >= 400 or not request.path.startswith(_KEPT_FILES):
            headers["Cache-Control"] = "no-store"
        if response.status_code == 204:
            # Most answers are this one; it has no content that could run or be framed.
            headers.pop("Content-Type", None)
            return response
        # What a trial published brings a stricter policy of its own.
        headers.setdefault("Content-Security-Policy", policy)
        headers.setdefault("X-Frame-Options", "DENY")
        # Without any referrer a browser would send its forms without their origin.
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        return response

    server.after_request(headed)


def refused(status: int, reason: str, ways: Ways | None = None) -> Response:
    """Make the answer to a request that may not pass: a page, or JSON for a program."""
    if request.path.startswith("/api/"):
        said = {"error": reason or "nobody is logged in", "hint": "Send a token that holds."}
        return Response(orjson.dumps(said), status=status, mimetype="application/json")
    target = request.full_path if request.method == "GET" else "/"
    page = denied_page(status, reason, ways or Ways(), target)
    return Response(page, status=status, mimetype="text/html")


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach a host.

    Example:
        >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0")
        (True, False)
    """
    return host.lower() in LOOPBACK or (_is_address(host) and ip_address(host).is_loopback)


def new_token() -> str:
    """Make a token that nobody guesses."""
    return secrets.token_urlsafe(24)


def _policy(script_hashes: list[str]) -> str:
    scripts = " ".join(["'self'", *script_hashes])
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {scripts}",
            # Mantine, AG Grid and Plotly write their styles at run time.
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "frame-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


def _host_name(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower().rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
