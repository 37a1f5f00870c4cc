"""The one source of time: a real clock, and a settable one for tests."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tell the time in seconds; both readings never come from elsewhere."""

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC: for what is recorded."""
        ...

    def elapsed(self) -> float:
        """Seconds since an arbitrary moment, never going back: for intervals."""
        ...


class SystemClock:
    """Read this machine's clocks."""

    def now(self) -> float:
        return time.time()

    def elapsed(self) -> float:
        return time.monotonic()


class SettableClock:
    """Stand still until a test moves it.

    Example:
        >>> clock = SettableClock()
        >>> clock.advance(5.0)
        >>> clock.elapsed()
        5.0
    """

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self._start = start
        self._elapsed = 0.0

    def now(self) -> float:
        return self._start + self._elapsed

    def elapsed(self) -> float:
        return self._elapsed

    def advance(self, seconds: float) -> None:
        """Move the time on by so many seconds."""
        self._elapsed += seconds


SYSTEM_CLOCK = SystemClock()


def to_datetime(seconds: float | None) -> datetime | None:
    """Turn recorded seconds into an aware UTC datetime; None stays None."""
    return None if seconds is None else datetime.fromtimestamp(seconds, tz=UTC)
