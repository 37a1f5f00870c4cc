"""Tests of listening: a page that polls keeps its connection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any

import pytest
from sweeper_dashboard.listening import listen

from sweeper.errors import SweeperError
from sweeper.model.access import Access


def nothing_new(_environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    """Answer that nothing has changed."""
    start("204 NO CONTENT", [])
    return []


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a server that has nothing new."""
    server, port = listen(nothing_new, Access(port=0))
    running = threading.Thread(target=server.run, daemon=True)
    running.start()
    yield port
    server.close()
    running.join(timeout=10)


def test_a_connection_outlives_an_answer_without_a_body(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    sockets = []

    for _ in range(3):
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (204, b"")
        sockets.append(connection.sock)

    assert sockets[0] is not None
    assert sockets[1:] == sockets[:-1]
    connection.close()


def test_who_asks_to_close_is_closed(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)

    connection.request("GET", "/", headers={"Connection": "close"})
    answer = connection.getresponse()

    assert answer.getheader("Connection") == "close"
    connection.close()


def test_a_port_that_is_taken_is_said(port: int) -> None:
    with pytest.raises(SweeperError, match=f"cannot listen on 127.0.0.1:{port}"):
        listen(nothing_new, Access(port=port))
