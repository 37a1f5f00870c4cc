"""Sending what running trials have buffered, on a thread that all of a process share."""

from __future__ import annotations

import threading
from typing import Protocol

SEND_SECONDS = 0.1


class Buffered(Protocol):
    """A trial that buffers what is to be sent."""

    def measure(self) -> None:
        """Note what is used, now and then."""
        ...

    def flush(self) -> None:
        """Send what is buffered."""
        ...


class _Sender:
    """One thread a process that sends what its running trials have buffered."""

    def __init__(self) -> None:
        self._trials: list[Buffered] = []
        self._thread: threading.Thread | None = None
        self._work = threading.Event()

    def serve(self, trial: Buffered) -> None:
        self._trials.append(trial)
        self._work.set()
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="sweeper-reports", daemon=True)
            self._thread.start()

    def leave(self, trial: Buffered) -> None:
        self._trials.remove(trial)
        if not self._trials:
            self._work.clear()

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            self._work.wait()
            pause.wait(SEND_SECONDS)
            for trial in list(self._trials):
                trial.measure()
                trial.flush()


SENDER = _Sender()
