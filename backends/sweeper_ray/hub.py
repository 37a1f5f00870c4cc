"""The hub: the one Ray actor between the workers of a sweep and its backend."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from sweeper.model.assignment import Decision
from sweeper.model.event import AttemptKey
from sweeper_ray.refused import why_not_served

# Methods that may wait have threads of their own, so that they cannot hold the others up: an
# answer must get through where every thread for questions is taken by a waiting worker.
_GROUP_OF = {
    "hear": "reports",
    "ask": "questions",
    "listen": "listening",
    "release": "control",
    "meet": "meetings",
    "announce": "control",
    "read": "reading",
    "read_now": "control",
    "answer": "control",
    "stop": "control",
    "ready": "control",
}
# One thread for reports: what a worker sends without waiting arrives in its order.
_THREADS = {"reports": 1, "reading": 2, "control": 2, "meetings": 16}
_MOST_WAITING = 500
_STARTS = 5
_START_SECONDS = 120.0
_QUIET_SECONDS = 1.0
_LONG_SECONDS = 20.0

GO_ON, END, LEAVE, LISTEN = "go on", "end", "leave", "listen"
"""What a worker is told: nothing, that its attempt ends, that its node has to go, or that it need
not ask again, since there is a thread at which it may wait to be told."""


class Hub:
    """Hold events until the backend reads them, and answers until their worker has them.

    A plain actor with threads: measured against an asyncio actor, an answered report took
    three quarters of the time, and against workers that poll for their answer no longer.
    Lines are numbered and kept until a later read says that they have arrived.
    """

    def __init__(self, seats: int = 0) -> None:
        self._changed = threading.Condition()
        self._lines: list[str] = []
        self._first = 0
        self._pressing = 0
        self._wishes: dict[AttemptKey, str] = {}
        self._waiting: dict[AttemptKey, _Question] = {}
        self._addresses: dict[AttemptKey, str] = {}
        self._free_seats = seats
        self._seats: dict[tuple[AttemptKey, int], _Question] = {}

    def ready(self) -> bool:
        """Answer, so that its backend knows that the hub lives."""
        return True

    def hear(
        self,
        key: AttemptKey,
        lines: Sequence[str],
        presses: bool = True,
        seat_for: int | None = None,
    ) -> str:
        """Take in events of an attempt; say whether it is to go on, to end or to leave.

        Those that do not press are read with those of others, a second later at most. A rank
        that has been silent for long asks for a seat, at which it listens from then on.
        """
        with self._changed:
            self._take_in(lines, presses)
            wish = self._wishes.get(key, GO_ON)
            if seat_for is None or wish != GO_ON or not self._free_seats:
                return wish
            self._free_seats -= 1
            self._seats[key, seat_for] = _Question(GO_ON)
            return LISTEN

    def listen(self, key: AttemptKey, rank: int) -> str:
        """Wait at a seat until there is something to be told, or the rank is gone."""
        with self._changed:
            seat = self._seats.get((key, rank))
            if seat is None:
                return self._wishes.get(key, GO_ON)
        seat.answered.wait()
        return seat.decision

    def release(self, key: AttemptKey, rank: int, wish: str = GO_ON) -> None:
        """Let a rank wait no longer, and somebody else have its seat."""
        with self._changed:
            seat = self._seats.pop((key, rank), None)
            self._free_seats += seat is not None
        if seat is not None:
            seat.tell(wish)

    def _take_in(self, lines: Sequence[str], presses: bool = True) -> None:
        self._lines += lines
        if lines and presses:
            self._pressing = self._end
            self._changed.notify_all()

    @property
    def _end(self) -> int:
        """The number of the line that comes next."""
        return self._first + len(self._lines)

    def ask(self, key: AttemptKey, lines: Sequence[str]) -> str:
        """Take in events, the last of which waits, and wait for its answer."""
        question = _Question(Decision.STOP.value)
        with self._changed:
            self._take_in(lines)
            if key in self._wishes:
                return self._wishes[key]
            self._waiting[key] = question
        question.answered.wait()
        return question.decision

    def announce(self, key: AttemptKey, address: str) -> None:
        """Take in where rank 0 of an attempt is to be met."""
        with self._changed:
            self._addresses[key] = address
            self._changed.notify_all()

    def meet(self, key: AttemptKey) -> str:
        """Wait until rank 0 of an attempt has said where it is to be met; "" where it ends."""
        with self._changed:
            while key not in self._addresses:
                if key in self._wishes:
                    return ""
                self._changed.wait()
            return self._addresses[key]

    def read(self, position: int) -> tuple[int, list[str]]:
        """Wait for a line at or behind a position; give the number of the first, and all.

        Where none comes for long it gives none, so that its backend knows that the hub lives.
        """
        patience = _LONG_SECONDS
        with self._changed:
            while self._pressing <= position and patience > 0:
                if not self._changed.wait(_QUIET_SECONDS):
                    patience = 0.0 if self._end > position else patience - _QUIET_SECONDS
            return self._from(position)

    def read_now(self, position: int) -> tuple[int, list[str]]:
        """Give the lines from a position on without waiting."""
        with self._changed:
            return self._from(position)

    def _from(self, position: int) -> tuple[int, list[str]]:
        arrived = max(0, position - self._first)
        del self._lines[:arrived]
        self._first += arrived
        return self._first, list(self._lines)

    def answer(self, key: AttemptKey, decision: str) -> None:
        """Answer the question of an attempt, if it waits."""
        with self._changed:
            question = self._waiting.pop(key, None)
        if question is not None:
            question.tell(decision)

    def stop(self, key: AttemptKey, wish: str = END) -> None:
        """Let the next report of an attempt end it; one that waits ends now."""
        with self._changed:
            # Whoever is to end for good need not be told that its node has to go.
            wish = self._wishes[key] = END if self._wishes.get(key) == END else wish
            self._changed.notify_all()
            listening = [rank for listener, rank in self._seats if listener == key]
        self.answer(key, wish)
        for rank in listening:
            self.release(key, rank, wish)


class _Question:
    """A worker that waits, and what it will be told."""

    def __init__(self, decision: str) -> None:
        self.answered = threading.Event()
        self.decision = decision

    def tell(self, decision: str) -> None:
        """Let the worker know, and wait no longer."""
        self.decision = decision
        self.answered.set()


for _name, _group in _GROUP_OF.items():
    ray.method(concurrency_group=_group)(getattr(Hub, _name))


def start_hub(workers: int) -> Any:
    """Start a hub for so many workers on the launcher's own node, and wait until it lives.

    Raises:
        BackendUnavailable: it died again and again, before it was ready.
    """
    for _ in range(_STARTS):
        hub = _started(workers)
        try:
            ray.get(hub.ready.remote(), timeout=_START_SECONDS)
        except (RayError, TimeoutError) as error:
            last = error
        else:
            return hub
    raise why_not_served() from last


def _started(workers: int) -> Any:
    questions = min(_MOST_WAITING, 16 + 2 * workers)
    seats = min(_MOST_WAITING, 16 + workers)
    threads = {**_THREADS, "questions": questions, "listening": seats}
    actor = ray.remote(num_cpus=0, max_restarts=0, concurrency_groups=threads)(Hub)
    # A hub on a node that is taken away would take the attempts of all other nodes along. Ray
    # puts an actor that asks for nothing on any node, whatever it would softly prefer.
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    name = f"sweeper-hub-{uuid4().hex[:12]}"
    return actor.options(name=name, scheduling_strategy=here).remote(seats)
