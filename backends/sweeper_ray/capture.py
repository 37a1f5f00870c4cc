"""What an attempt writes to its standard streams, caught at the level of file numbers."""

from __future__ import annotations

import _thread
import codecs
import ctypes
import fcntl
import os
import selectors
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import IO

Sink = Callable[[str, str], None]

_READ_SIZE = 1 << 16
_PIPE_SIZE = 1 << 20
_MOST_CHARACTERS = 64 << 20
_LAST_READS = 64
_SET_PIPE_SIZE = getattr(fcntl, "F_SETPIPE_SZ", None)


@dataclass(slots=True, kw_only=True)
class _Stream:
    """One caught stream: its name, its file number, where it led, and its pipe."""

    name: str
    number: int
    saved: int
    pipe: int
    left: int = _MOST_CHARACTERS
    decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")(errors="replace")
    )


class Capture:
    """Give a sink everything that this process and its children write, until it ends.

    Python, C libraries and child processes alike write to file numbers 1 and 2, which lead
    into pipes that a thread reads. A stream that has said 64 million characters is read on,
    so that its writer does not stand still, and kept no longer.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._over = False
        _flush()
        self._streams = [_redirect("stdout", 1), _redirect("stderr", 2)]
        self._wake, self._woken = os.pipe()
        self._taking = threading.Lock()
        # A Thread would be waited for until it runs, which short attempts would feel.
        _thread.start_new_thread(self._read, ())

    def end(self) -> None:
        """Let the streams lead where they led, once the sink has been given everything."""
        if self._over:
            return
        _flush()
        for stream in self._streams:
            os.dup2(stream.saved, stream.number)
            os.close(stream.saved)
        with self._taking:
            # A child that lives on still holds the pipe, so its end is no sign to wait for.
            for stream in self._streams:
                _ = all(self._take(stream) for _ in range(_LAST_READS))
            # The reader closes the pipes as soon as it sees this.
            self._over = True
        os.close(self._woken)

    def _read(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake, selectors.EVENT_READ)
            for stream in self._streams:
                selector.register(stream.pipe, selectors.EVENT_READ, stream)
            while not self._over:
                ready = [key for key, _ in selector.select() if key.data is not None]
                with self._taking:
                    self._take_ready(selector, ready)
        for number in (self._wake, *(stream.pipe for stream in self._streams)):
            os.close(number)

    def _take_ready(
        self, selector: selectors.BaseSelector, ready: Sequence[selectors.SelectorKey]
    ) -> None:
        for key in ready:
            # A stream that the function has closed for good would be ready for ever.
            if not self._over and not self._take(key.data):
                selector.unregister(key.fileobj)

    def _take(self, stream: _Stream) -> bool:
        try:
            data = os.read(stream.pipe, _READ_SIZE)
        except BlockingIOError:
            return False
        text = stream.decoder.decode(data)[: max(0, stream.left)]
        if text:
            stream.left -= len(text)
            more = "" if stream.left > 0 else "\n(sweeper keeps no more of this stream)\n"
            self._sink(stream.name, text + more)
        return bool(data)


def _redirect(name: str, number: int) -> _Stream:
    pipe, end = os.pipe()
    if _SET_PIPE_SIZE is not None:
        _widen(end, _SET_PIPE_SIZE)
    os.set_blocking(pipe, False)
    saved = os.dup(number)
    os.dup2(end, number)
    os.close(end)
    return _Stream(name=name, number=number, saved=saved, pipe=pipe)


def _widen(end: int, command: int) -> None:
    """Make room for a library that writes much while it keeps the reading thread waiting."""
    try:
        fcntl.fcntl(end, command, _PIPE_SIZE)
    except OSError:
        return


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        _flush_one(stream)
    # What a C library has buffered would else appear in the next attempt's output.
    ctypes.CDLL(None).fflush(None)


def _flush_one(stream: IO[str]) -> None:
    try:
        stream.flush()
    except (OSError, ValueError, AttributeError):
        return
