"""Wait, within a bound, for something that other threads or processes do."""

from __future__ import annotations

import threading
from collections.abc import Callable


def until(found: Callable[[], bool], what: str, *, pause: float = 0.2, most: int = 900) -> None:
    """Look every so many seconds, at most so many times.

    Raises:
        AssertionError: what was waited for has not come.
    """
    between = threading.Event()
    for _ in range(most):
        if found():
            return
        between.wait(pause)
    raise AssertionError(f"waited in vain for {what}")
