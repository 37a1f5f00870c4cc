"""One child process as its backend sees it: its socket, its streams, its attempt."""

from __future__ import annotations

import json
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import fields, replace
from operator import attrgetter
from typing import Any

from sweeper.clock import Clock
from sweeper.model.assignment import Assignment, Decision
from sweeper.model.event import AttemptKey, Ended, Event, Failure, Logged, read_events
from sweeper.model.lifecycle import AttemptStatus, Outcome
from sweeper.model.resources import Resources
from sweeper.model.setup import Setup
from sweeper.processes import kill_tree, out_of_memory_kills
from sweeper.worker.code import portable
from sweeper_local.frames import FrameReader, Kind, frame
from sweeper_local.handles import Exit, Stream
from sweeper_local.slots import Slot

_READ_SIZE = 1 << 16
_EXIT_SECONDS = 2.0


class ChildProcess:
    """Start a child, speak with it, and read what it writes.

    It may hold attempts ready behind the one that runs. They are begun in their order, and the
    end of each is said at once, so that the first of handed is the only one that can have begun.
    A child moves on only when its streams are read: what lies in them belongs to that one.
    """

    def __init__(self, slot: Slot, resources: Resources, clock: Clock, setup: Setup) -> None:
        self.slot = slot
        self.handed: deque[Assignment] = deque()
        self.returned: list[AttemptKey] = []
        self.kill_times: dict[AttemptKey, float] = {}
        self.heard_at = self.turned_at = clock.elapsed()
        self.recalled = self.leaving = False
        self.going: AttemptKey | None = None
        self._clock = clock
        self._killed = False
        self._memory_kills = out_of_memory_kills()
        self._reader = FrameReader()
        self._known_codes: set[str] = set()
        ours, theirs = socket.socketpair()
        self.connection = ours
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sweeper_local.child", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            cwd=setup.working_dir,
            env={
                **os.environ,
                **slot.environment(resources),
                "PYTHONUNBUFFERED": "1",
                **setup.variables(os.environ),
            },
        )
        theirs.close()
        self._exit = Exit(self._process.pid)
        self._streams = [
            Stream("stdout", self._process.stdout),
            Stream("stderr", self._process.stderr),
        ]

    @property
    def key(self) -> AttemptKey | None:
        """The attempt that runs, or is about to."""
        return self.handed[0].key if self.handed else None

    @property
    def kill_at(self) -> float | None:
        """When the attempt that runs is to be killed, where it is."""
        return self.kill_times.get(self.handed[0].key) if self.handed else None

    def handles(self) -> list[int]:
        """Give the file numbers on which something may be heard of the child."""
        return [self.connection.fileno(), *self._exit.handles]

    def stream_handles(self) -> list[int]:
        """Give the file numbers of its standard streams."""
        return [stream.number for stream in self._streams]

    def assign(self, assignments: Sequence[Assignment]) -> None:
        """Hand attempts to the child; a function's value is sent to it only once."""
        if not self.handed:
            self.heard_at = self.turned_at = self._clock.elapsed()
        self.handed.extend(assignments)
        self.recalled = False
        self._send(Kind.ASSIGNMENTS, pickle.dumps(self._written(assignments), protocol=5))

    def _written(self, assignments: Sequence[Assignment]) -> tuple[Assignment, list[Any]]:
        first = assignments[0]
        if first.code.digest in self._known_codes:
            first = replace(first, code=replace(first.code, payload=None, search_path=()))
        self._known_codes.add(first.code.digest)
        whole = portable(first)
        known = _FIELD_VALUES(replace(whole, code=assignments[0].code))
        rest = [_differences(known, portable(other)) for other in assignments[1:]]
        return whole, rest

    def recall(self) -> None:
        """Ask for what it has not begun; what it gives back lies in returned."""
        self.recalled = True
        self._recall([assignment.key for assignment in self.handed][1:])

    def take_back(self, key: AttemptKey) -> None:
        """Ask for one attempt that it has not begun; if it has by then, it is to end."""
        self.ask_to_stop(key)
        self._recall([key])

    def _recall(self, keys: Sequence[AttemptKey]) -> None:
        self._send(Kind.RECALL, json.dumps(keys).encode())

    def decide(self, key: AttemptKey, decision: Decision) -> None:
        """Answer a report that waits."""
        self._send(Kind.DECISION, json.dumps([*key, decision.value]).encode())

    def ask_to_stop(self, key: AttemptKey) -> None:
        """Let the function's next report end it."""
        self._send(Kind.STOP, json.dumps([*key]).encode())

    def _send(self, kind: Kind, body: bytes) -> None:
        try:
            self.connection.sendall(frame(kind, body))
        except OSError:
            # A dying child is noticed where its end is read, with the reason.
            return

    def read(self) -> tuple[list[Event], bool]:
        """Give what is new from the child, and whether its connection has ended."""
        ended = False
        try:
            data = self.connection.recv(_READ_SIZE, socket.MSG_DONTWAIT)
            ended = not data
        except BlockingIOError:
            # What the child has started may hold its end of the connection open.
            data, ended = b"", self._exit.has_come()
        except ConnectionError:
            data, ended = b"", True
        events: list[Event] = []
        for kind, body in self._reader.feed(data):
            if kind is Kind.EVENTS:
                events += self._turned(read_events([body]))
            elif kind is Kind.LAST:
                *before, last = read_events([body])
                events += [*before, *self.read_streams(), *self._turned([last])]
                self._send(Kind.READ, b"")
            elif kind is Kind.RETURNED:
                self.returned += [AttemptKey(*key) for key in json.loads(body)]
            elif kind is Kind.GOING:
                self._goes(AttemptKey(*json.loads(body)))
            elif kind is Kind.BYE:
                self.leaving = True
                self.returned += [assignment.key for assignment in self.handed]
        if data:
            self.heard_at = self._clock.elapsed()
        if ended:
            events += self.read_streams()
        return events, ended

    def _goes(self, key: AttemptKey) -> None:
        """Give an attempt whose process was told to go no more than its grace."""
        if key == self.key:
            self.going = key
            due = self._clock.elapsed() + self.handed[0].grace
            self.kill_times[key] = min(due, self.kill_times.get(key, due))

    def _turned(self, events: list[Event]) -> list[Event]:
        """Turn to the next attempt where one has ended."""
        if events and isinstance(events[-1], Ended):
            self.forget(events[-1].key)
            self.turned_at = self._clock.elapsed()
        return events

    def forget(self, key: AttemptKey) -> Assignment | None:
        """Give one of the attempts that it was handed, and expect no more of it."""
        for assignment in self.handed:
            if assignment.key == key:
                self.handed.remove(assignment)
                self.kill_times.pop(key, None)
                return assignment
        return None

    def read_streams(self) -> list[Event]:
        """Give what the attempt that runs has written to its standard streams."""
        written = [(stream.name, stream.read()) for stream in self._streams]
        if self.key is None:
            return []
        return [
            Logged(key=self.key, time=self._clock.now(), stream=name, text=text)
            for name, text in written
            if text
        ]

    def kill(self) -> None:
        """Kill the child with all that it started."""
        if self._process.returncode is not None:
            return  # its number may be another process's by now
        self._killed = True
        kill_tree(self._process.pid)
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return

    def end_of_attempt(self) -> list[Event]:
        """Say how the attempt that ran ended where the child died with it."""
        if self.key is None:
            return []
        # A child that only closed its connection would go on; unheard, it is no use.
        killed = self._killed or not self._exit.comes_within(_EXIT_SECONDS)
        self.kill()
        outcome, failure = self._cause(self._process.wait(), killed)
        ended = Ended(
            key=self.key,
            time=self._clock.now(),
            status=AttemptStatus.LOST,
            outcome=outcome,
            failure=failure,
        )
        self.handed.popleft()
        return [ended]

    def _cause(self, code: int, killed: bool) -> tuple[Outcome, Failure]:
        """Say why the child is gone, where this backend did not itself kill it."""
        if code == -signal.SIGKILL and not killed and out_of_memory_kills() > self._memory_kills:
            why = "the machine ran out of memory and killed the worker"
            return Outcome.OUT_OF_MEMORY, Failure(type="WorkerDied", message=why)
        if self.going == self.key:
            why = "its worker was told to go (SIGTERM), and the function took longer than its grace"
            return Outcome.PREEMPTED, Failure(type="Preempted", message=why)
        if code == -signal.SIGTERM and not killed:
            why = "its worker was ended by SIGTERM, which nothing in it listened to"
            return Outcome.PREEMPTED, Failure(type="Preempted", message=why)
        return Outcome.LOST_WORKER, Failure(type="WorkerDied", message=_why(code))

    def close(self) -> None:
        """Kill the child and let go of its handles."""
        self.kill()
        self._process.wait()
        self._exit.close()
        self.connection.close()
        for stream in self._streams:
            stream.close()


_FIELDS = tuple(field.name for field in fields(Assignment))
_FIELD_VALUES = attrgetter(*_FIELDS)


def _differences(known: tuple[Any, ...], assignment: Assignment) -> dict[str, Any]:
    """Give the fields in which an assignment differs, so that they alone travel."""
    values = _FIELD_VALUES(assignment)
    return {
        name: value
        for name, value, before in zip(_FIELDS, values, known)
        if value is not before and value != before
    }


def _why(code: int) -> str:
    if code >= 0:
        return f"the worker process ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"the worker process was ended by {name}"
