"""One attempt in a Ray worker: what the Ray task runs beside the user's function."""

from __future__ import annotations

import os
import pickle
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import Any

import ray
from ray.exceptions import ActorDiedError

from sweeper.clock import SYSTEM_CLOCK
from sweeper.model.assignment import Assignment, Decision
from sweeper.model.code import Code
from sweeper.model.event import AttemptKey, Ended, Event, Logged, Started, write_event
from sweeper.worker.context import RunningTrial
from sweeper.worker.run import run
from sweeper_ray.capture import Capture

_OUTPUT_SECONDS = 0.1
_TICKS_UNHEARD = 5
_BEGINNING_SECONDS = 0.02
_DEVICES = "CUDA_VISIBLE_DEVICES"


def run_attempt(parcel: bytes, code: Code, hub: Any) -> None:
    """Run an attempt on the main thread of a Ray worker.

    Args:
        parcel: the pickled assignment, without its code: its parameters may be objects whose
            modules are found only on the launcher's search path.
        code: the function, which Ray brings to a node once.
        hub: the handle of the hub.
    """
    sys.path.extend(entry for entry in code.search_path if entry not in sys.path)
    assignment: Assignment = replace(pickle.loads(parcel), code=code)
    channel = HubChannel(hub, assignment.key)
    with _gpus_hidden(not ray.get_gpu_ids()):
        try:
            run(assignment, channel, on_trial=channel.enter)
        finally:
            channel.leave()


class HubChannel:
    """Carry events to the hub, answers back, and what the attempt writes along with them.

    Output is kept here and not in the trial's buffer, which is emptied for the last time
    before the streams are. What is written in the last tenth of a second before the process
    dies is lost with it.
    """

    def __init__(self, hub: Any, key: AttemptKey) -> None:
        self._hub = hub
        self._key = key
        self._trial: RunningTrial | None = None
        self._capture: Capture | None = None
        self._pending: deque[Event] = deque()
        self._telling = threading.Lock()
        self._left = threading.Event()
        self._told_lately = False

    def enter(self, trial: RunningTrial) -> None:
        """Begin with a trial: catch its output, and listen for its stop."""
        self._trial = trial
        self._capture = Capture(self._keep)
        threading.Thread(target=self._attend, name="sweeper-listener", daemon=True).start()

    def leave(self) -> None:
        """Let go of the streams and of the hub."""
        self._left.set()
        if self._capture is not None:
            self._capture.end()

    def send(self, events: Sequence[Event]) -> None:
        if isinstance(events[-1], Started):
            # The function need not wait for its own start to be known: it goes along with
            # what comes next, in a moment at the latest.
            self._pending += events
            return
        if isinstance(events[-1], Ended):
            self.leave()
        self._tell(events)

    def ask(self, events: Sequence[Event]) -> Decision:
        with self._telling:
            told = _written([*self._take(), *events])
            answer = self._hub.ask.remote(self._key, told)
        return Decision(self._heard(answer, Decision.STOP))

    def _keep(self, stream: str, text: str) -> None:
        logged = Logged(key=self._key, time=SYSTEM_CLOCK.now(), stream=stream, text=text)
        self._pending.append(logged)

    def _tell(self, events: Sequence[Event]) -> None:
        # One at a time, so that nothing can come to the hub behind the end of its attempt.
        with self._telling:
            told = _written([*self._take(), *events])
            stopping = self._heard(self._hub.hear.remote(self._key, told), True)
            self._told_lately = True
        if stopping and self._trial is not None:
            self._trial.request_stop()

    def _heard(self, ref: Any, otherwise: Any) -> Any:
        """Wait for a result; where the hub is gone, nobody waits for this attempt any more.

        Not by ray.get(): on the main thread that would give the attempt's CPUs to somebody
        else for as long as it waits.
        """
        try:
            return ref.future().result()
        except ActorDiedError:
            return otherwise

    def _take(self) -> list[Event]:
        return [self._pending.popleft() for _ in range(len(self._pending))]

    def _attend(self) -> None:
        """Send output, and ask now and then whether to stop: every answer says it."""
        pause = _BEGINNING_SECONDS
        for tick in count(1):
            if self._left.wait(pause):
                return
            pause = _OUTPUT_SECONDS
            due = tick % _TICKS_UNHEARD == 0
            if self._pending or (due and not self._told_lately):
                self._tell([])
            if due:
                self._told_lately = False


def _written(events: Sequence[Event]) -> list[str]:
    return [write_event(event) for event in events]


@contextmanager
def _gpus_hidden(hidden: bool) -> Iterator[None]:
    """Keep a trial that asked for no GPU from the GPUs of its node, which Ray shows to all."""
    before = os.environ.get(_DEVICES)
    if hidden:
        os.environ[_DEVICES] = ""
    try:
        yield
    finally:
        if hidden and before is None:
            del os.environ[_DEVICES]
        elif hidden and before is not None:
            os.environ[_DEVICES] = before
