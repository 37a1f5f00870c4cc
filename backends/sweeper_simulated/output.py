"""What simulated functions write: kept from the terminal, and put into their trial's log."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

Sink = Callable[[str, str], None]


class _Shared:
    """Stand for one stream in all threads; only those with a sink write elsewhere.

    There is one for ever: print() holds on to the stream that it found without owning it,
    while the function that called it may be held still in write().
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.shown: Any = None

    def write(self, text: str) -> int:
        sink = _sinks.get(threading.get_ident())
        if sink is None:
            self.shown.write(text)
        else:
            sink(self.name, text)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.shown, name)


_lock = threading.Lock()
_sinks: dict[int, Sink] = {}
_stdout: Any = _Shared("stdout")
_stderr: Any = _Shared("stderr")


def _take_over() -> None:
    # Whoever redirected a stream meanwhile may have put one of ours back.
    if sys.stdout is not _stdout:
        _stdout.shown = sys.stdout
    if sys.stderr is not _stderr:
        _stderr.shown = sys.stderr
    sys.stdout, sys.stderr = _stdout, _stderr


class WrittenTo:
    """Hand what this thread writes to a sink for the length of a with block, again and again."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def __enter__(self) -> None:
        with _lock:
            if not _sinks:
                _take_over()
            _sinks[threading.get_ident()] = self._sink

    def __exit__(self, *_error: object) -> None:
        with _lock:
            del _sinks[threading.get_ident()]
            if not _sinks:
                sys.stdout, sys.stderr = _stdout.shown, _stderr.shown
