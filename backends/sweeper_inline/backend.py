"""Run attempts on the launcher's own thread, so that breakpoints and profilers work."""

from __future__ import annotations

import io
import os
import queue
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TextIO

from sweeper.backend import BackendRequest, refuse_argument
from sweeper.errors import BackendUnavailable
from sweeper.model.assignment import Assignment, Decision
from sweeper.model.event import AttemptKey, Event
from sweeper.worker.context import RunningTrial
from sweeper.worker.environment import environment
from sweeper.worker.run import run


def open_backend(request: BackendRequest) -> InlineBackend:
    """Open the inline backend; it takes no argument and has the size of this process.

    Raises:
        BackendUnavailable: more is asked than a process can give that is running already.
    """
    refuse_argument(request, "inline")
    setup = request.setup
    asked = {
        f"nodes={request.resources.nodes}": request.resources.nodes > 1,
        "fresh_process=True": setup.fresh_process,
        "working_dir=": setup.working_dir,
        "pip=": setup.pip,
    }
    for argument, refused in asked.items():
        if refused:
            raise BackendUnavailable(
                f"the inline backend runs trials in this very process, without {argument}",
                hint=f"Leave {argument} out, or use another backend.",
            )
    return InlineBackend(setup.variables(os.environ))


class InlineBackend:
    """One attempt at a time, on the thread that calls serve()."""

    near = True

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = dict(variables or {})
        self._assignments: queue.SimpleQueue[Assignment | None] = queue.SimpleQueue()
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[AttemptKey, Decision]] = queue.SimpleQueue()
        self._stops: set[AttemptKey] = set()
        self._trial: RunningTrial | None = None
        self._closed = threading.Event()

    def capacity(self) -> int:
        return 1

    def start(self, assignment: Assignment) -> None:
        self._assignments.put(assignment)

    def events(self, timeout: float) -> Sequence[Event]:
        try:
            heard = [self._events.get(timeout=timeout)]
        except queue.Empty:
            return []
        while not self._events.empty():
            heard.append(self._events.get())
        return heard

    def answer(self, key: AttemptKey, decision: Decision) -> None:
        self._answers.put((key, decision))

    def stop(self, key: AttemptKey, grace: float) -> None:
        """Ask the attempt to stop; a thread cannot be killed, so grace has no end here."""
        self._stops.add(key)
        trial = self._trial
        if trial is not None and trial.assignment.key == key:
            trial.request_stop()
            self._answers.put((key, Decision.STOP))

    def close(self) -> None:
        self._closed.set()
        self._assignments.put(None)
        if self._trial is not None:
            self.stop(self._trial.assignment.key, 0.0)

    def serve(self) -> None:
        """Run attempts as they come, on the calling thread, until closed."""
        while not self._closed.is_set():
            assignment = self._assignments.get()
            if assignment is None:
                return
            with _captured(self), environment(self._variables):
                run(assignment, self, on_trial=self._enter)
            self._trial = None

    def _enter(self, trial: RunningTrial) -> None:
        self._trial = trial
        if trial.assignment.key in self._stops:
            trial.request_stop()

    def log(self, stream: str, text: str) -> None:
        """Record what the function writes while it runs."""
        if self._trial is not None:
            self._trial.log(stream, text)

    def send(self, events: Sequence[Event]) -> None:
        """Carry events to the controller's thread."""
        for event in events:
            self._events.put(event)

    def ask(self, events: Sequence[Event]) -> Decision:
        """Carry events to the controller's thread and wait for its answer."""
        self.send(events)
        while True:
            key, decision = self._answers.get()
            if key == events[-1].key:
                return decision


class _Tee(io.TextIOBase):
    """Write to the terminal and to the attempt's log; a debugger still finds a terminal."""

    def __init__(self, shown: TextIO, backend: InlineBackend, name: str) -> None:
        self._shown = shown
        self._backend = backend
        self._name = name
        self._thread = threading.get_ident()

    def write(self, text: str) -> int:
        if threading.get_ident() == self._thread:
            self._backend.log(self._name, text)
        return self._shown.write(text)

    def flush(self) -> None:
        self._shown.flush()

    def isatty(self) -> bool:
        return self._shown.isatty()

    def fileno(self) -> int:
        return self._shown.fileno()

    def writable(self) -> bool:
        return True


@contextmanager
def _captured(backend: InlineBackend) -> Iterator[None]:
    shown, shown_errors = sys.stdout, sys.stderr
    sys.stdout = _Tee(shown, backend, "stdout")
    sys.stderr = _Tee(shown_errors, backend, "stderr")
    try:
        yield
    finally:
        sys.stdout, sys.stderr = shown, shown_errors
