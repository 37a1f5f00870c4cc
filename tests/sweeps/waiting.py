"""Waiting for real processes: bounded, by looking again and again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest


def wait_for(condition: Callable[[], Any], what: str) -> None:
    """Wait until something holds; a minute is for ever."""
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"a minute has passed without {what}")
        time.sleep(0.01)


def lives(pid: int) -> bool:
    """Tell whether a process still runs; one that only waits to be reaped does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
