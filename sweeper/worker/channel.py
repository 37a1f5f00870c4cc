"""The contract of a channel: how a worker speaks to its backend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sweeper.model.assignment import Decision
from sweeper.model.event import Event


class Channel(Protocol):
    """Carry events to the backend, and the answer to a report that waits back.

    send() and ask() may be called from any thread of the worker; events of one attempt arrive
    in the order in which they were sent.
    """

    def send(self, events: Sequence[Event]) -> None:
        """Hand events over; returns once the backend is sure to get them."""
        ...

    def ask(self, events: Sequence[Event]) -> Decision:
        """Hand events over, the last of which waits, and wait for its answer."""
        ...
