"""What Ray brings, heard of when it is there and not by asking again and again."""

from __future__ import annotations

import queue
from concurrent.futures import Future
from typing import Any, NamedTuple

from sweeper.model.event import AttemptKey

NOBODY = AttemptKey(-1, 0)
"""Stands for the attempt of what is of none."""


class Arrival(NamedTuple):
    """A reference whose value, or whose error, is there, and the attempt that it is of."""

    ref: Any
    future: Future[Any]
    key: AttemptKey

    @property
    def error(self) -> BaseException | None:
        """The error, if that is what has come."""
        return self.future.exception()

    def result(self) -> Any:
        """Give the value, or raise the error."""
        return self.future.result()


class Arrivals:
    """Wait for any of many references.

    ray.wait() would look at all of them each time it is called.
    """

    def __init__(self) -> None:
        self._arrived: queue.SimpleQueue[Arrival] = queue.SimpleQueue()

    def expect(self, ref: Any, key: AttemptKey = NOBODY) -> None:
        """Give a reference's arrival to a later take()."""
        # The callback runs on a thread of Ray's, which is not to be kept.
        ref.future().add_done_callback(lambda future: self._arrived.put(Arrival(ref, future, key)))

    def take(self, patience: float) -> list[Arrival]:
        """Wait up to so many seconds for an arrival; give all that are there."""
        try:
            arrived = [self._arrived.get(timeout=patience)]
        except queue.Empty:
            return []
        while not self._arrived.empty():
            arrived.append(self._arrived.get())
        return arrived
