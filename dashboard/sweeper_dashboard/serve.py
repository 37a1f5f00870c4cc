"""Serving the dashboard of a store on this machine."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from dash import Dash

from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.errors import SweeperError
from sweeper.model.access import Access
from sweeper.store import people
from sweeper.store.store import Store
from sweeper_dashboard.app import make_app
from sweeper_dashboard.desk import Confirmation, open_desk
from sweeper_dashboard.entry import Entry
from sweeper_dashboard.figures.drawing import Importance
from sweeper_dashboard.gate import WILDCARD, Gate, is_loopback, new_token
from sweeper_dashboard.listening import listen
from sweeper_dashboard.proxies import read_proxies
from sweeper_dashboard.throttle import Throttle


def serve(
    store_url: str,
    access: Access | None = None,
    *,
    importance: Importance | None = None,
    confirmation: Confirmation | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the dashboard of a store until interrupted.

    Args:
        store_url: an existing store's address.
        access: where to listen, and who may come in; on this machine only where not given.
        importance: says how much each parameter matters; one figure asks it.
        confirmation: reads what confirmations found; none is shown without it.
        on_ready: called once with the address to open, token included where there is one.

    Raises:
        SweeperError: the host is open to others and there are neither users nor a token, the
            address or a proxy is none, or the port is taken.
        StoreError: there is no such store.
    """
    asked = access or Access()
    store = Store(store_url, must_exist=True)
    # Its warnings of a short queue would tell a reader nothing.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    try:
        gate = make_gate(store, asked)
        desk = open_desk(store, importance=importance, confirmation=confirmation)
        app = make_app(desk, gate)
        server, port = listen(app.server, asked)
        settle()
        if on_ready is not None:
            on_ready(_address(asked, port, gate.entry.token))
        server.run()
    finally:
        store.close()


def settle() -> None:
    """Spare what is loaded by now from every later round of the garbage collector.

    It stays as long as the process does, and a round over it takes a tenth of a second.
    """
    gc.collect()
    gc.freeze()


def build(
    store: Store,
    token: str,
    clock: Clock = SYSTEM_CLOCK,
    importance: Importance | None = None,
    access: Access | None = None,
    confirmation: Confirmation | None = None,
) -> Dash:
    """Build the application without serving it; its Flask server is .server."""
    gate = make_gate(store, replace(access or Access(), token=token), clock)
    return make_app(open_desk(store, clock, importance, confirmation), gate)


def make_gate(store: Store, access: Access, clock: Clock = SYSTEM_CLOCK) -> Gate:
    """Make the gate of a store's dashboard.

    Raises:
        SweeperError: the host is open to others and there are neither users nor a token, or
            the address or a proxy is none.
    """
    token, address = access.token, _checked_address(access.address)
    if not token and is_loopback(access.host):
        token = new_token()
    if not token and not people.has_users(store):
        raise SweeperError(
            f"the dashboard would listen on {access.host or 'all addresses'}, open to other "
            "machines, and has no users",
            hint="Add users with: sweeper users add NAME; or give it a token of your own, or "
            "listen on 127.0.0.1 and use an SSH tunnel.",
        )
    entry = Entry(
        store=store,
        token=token or None,
        proxies=read_proxies(access.proxies, access.user_header),
        secure=address is not None and address.startswith("https:"),
        clock=clock,
    )
    return Gate(entry=entry, host=access.host, address=address, throttle=Throttle(clock=clock))


def _checked_address(given: str | None) -> str | None:
    """Give the address that people open, without a path, as browsers name an origin."""
    if given is None:
        return None
    parts = urlsplit(given)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path not in ("", "/"):
        raise SweeperError(
            f"{given!r} is not an address under which people open the dashboard",
            hint="Give one without a path, as in https://sweeper.example.org.",
        )
    usual = {"http": ":80", "https": ":443"}[parts.scheme]
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(usual)}"


def _address(access: Access, port: int, token: str | None) -> str:
    shown = "127.0.0.1" if access.host in WILDCARD else access.host
    name = f"[{shown}]" if ":" in shown else shown
    base = access.address.rstrip("/") if access.address else f"http://{name}:{port}"
    return f"{base}/?token={token}" if token else f"{base}/"
