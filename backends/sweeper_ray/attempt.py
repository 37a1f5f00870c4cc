"""One attempt in a Ray worker: what the Ray task runs beside the user's function."""

from __future__ import annotations

import os
import pickle
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sweeper.clock import SYSTEM_CLOCK
from sweeper.model.assignment import Assignment, Decision
from sweeper.model.code import Code
from sweeper.model.event import AttemptKey, Ended, Event, Logged, Started, write_event
from sweeper.worker.context import RunningTrial
from sweeper.worker.run import run
from sweeper_ray.capture import Capture

_ASK_SECONDS = 0.5
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
    with _gpus_hidden(not assignment.resources.gpus):
        try:
            run(assignment, channel, on_trial=channel.enter)
        finally:
            channel.leave()


class HubChannel:
    """Carry events to the hub, answers back, and what the attempt writes along with them.

    What is written in the last tenth of a second before the process dies is lost with it.
    """

    def __init__(self, hub: Any, key: AttemptKey) -> None:
        self._hub = hub
        self._key = key
        self._trial: RunningTrial | None = None
        self._capture: Capture | None = None
        self._left = threading.Event()
        self._sent_lately = False
        self._beginning: Any = None

    def enter(self, trial: RunningTrial) -> None:
        """Begin with a trial: catch its output, and listen for its stop."""
        self._trial = trial
        self._capture = Capture(trial.log)
        threading.Thread(target=self._listen, name="sweeper-listener", daemon=True).start()

    def leave(self) -> None:
        """Let go of the streams and of the hub."""
        self._left.set()
        if self._capture is not None:
            self._capture.end()

    def send(self, events: Sequence[Event]) -> None:
        if isinstance(events[-1], Ended):
            events = [*events[:-1], *self._last_words(), events[-1]]
        self._sent_lately = True
        heard = self._hub.hear.remote(self._key, _written(events))
        # The function need not wait for its own start to be known, and the order is kept.
        if isinstance(events[-1], Started):
            self._beginning = heard
            return
        self._mind(_result(heard))

    def ask(self, events: Sequence[Event]) -> Decision:
        self._sent_lately = True
        if self._beginning is not None:
            self._mind(_result(self._beginning))
            self._beginning = None
        return Decision(_result(self._hub.ask.remote(self._key, _written(events))))

    def _last_words(self) -> list[Logged]:
        if self._capture is None:
            return []
        now = SYSTEM_CLOCK.now()
        return [
            Logged(key=self._key, time=now, stream=stream, text=text)
            for stream, text in self._capture.end()
        ]

    def _mind(self, stopping: bool) -> None:
        if stopping and self._trial is not None:
            self._trial.request_stop()

    def _listen(self) -> None:
        """Ask now and then whether to stop; what is sent brings the same answer along."""
        while not self._left.wait(_ASK_SECONDS):
            if not self._sent_lately:
                self._mind(_result(self._hub.stopping.remote(self._key)))
            self._sent_lately = False


def _written(events: Sequence[Event]) -> list[str]:
    return [write_event(event) for event in events]


def _result(ref: Any) -> Any:
    # Not ray.get(): on the main thread that would give the attempt's CPUs to somebody else
    # for as long as it waits.
    return ref.future().result()


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
