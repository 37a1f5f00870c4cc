"""One child process as its backend sees it: its socket, its streams, its attempt."""

from __future__ import annotations

import codecs
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import IO

from sweeper.clock import Clock
from sweeper.model.assignment import Assignment, Decision
from sweeper.model.event import AttemptKey, Ended, Event, Failure, Logged, read_events
from sweeper.model.lifecycle import AttemptStatus, Outcome
from sweeper.model.resources import Resources
from sweeper.model.setup import Setup
from sweeper.processes import kill_tree, out_of_memory_kills
from sweeper.worker.code import dumps
from sweeper_local.frames import FrameReader, Kind, frame
from sweeper_local.slots import Slot

_READ_SIZE = 1 << 16
_EXIT_SECONDS = 2.0
_LOOK_SECONDS = 0.01


class ChildProcess:
    """Start a child, speak with it, and read what it writes."""

    def __init__(self, slot: Slot, resources: Resources, clock: Clock, setup: Setup) -> None:
        self.slot = slot
        self.key: AttemptKey | None = None
        self.kill_at: float | None = None
        self.heard_at = clock.elapsed()
        self._clock = clock
        self._killed = False
        self._out_of_memory_before = out_of_memory_kills()
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
        self._exit = _Exit(self._process.pid)
        self._streams = [
            _Stream("stdout", self._process.stdout),
            _Stream("stderr", self._process.stderr),
        ]

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def handles(self) -> list[int]:
        """Give the file numbers on which something may be heard of the child."""
        streams = [stream.number for stream in self._streams]
        return [self.connection.fileno(), *streams, *self._exit.handles]

    def assign(self, assignment: Assignment) -> None:
        """Hand an attempt to the child; a function's value is sent to it only once."""
        self.key = assignment.key
        self.kill_at = None
        self.heard_at = self._clock.elapsed()
        if assignment.code.digest in self._known_codes:
            known = replace(assignment.code, payload=None, search_path=())
            assignment = replace(assignment, code=known)
        self._known_codes.add(assignment.code.digest)
        self._send(Kind.ASSIGNMENT, _pickled(assignment))

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
        events: list[Event] = []
        ended = False
        try:
            data = self.connection.recv(_READ_SIZE, socket.MSG_DONTWAIT)
            ended = not data
        except BlockingIOError:
            # What the child has started may hold its end of the connection open.
            data, ended = b"", self._exit.has_come()
        except ConnectionError:
            data, ended = b"", True
        if data:
            self.heard_at = self._clock.elapsed()
        frames = self._reader.feed(data)
        heard = read_events(body for kind, body in frames if kind is Kind.EVENTS)
        if any(isinstance(event, Ended) for event in heard) or ended:
            # What the attempt wrote before its end belongs to it and not to the next one.
            last = heard[-1:] if heard and isinstance(heard[-1], Ended) else []
            events = [*heard[: len(heard) - len(last)], *self.read_streams(), *last]
        else:
            events = heard
        return events, ended

    def read_streams(self) -> list[Event]:
        """Give what the child has written to its standard streams."""
        if self.key is None:
            for stream in self._streams:
                stream.read()
            return []
        return [
            Logged(key=self.key, time=self._clock.now(), stream=stream.name, text=text)
            for stream in self._streams
            if (text := stream.read())
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
        """Say how the attempt ended where the child died with it."""
        if self.key is None:
            return []
        # A child that only closed its connection would go on; unheard, it is no use.
        killed = self._killed or not self._exit.comes_within(_EXIT_SECONDS)
        self.kill()
        code = self._process.wait()
        out_of_memory = (
            code == -signal.SIGKILL
            and not killed
            and out_of_memory_kills() > self._out_of_memory_before
        )
        why = "the machine ran out of memory and killed the worker"
        ended = Ended(
            key=self.key,
            time=self._clock.now(),
            status=AttemptStatus.LOST,
            outcome=Outcome.OUT_OF_MEMORY if out_of_memory else Outcome.LOST_WORKER,
            failure=Failure(type="WorkerDied", message=why if out_of_memory else _why(code)),
        )
        self.key = None
        return [ended]

    def close(self) -> None:
        """Kill the child and let go of its handles."""
        self.kill()
        self._process.wait()
        self._exit.close()
        self.connection.close()
        for stream in self._streams:
            stream.close()


class _Exit:
    """The end of a child, seen without reaping it: until then its number stays its own."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        # Not every system has it; there, only the connection tells of the end.
        self.handles = [os.pidfd_open(pid)] if hasattr(os, "pidfd_open") else []

    def has_come(self) -> bool:
        """Tell whether the child has ended."""
        try:
            seen = os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return True
        return seen is not None

    def comes_within(self, seconds: float) -> bool:
        """Wait for the end of the child, no longer than so many seconds."""
        for _ in range(round(seconds / _LOOK_SECONDS)):
            if self.has_come():
                return True
            time.sleep(_LOOK_SECONDS)
        return self.has_come()

    def close(self) -> None:
        for handle in self.handles:
            os.close(handle)
        self.handles = []


class _Stream:
    """One standard stream of a child, read without waiting, cut only between characters."""

    def __init__(self, name: str, pipe: IO[bytes] | None) -> None:
        if pipe is None:
            raise ValueError(f"{name} is not a pipe")
        self.name = name
        self._pipe = pipe
        self.number = pipe.fileno()
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        os.set_blocking(self.number, False)

    def read(self) -> str:
        return "".join(self._decoder.decode(data) for data in self._chunks())

    def _chunks(self) -> Iterator[bytes]:
        # Bounded, so that a child that never stops writing cannot hold the backend up.
        for _ in range(64):
            try:
                data = os.read(self.number, _READ_SIZE)
            except BlockingIOError:
                return
            if not data:
                return
            yield data

    def close(self) -> None:
        self._pipe.close()


def _pickled(assignment: Assignment) -> bytes:
    """Pickle an assignment; parameters that are objects are opened only beside the function."""
    if not all(type(value) in (int, float, str, bool) for value in assignment.params.values()):
        assignment = replace(assignment, params={}, packed=dumps(dict(assignment.params)))
    return pickle.dumps(assignment, protocol=5)


def _why(code: int) -> str:
    if code >= 0:
        return f"the worker process ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"the worker process was ended by {name}"
