"""A controller at work on its thread, and the launcher's thread that waits for it."""

from __future__ import annotations

import atexit
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from sweeper.backend import CallerServed
from sweeper.controller import Controller
from sweeper.errors import TrialStopped

_LAST_SECONDS = 60.0


class Drive:
    """Run a controller on a thread of its own; wait() lends it the caller's.

    Signals reach the controller while wait() runs on the main thread: the first SIGINT or
    SIGTERM stops gracefully, the second at once. A process that ends without having waited
    stops its sweep gracefully too.
    """

    def __init__(
        self, *, controller: Controller, thread: threading.Thread, served: CallerServed | None
    ) -> None:
        self._controller = controller
        self._thread = thread
        self._served = served
        self._serving = False
        thread.start()
        atexit.register(self._stop_at_exit)

    @property
    def finished(self) -> bool:
        """Whether the controller has let go of everything."""
        return self._controller.finished.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end, and raise what ended it; False where the timeout came first.

        Raises:
            KeyboardInterrupt: the sweep was interrupted, with everything recorded.
        """
        with _signals(self._controller, serves=self._served is not None):
            if self._served is not None and not self._serving:
                self._serve(self._served, timeout)
            if not self._controller.finished.wait(timeout):
                return False
        self._thread.join()
        atexit.unregister(self._stop_at_exit)
        if self._controller.failure is not None:
            raise self._controller.failure
        if self._controller.interrupted:
            raise KeyboardInterrupt
        return True

    def interrupt(self) -> None:
        """Stop gracefully, so that running trials can save."""
        self._controller.request_interrupt()

    def go_on(self) -> None:
        """Let attempts that need a thread of this process have one, without waiting."""
        if self._served is not None and not self._serving:
            self._serving = True
            threading.Thread(target=self._served.serve, name="sweeper serve", daemon=True).start()

    def _serve(self, served: CallerServed, timeout: float | None) -> None:
        if timeout is not None:
            self.go_on()
            return
        self._serving = True
        served.serve()

    def _stop_at_exit(self) -> None:
        self._controller.request_interrupt()
        self._controller.finished.wait(_LAST_SECONDS)


@contextmanager
def _signals(controller: Controller, *, serves: bool) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[signal.Signals, Any] = {}
    received = 0

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        nonlocal received
        received += 1
        controller.request_interrupt()
        if serves and received > 1:
            # The function runs on this very thread, so nothing else could end it.
            raise TrialStopped

    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, interrupt)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
