"""Serving the dashboard of a store on this machine."""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any

import waitress
from dash import Dash

from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.errors import SweeperError
from sweeper.store.store import Store
from sweeper_dashboard.app import make_app
from sweeper_dashboard.desk import open_desk
from sweeper_dashboard.figures.drawing import Importance
from sweeper_dashboard.gate import WILDCARD, Gate, is_loopback, new_token

DEFAULT_PORT = 8765
_THREADS = 8


def serve(
    store_url: str,
    *,
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    token: str | None = None,
    importance: Importance | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the dashboard of a store until interrupted.

    Args:
        store_url: an existing store's address.
        host: where to listen; any but this machine's own needs a token.
        port: 0 takes any free one.
        token: what a browser must show once; None makes one up.
        importance: says how much each parameter matters; one figure asks it.
        on_ready: called once with the address to open, token included.

    Raises:
        SweeperError: the host is open to others and no token was given, or the port is taken.
        StoreError: there is no such store.
    """
    if not is_loopback(host) and not token:
        raise SweeperError(
            f"the dashboard would listen on {host or 'all addresses'}, open to other machines",
            hint="Give it a token of your own, or listen on 127.0.0.1 and use an SSH tunnel.",
        )
    # Plotly looks at pandas wherever it finds it, even half loaded by another thread.
    import_module("pandas")
    gate = Gate(token=token or new_token(), host=host)
    store = Store(store_url, must_exist=True)
    # Its warnings of a short queue would tell a reader nothing.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    try:
        server = _listen(make_app(open_desk(store, importance=importance), gate), host, port)
        address = _address(host, _port(server), gate.token)
        if on_ready is not None:
            on_ready(address)
        server.run()
    finally:
        store.close()


def build(
    store: Store,
    token: str,
    clock: Clock = SYSTEM_CLOCK,
    importance: Importance | None = None,
) -> Dash:
    """Build the application without serving it; its Flask server is .server."""
    return make_app(open_desk(store, clock, importance), Gate(token=token))


def _listen(app: Dash, host: str, port: int) -> Any:
    try:
        return waitress.create_server(
            app.server, host=host, port=port, threads=_THREADS, ident="sweeper"
        )
    except (OSError, OverflowError, ValueError) as error:
        raise SweeperError(
            f"the dashboard cannot listen on {host}:{port}: {error}",
            hint="Choose another port; 0 takes any free one.",
        ) from error


def _port(server: Any) -> int:
    # A name with several addresses, as localhost has, is listened on at each of them.
    listened = getattr(server, "effective_listen", None)
    return int(listened[0][1] if listened else server.effective_port)


def _address(host: str, port: int, token: str) -> str:
    shown = "127.0.0.1" if host in WILDCARD else host
    name = f"[{shown}]" if ":" in shown else shown
    return f"http://{name}:{port}/?token={token}"
