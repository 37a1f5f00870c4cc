"""Linear algebra on one thread, as suits matrices of a few hundred rows."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


def one_thread() -> AbstractContextManager[Any]:
    """Let numpy and scipy calculate on the calling thread alone, for a while.

    For matrices this small further threads do little but wait for one another, on processors that
    trials could use; and how many there are would show in a sum's last digit, so that a sweep that
    is resumed on another machine would not suggest the same.
    """
    limit: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limit


@cache
def _controller() -> ThreadpoolController:
    # Finding the libraries costs milliseconds, and only those that are loaded are found.
    import scipy.linalg  # noqa: F401

    return ThreadpoolController()
