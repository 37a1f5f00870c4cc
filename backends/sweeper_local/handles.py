"""What a child's parent watches besides their connection: its end, and its standard streams."""

from __future__ import annotations

import codecs
import os
import time
from collections.abc import Iterator
from typing import IO

_READ_SIZE = 1 << 16
_LOOK_SECONDS = 0.01


class Exit:
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
        """Let go of the handle."""
        for handle in self.handles:
            os.close(handle)
        self.handles = []


class Stream:
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
        """Give what was written since, as far as its characters are complete."""
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
        """Close the pipe."""
        self._pipe.close()
