"""The verb dashboard: serve the pages in which trials are compared."""

from __future__ import annotations

import argparse
import webbrowser
from typing import Any

from sweeper.cli.output import common_options, say
from sweeper.model.access import USER_HEADER, Access
from sweeper.plugins import load_dashboard
from sweeper.store.store import Store


def add_verbs(verbs: Any) -> None:
    """Add dashboard."""
    dashboard = verbs.add_parser(
        "dashboard", parents=[common_options(reads=False)], help="compare trials in a browser"
    )
    dashboard.add_argument("--host", default="127.0.0.1", help="the address; 127.0.0.1")
    dashboard.add_argument("--port", type=int, default=8765, help="the port; 8765, 0 for any")
    dashboard.add_argument("--token", help="who knows it may enter; made up where not given")
    dashboard.add_argument("--open", action="store_true", help="open a browser on it")
    dashboard.add_argument(
        "--address", metavar="URL", help="what people open, where a proxy stands before it"
    )
    dashboard.add_argument(
        "--trust-proxy",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="a proxy, or a network of them, that names the user; may be given again",
    )
    dashboard.add_argument(
        "--user-header", default=USER_HEADER, help=f"where it names the user; {USER_HEADER}"
    )
    dashboard.set_defaults(act=_dashboard)


def _dashboard(parsed: argparse.Namespace) -> int:
    store = Store(parsed.store, must_exist=True)
    from sweeper.confirmation import describe_confirmation
    from sweeper.search.importance import importance

    access = Access(
        host=parsed.host,
        port=parsed.port,
        token=parsed.token,
        address=parsed.address,
        proxies=tuple(parsed.trust_proxy),
        user_header=parsed.user_header,
    )
    serve = load_dashboard("app")
    serve(
        store.address(),
        access,
        importance=importance,
        confirmation=describe_confirmation,
        on_ready=lambda url: _tell(url, store, opens=parsed.open),
    )
    return 0


def _tell(url: str, store: Store, *, opens: bool) -> None:
    say(f"Dashboard of {store}: {url}\nCtrl-C ends it.")
    if opens:
        webbrowser.open(url)
