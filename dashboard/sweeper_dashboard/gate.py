"""The one gate before every path: host, origin, token, session cookie and security headers."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import socket
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from sweeper_dashboard.denied import denied_page

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
WILDCARD = frozenset({"0.0.0.0", "::", ""})
_OPEN_PATHS = frozenset({"/healthz"})
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Who may come in: those who know the token, under a name of this machine.

    A browser shows the token once, as ?token=..., and then keeps a session cookie.
    """

    token: str
    host: str = "127.0.0.1"

    @property
    def cookie(self) -> str:
        """The name of the session cookie; servers on other ports have others."""
        return f"sweeper_{_digest(self.token, 'name')[:10]}"

    @property
    def session(self) -> str:
        """What the session cookie holds: the token cannot be read from it."""
        return _digest(self.token, "session")

    def check(self) -> AnyResponse | None:
        """Answer the current request where it may not pass; None lets it pass."""
        if not self._host_is_ours(request.host):
            return _refused(400, "This server does not go by that name.")
        if request.method not in _READING and not self._origin_is_ours():
            return _refused(403, "This request comes from a foreign page.")
        if request.path in _OPEN_PATHS:
            return None
        if _same(request.cookies.get(self.cookie, ""), self.session):
            return self._without_token() if "token" in request.args else None
        if _same(request.args.get("token", ""), self.token):
            return self._welcome()
        return _refused(401, "")

    def _host_is_ours(self, host: str) -> bool:
        name = _host_name(host)
        if name in LOOPBACK or name == self.host.lower():
            return True
        # A rebound DNS name is never an address, nor the name of this machine.
        return self.host in WILDCARD and (_is_address(name) or name == socket.gethostname())

    def _origin_is_ours(self) -> bool:
        origin = request.headers.get("Origin")
        if origin is None:
            return request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")
        return urlsplit(origin).netloc == request.host

    def _without_token(self) -> AnyResponse:
        rest = [(key, value) for key, value in request.args.items(multi=True) if key != "token"]
        # A path of two slashes would lead to another host.
        path = "/" + request.path.lstrip("/")
        return redirect(f"{path}?{urlencode(rest)}" if rest else path, code=303)

    def _welcome(self) -> AnyResponse:
        response = self._without_token()
        response.set_cookie(
            self.cookie, self.session, httponly=True, samesite="Strict", max_age=30 * 86_400
        )
        return response


def put_up(server: Flask, gate: Gate, script_hashes: list[str]) -> None:
    """Place the gate before all of a server's paths, and its headers on all answers."""
    policy = _policy(script_hashes)
    server.before_request(gate.check)

    def healthz() -> Response:
        return Response("ok", mimetype="text/plain")

    def headed(response: AnyResponse) -> AnyResponse:
        # What a trial published brings a stricter policy of its own.
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if request.path.startswith("/api/") or response.status_code >= 400:
            response.headers["Cache-Control"] = "no-store"
        return response

    server.add_url_rule("/healthz", "healthz", healthz)
    server.after_request(headed)


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


def _refused(status: int, reason: str) -> Response:
    page = denied_page(status, reason)
    return Response(page, status=status, mimetype="text/html")


def _digest(token: str, purpose: str) -> str:
    return hmac.new(token.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode(), known.encode())


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
