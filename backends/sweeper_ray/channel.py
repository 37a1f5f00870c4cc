"""How an attempt in a Ray worker speaks with the hub: its events, its output, its stop."""

from __future__ import annotations

import _thread
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from itertools import count
from typing import Any

import ray
from ray.exceptions import OutOfMemoryError, RayActorError, RayError

from sweeper.clock import SYSTEM_CLOCK
from sweeper.model.assignment import Assignment, Decision
from sweeper.model.event import Ended, Event, Logged, Measured, Started, write_event
from sweeper.processes import end_children
from sweeper.worker.context import RunningTrial
from sweeper_ray.capture import Capture
from sweeper_ray.hub import END, LEAVE, LISTEN

_OUTPUT_SECONDS = 0.1
_TICKS_UNHEARD = 5
_MOST_TICKS_UNHEARD = 20
_BEGINNING_SECONDS = 0.02
_MOST_LAST_CHARACTERS = 50_000
_HUB_IS_GONE = (RayActorError, OutOfMemoryError)

LastWords = tuple[int, list[str]]
"""How many lines an attempt has told the hub, and those that come behind them."""

NODE = "node"
"""The entry of what an attempt uses that names rank 0's node; others append their rank."""


class _Process:
    """What holds of this worker process, in which attempts follow one another."""

    is_known = False  # whether the hub has heard where it runs


class HubChannel:
    """Carry events to the hub, answers back, and what the attempt writes along with them.

    The end goes with the result of the task, straight to the backend, and so does what the hub has
    not been told by then: of a short attempt, everything.

    Output is kept here and not in the trial's buffer, which is emptied for the last time
    before the streams are. What is written in the last tenth of a second before the process
    dies is lost with it.
    """

    def __init__(self, hub: Any, assignment: Assignment) -> None:
        self._hub = hub
        self._key = assignment.key
        self._rank = assignment.place.rank
        self._trial: RunningTrial | None = None
        self._capture: Capture | None = None
        self._pending: deque[Event] = deque()
        self._telling = threading.Lock()
        self._left = threading.Event()
        self._told_lately = False
        self._listening: Future[str] | None = None
        self._told = 0
        self._last: list[str] = []
        self.cut_off: RayError | None = None

    @property
    def last_words(self) -> LastWords:
        """What is left to be said once the attempt has ended."""
        return self._told, self._last

    def enter(self, trial: RunningTrial) -> None:
        """Begin with a trial: catch its output, and listen for its stop."""
        self._trial = trial
        self._capture = Capture(self._keep)
        # A Thread would be waited for until it runs, which short attempts would feel.
        _thread.start_new_thread(self._attend, ())

    def leave(self) -> None:
        """Let go of the streams, of the hub and of what the function has left running."""
        if self._left.is_set():
            return
        self._left.set()
        with self._telling:
            if self._listening is not None:
                self._hub.release.remote(self._key, self._rank)
        if self._capture is not None:
            self._capture.end()
        # It holds memory and GPUs that the next attempt in this process needs.
        end_children()

    def send(self, events: Sequence[Event]) -> None:
        events = self._placed(events)
        if isinstance(events[-1], Measured):
            if _Process.is_known:
                # The function need not wait for its own start to be known: it goes along with
                # what comes next, in a moment at the latest.
                self._pending += events
                return
            # A node that kills each of its processes at once is found out by where they were.
            _Process.is_known = True
        if isinstance(events[-1], Ended):
            self._end(events)
        else:
            self._tell(events)

    def _end(self, events: Sequence[Event]) -> None:
        self.leave()
        with self._telling:
            lines = _written([*self._take(), *events])
            # A longer result Ray would leave on the node, which may die before it is read.
            if sum(map(len, lines)) > _MOST_LAST_CHARACTERS:
                self._call(self._hub.hear, lines[:-1])
                lines = lines[-1:]
            self._last = lines

    def ask(self, events: Sequence[Event]) -> Decision:
        with self._telling:
            told = _written([*self._take(), *self._placed(events)])
            answer = self._call(self._hub.ask, told)
        self._obey(answer)
        return Decision.STOP if answer in (END, LEAVE) else Decision(answer)

    def _placed(self, events: Sequence[Event]) -> Sequence[Event]:
        """Add to the start of an attempt where it runs."""
        if not isinstance(events[0], Started):
            return events
        return [events[0], self._whereabouts(), *events[1:]]

    def _whereabouts(self) -> Measured:
        name = f"{NODE}{self._rank or ''}"
        node = ray.get_runtime_context().get_node_id()
        return Measured(key=self._key, time=SYSTEM_CLOCK.now(), usage={name: node})

    def _keep(self, stream: str, text: str) -> None:
        logged = Logged(key=self._key, time=SYSTEM_CLOCK.now(), stream=stream, text=text)
        self._pending.append(logged)

    def _tell(self, events: Sequence[Event]) -> None:
        # One at a time, so that nothing can come to the hub behind the end of its attempt.
        with self._telling:
            told = [*self._take(), *events]
            presses = not all(isinstance(event, Measured) for event in told)
            wish = self._call(self._hub.hear, _written(told), presses)
            self._told_lately = True
        self._obey(wish)

    def _ask_whether_to_stop(self, *, patient: bool) -> None:
        """Ask the hub; whoever is patient may listen to it from then on, and ask no more."""
        with self._telling:
            if self._left.is_set():
                return
            wish = self._call(self._hub.hear, [], False, self._rank if patient else None)
            if wish == LISTEN:
                self._listening = self._hub.listen.remote(self._key, self._rank).future()
        self._obey(wish)

    def _hear_out(self, listening: Future[str]) -> None:
        self._listening = None
        try:
            self._obey(listening.result())
        except _HUB_IS_GONE as error:
            self.cut_off = error
            self._obey(END)

    def _obey(self, wish: str) -> None:
        if self._trial is not None and wish == END:
            self._trial.request_stop()
        if self._trial is not None and wish == LEAVE:
            self._trial.preempt()

    def _call(self, method: Any, told: Sequence[str], *more: Any) -> str:
        """Tell the hub; once it cannot be reached, say nothing more, and end.

        What comes behind something that was lost would be taken for all there was. Not by
        ray.get(): on the main thread that would give the attempt's CPUs to somebody else for
        as long as it waits.
        """
        if self.cut_off is not None:
            return END
        try:
            answer = str(method.remote(self._key, told, *more).future().result())
        except _HUB_IS_GONE as error:
            self.cut_off = error
            return END
        self._told += len(told)
        return answer

    def _take(self) -> list[Event]:
        return [self._pending.popleft() for _ in range(len(self._pending))]

    def _attend(self) -> None:
        """Send output, and ask now and then whether to stop: every answer says it.

        Whoever trains for long asks more rarely: 0.5 s apart at first, 2 s at last. Whoever does
        so listens instead, where the hub has a seat: that costs it nothing while nothing happens.
        """
        pause, told = _BEGINNING_SECONDS, 0
        for tick in count(1):
            if self._left.wait(pause):
                return
            pause = _OUTPUT_SECONDS
            if self._told_lately:
                told, self._told_lately = tick, False
            if self._listening is not None and self._listening.done():
                self._hear_out(self._listening)
            unheard = min(_MOST_TICKS_UNHEARD, max(_TICKS_UNHEARD, tick // 10))
            if self._pending:
                self._tell([])
            elif tick - told >= unheard and self._listening is None:
                told = tick
                self._ask_whether_to_stop(patient=unheard == _MOST_TICKS_UNHEARD)


class FollowerChannel(HubChannel):
    """The channel of the ranks that are not 0: it carries their output, and how they end.

    What they report is not recorded: rank 0 does that for all.
    """

    def __init__(self, hub: Any, assignment: Assignment) -> None:
        super().__init__(hub, assignment)
        self._within_line: set[str] = set()

    def send(self, events: Sequence[Event]) -> None:
        if isinstance(events[0], Started):
            self._pending.append(self._whereabouts())
        if isinstance(events[-1], Ended):
            self._end(events[-1:])

    def ask(self, events: Sequence[Event]) -> Decision:
        return Decision.CONTINUE

    def _keep(self, stream: str, text: str) -> None:
        """Mark each line, of which a piece of text may hold the end or the beginning only."""
        mark = f"[rank {self._rank}] "
        first = "" if stream in self._within_line else mark
        if text.endswith("\n"):
            self._within_line.discard(stream)
        else:
            self._within_line.add(stream)
        super()._keep(stream, first + mark.join(text.splitlines(keepends=True)))


def _written(events: Sequence[Event]) -> list[str]:
    return [write_event(event) for event in events]
