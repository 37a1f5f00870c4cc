"""Listening for requests, with connections that outlive an answer without a body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import waitress
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer
from waitress.task import WSGITask

from sweeper.errors import SweeperError
from sweeper.model.access import Access

_THREADS = 8


class _Task(WSGITask):  # type: ignore[misc]
    """Answers a request, and keeps its connection where the answer's end is plain."""

    def set_close_on_finish(self) -> None:
        """Close the connection, unless waitress only means that an empty answer has no length.

        Most answers are a 204 to a page that asks every second whether anything changed.
        """
        asked = self.request.headers.get("CONNECTION", "").lower() == "close"
        if self.has_body or asked or self.version != "1.1":
            super().set_close_on_finish()


class _Channel(HTTPChannel):  # type: ignore[misc]
    task_class = _Task


def listen(application: Callable[..., Any], access: Access) -> tuple[Any, int]:
    """Make a server of an application, and tell its port; its run serves until interrupted.

    Raises:
        SweeperError: the port is taken, or the host is none of this machine.
    """
    channels: dict[int, Any] = {}
    try:
        server = waitress.create_server(
            application,
            map=channels,
            host=access.host,
            port=access.port,
            threads=_THREADS,
            ident="sweeper",
            # The gate reads them, and believes trusted proxies only.
            clear_untrusted_proxy_headers=False,
        )
    except (OSError, OverflowError, ValueError) as error:
        raise SweeperError(
            f"the dashboard cannot listen on {access.host}:{access.port}: {error}",
            hint="Choose another port; 0 takes any free one.",
        ) from error
    for each in channels.values():
        if isinstance(each, BaseWSGIServer):
            each.channel_class = _Channel
    # A name with several addresses, as localhost has, is listened on at each of them.
    listened = getattr(server, "effective_listen", None)
    return server, int(listened[0][1] if listened else server.effective_port)
