"""The contract of a channel: how a worker speaks to its backend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

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


@runtime_checkable
class Timed(Protocol):
    """A channel to a backend in which a time of its own passes; reports leave it at once."""

    def spend(self, seconds: float) -> None:
        """Let this time pass for the function."""
        ...

    def before_report(self, step: int) -> None:
        """Let the time pass that the function needs to get to its report of this step."""
        ...
