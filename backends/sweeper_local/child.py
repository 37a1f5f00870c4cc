"""The program that a child process runs: one attempt after another, until told to go."""

from __future__ import annotations

import array
import fcntl
import gc
import json
import os
import pickle
import queue
import signal
import socket
import sys
import termios
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sweeper.model.assignment import Assignment, Decision
from sweeper.model.event import AttemptKey, Ended, Event, write_events
from sweeper.processes import end_children
from sweeper.worker.context import RunningTrial
from sweeper.worker.run import run
from sweeper_local.frames import FrameReader, Kind, frame

BEAT_SECONDS = 5.0
_READ_SIZE = 1 << 16


class SocketChannel:
    """Carry events over the socket to the backend, and wait for its answers."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        self.answers: queue.SimpleQueue[tuple[AttemptKey, Decision]] = queue.SimpleQueue()
        self.streams_read: queue.SimpleQueue[None] = queue.SimpleQueue()

    def send(self, events: Sequence[Event]) -> None:
        body = write_events(events).encode()
        if not any(isinstance(event, Ended) for event in events) or not _unread_output():
            self._send(frame(Kind.EVENTS, body))
        else:
            # What lies in the streams is this attempt's: the next one must not add to it.
            self._send(frame(Kind.LAST, body))
            self.streams_read.get()

    def give_back(self, keys: Sequence[AttemptKey]) -> None:
        """Say which of the recalled attempts were not begun."""
        self._send(frame(Kind.RETURNED, json.dumps(keys).encode()))

    def say_going(self, key: AttemptKey) -> None:
        """Say that this process was told to go, and that the attempt gets its grace."""
        self._send(frame(Kind.GOING, json.dumps(key).encode()))

    def say_bye(self) -> None:
        """Say that this process ends, and begins nothing more."""
        self._send(frame(Kind.BYE, b""))

    def beat(self) -> None:
        """Send a sign of life."""
        self._send(frame(Kind.BEAT, b""))

    def _send(self, data: bytes) -> None:
        try:
            with self._sending:
                self._connection.sendall(data)
        except OSError:
            # The backend is gone. Ending here would leave behind what the function has started;
            # the listening thread ends it all.
            threading.Event().wait()

    def ask(self, events: Sequence[Event]) -> Decision:
        self.send(events)
        while True:
            key, decision = self.answers.get()
            if key == events[-1].key:
                return decision


class Child:
    """One child process: a thread that listens, and the main thread that runs attempts."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._channel = SocketChannel(connection)
        self._ready: deque[Assignment] = deque()
        self._readying = threading.Lock()
        self._news: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._trial: RunningTrial | None = None
        self._stops: set[AttemptKey] = set()
        self._leaving = False
        self._going: queue.SimpleQueue[AttemptKey] = queue.SimpleQueue()

    def work(self) -> None:
        """Run attempts until told to go; the listening thread ends the process with its backend."""
        signal.signal(signal.SIGTERM, self._leave)
        for task in (self._listen, self._beat):
            threading.Thread(target=task, name=f"sweeper{task.__name__}", daemon=True).start()
        while (assignment := self._next()) is not None:
            run(assignment, self._channel, on_trial=self._enter)
            self._trial = None
            # What an attempt leaves running holds memory and GPUs that the next one needs.
            end_children()
            _release_gpu_memory()
        self._channel.say_bye()

    def _next(self) -> Assignment | None:
        """Wait for the next attempt; None where this process is to go."""
        while not self._leaving:
            with self._readying:
                if self._ready:
                    return self._ready.popleft()
            self._news.get()
        return None

    def _leave(self, _number: int, _frame: object) -> None:
        """Take SIGTERM as the machine's notice: the running trial may save and go on elsewhere."""
        self._leaving = True
        self._news.put(None)
        if self._trial is not None:
            self._preempt(self._trial)

    def _preempt(self, trial: RunningTrial) -> None:
        trial.preempt()
        self._channel.answers.put((trial.assignment.key, Decision.STOP))
        self._going.put(trial.assignment.key)

    def _beat(self) -> None:
        """Show that the process lives, whatever the function does, and say when it is to go."""
        while True:
            try:
                # The signal's handler must not send: it may have come amid another sending.
                self._channel.say_going(self._going.get(timeout=BEAT_SECONDS))
            except queue.Empty:
                self._channel.beat()

    def _enter(self, trial: RunningTrial) -> None:
        self._trial = trial
        if trial.assignment.key in self._stops:
            trial.request_stop()
        if self._leaving:
            self._preempt(trial)

    def _listen(self) -> None:
        reader = FrameReader()
        try:
            while data := _receive(self._connection):
                for kind, body in reader.feed(data):
                    self._take(kind, body)
        finally:
            # The backend is gone, or cannot be understood: whatever runs here, and all it
            # started, goes with it, also what has left this process group.
            end_children()
            os.killpg(os.getpgid(0), signal.SIGKILL)

    def _take(self, kind: Kind, body: bytes) -> None:
        if kind is Kind.ASSIGNMENTS:
            first, others = pickle.loads(body)
            with self._readying:
                self._ready.extend([first, *(replace(first, **other) for other in others)])
            self._news.put(None)
            return
        if kind is Kind.READ:
            self._channel.streams_read.put(None)
            return
        if kind is Kind.RECALL:
            self._give_back({AttemptKey(*key) for key in json.loads(body)})
            return
        trial, attempt, *rest = json.loads(body)
        key = AttemptKey(trial, attempt)
        if kind is Kind.DECISION:
            self._channel.answers.put((key, Decision(rest[0])))
            return
        self._stops.add(key)
        running = self._trial
        if running is not None and running.assignment.key == key:
            running.request_stop()
            self._channel.answers.put((key, Decision.STOP))

    def _give_back(self, keys: set[AttemptKey]) -> None:
        with self._readying:
            returned = [ready.key for ready in self._ready if ready.key in keys]
            self._ready = deque(ready for ready in self._ready if ready.key not in keys)
        self._channel.give_back(returned)


def _receive(connection: socket.socket) -> bytes:
    try:
        return connection.recv(_READ_SIZE)
    except ConnectionError:
        return b""


def _unread_output() -> bool:
    """Flush the standard streams, and tell whether something lies in them unread."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    return any(_waits_in(number) for number in (1, 2))


def _waits_in(number: int) -> bool:
    count = array.array("i", [0])
    try:
        fcntl.ioctl(number, termios.FIONREAD, count)
    except OSError:
        return True  # not every kind of file can say
    return count[0] > 0


def _release_gpu_memory() -> None:
    torch: Any = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        gc.collect()
        torch.cuda.empty_cache()


def main() -> None:
    """Take up the connection whose number stands on the command line, and work."""
    import faulthandler

    faulthandler.enable()
    Child(socket.socket(fileno=int(sys.argv[1]))).work()


if __name__ == "__main__":
    main()
