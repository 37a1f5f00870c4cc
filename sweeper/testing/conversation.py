"""A conversation with a backend: start attempts, answer them, and wait for what they say."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sweeper.backend import Backend, CallerServed
from sweeper.model.assignment import Assignment, Decision
from sweeper.model.encoding import Value
from sweeper.model.event import AttemptKey, Ended, Event, Logged, Reported
from sweeper.model.milestones import NO_MILESTONES, Milestones
from sweeper.worker.code import pack

_ROUNDS = 600
_ROUND_SECONDS = 0.1
_MOST_BATCHES = 20_000

E = TypeVar("E", bound=Event)


def make_assignment(
    function: Callable[..., Any],
    *,
    folder: str | Path,
    trial: int = 0,
    attempt: int = 1,
    milestones: Milestones = NO_MILESTONES,
    params: Mapping[str, Value] | None = None,
) -> Assignment:
    """Make an assignment of a function whose objective is called loss.

    Example:
        >>> from sweeper.testing.functions import doubles
        >>> made = make_assignment(doubles, folder="/tmp/trial", trial=3, params={"x": 2.0})
        >>> made.key, made.seed
        (AttemptKey(trial=3, attempt=1), 1003)

    Args:
        function: what to run; workers must be able to import it, or it travels by value.
        folder: where the trial's checkpoints and artifacts go.
        trial: the trial's number, which its seed follows.
        attempt: the attempt's number, from 1.
        milestones: the steps at which report() waits for an answer.
        params: what the function is called with.
    """
    return Assignment(
        key=AttemptKey(trial, attempt),
        sweep="contract",
        params=dict(params or {}),
        seed=1000 + trial,
        code=pack(function),
        metrics=("loss",),
        folder=str(folder),
        milestones=milestones,
    )


class Conversation:
    """Keep all that a backend has said, and wait for more of it, never longer than a minute.

    Example:
        >>> from sweeper.backend import BackendRequest
        >>> from sweeper.model.resources import Resources
        >>> from sweeper_inline.backend import open_backend
        >>> from sweeper.testing.functions import doubles
        >>> backend = open_backend(BackendRequest(argument=None, resources=Resources()))
        >>> with talking(backend) as talk:
        ...     key = talk.start(make_assignment(doubles, folder="/tmp/trial"))
        ...     talk.end_of(key).values
        (2.0,)
    """

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.heard: list[Event] = []

    def start(self, assignment: Assignment) -> AttemptKey:
        """Start an attempt."""
        self.backend.start(assignment)
        return assignment.key

    def listen(self, seconds: float = _ROUND_SECONDS) -> list[Event]:
        """Hear what is new."""
        new = list(self.backend.events(seconds))
        self.heard += new
        return new

    def until(self, found: Callable[[], bool], what: str) -> None:
        """Listen until something is so.

        Raises:
            AssertionError: it is not so after a minute; shows what was heard last.
        """
        silent = batches = 0
        while not found():
            silent += not self.listen()
            batches += 1
            if silent >= _ROUNDS or batches >= _MOST_BATCHES:
                raise AssertionError(f"waited in vain for {what}; heard {self.heard[-5:]}")

    def of(self, key: AttemptKey, kind: type[E]) -> list[E]:
        """Give what an attempt has said of one kind, in its order."""
        return [event for event in self.heard if event.key == key and isinstance(event, kind)]

    def end_of(self, key: AttemptKey) -> Ended:
        """Wait for the end of an attempt."""
        self.until(lambda: bool(self.of(key, Ended)), f"the end of {key}")
        return self.of(key, Ended)[0]

    def next_waiting(self, key: AttemptKey, number: int = 1) -> Reported:
        """Wait for the attempt's so manieth report that waits for an answer."""

        def waiting() -> list[Reported]:
            return [report for report in self.of(key, Reported) if report.waits]

        self.until(lambda: len(waiting()) >= number, f"waiting report {number} of {key}")
        return waiting()[number - 1]

    def answer(self, key: AttemptKey, decision: Decision) -> None:
        """Answer a report that waits."""
        self.backend.answer(key, decision)

    def text_of(self, key: AttemptKey, stream: str) -> str:
        """Give what an attempt has written to a stream so far."""
        return "".join(logged.text for logged in self.of(key, Logged) if logged.stream == stream)


@contextmanager
def talking(backend: Backend) -> Iterator[Conversation]:
    """Converse with a backend and close it; one that the caller serves gets a thread for it."""
    served = None
    if isinstance(backend, CallerServed):
        served = threading.Thread(target=backend.serve, name="sweeper-serving", daemon=True)
        served.start()
    try:
        yield Conversation(backend)
    finally:
        backend.close()
        if served is not None:
            served.join(timeout=_ROUNDS * _ROUND_SECONDS)
