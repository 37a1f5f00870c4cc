"""Finding out who is asking: by a trusted proxy, a token, a session or the start token."""

from __future__ import annotations

import getpass
import hashlib
import hmac
from dataclasses import dataclass, field

from flask import request

from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.model.people import Person, Role
from sweeper.store import people
from sweeper.store.people import API, SESSION
from sweeper.store.store import Store
from sweeper_dashboard.proxies import Proxies
from sweeper_dashboard.visitor import Refused

SESSION_SECONDS = 14 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Who may come in: the users of the store, and whoever knows the start token.

    A browser shows the start token once, as ?token=..., and then keeps a session cookie.
    """

    store: Store
    token: str | None = None
    proxies: Proxies = field(default_factory=Proxies)
    secure: bool = False
    clock: Clock = SYSTEM_CLOCK

    @property
    def start_cookie(self) -> str:
        """The cookie of the start token; servers on other ports have others."""
        return self._cookie(_digest(self.token or "", "name"))

    @property
    def start_session(self) -> str:
        """What that cookie holds: the token cannot be read from it."""
        return _digest(self.token or "", "session")

    @property
    def user_cookie(self) -> str:
        """The cookie of users who have logged in; dashboards of other stores have others."""
        return self._cookie(_digest(str(self.store), "users"))

    def who(self) -> Person | None:
        """Give who is asking; None where nobody says so in a way that holds.

        Raises:
            Refused: a trusted proxy names somebody who is no user.
        """
        named = self.proxies.user()
        if named is not None:
            return self._named(named)
        token = bearer()
        if token is None:
            return self._logged_in() or self._starter()
        if self.is_start_token(token):
            return self.starter()
        return people.holder_of(self.store, token, API, self.clock)

    def starter(self) -> Person:
        """Give the person who started the dashboard."""
        return Person(name=getpass.getuser(), role=Role.ADMIN)

    def is_start_token(self, given: str) -> bool:
        """Tell whether a token is the one of the start."""
        return self.token is not None and _same(given, self.token)

    def _named(self, name: str) -> Person:
        found = people.find_person(self.store, name)
        if found is None:
            raise Refused(
                f"{name[:100]} is no user of this dashboard",
                "Ask an administrator to add you with: sweeper users add",
                403,
            )
        return found

    def _logged_in(self) -> Person | None:
        session = request.cookies.get(self.user_cookie)
        return people.holder_of(self.store, session, SESSION, self.clock) if session else None

    def _starter(self) -> Person | None:
        shown = request.cookies.get(self.start_cookie, "")
        known = self.token is not None and _same(shown, self.start_session)
        return self.starter() if known else None

    def _cookie(self, digest: str) -> str:
        # Of such a name a browser takes nothing from other hosts or from plain HTTP.
        return f"{'__Host-' if self.secure else ''}sweeper_{digest[:10]}"


def bearer() -> str | None:
    """Give the token that the current request shows in its header; None where it shows none."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def _digest(token: str, purpose: str) -> str:
    return hmac.new(token.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), known.encode())
