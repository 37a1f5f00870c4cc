"""Environment variables that hold for as long as an attempt runs in a process of others."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for the length of a with block.

    Example:
        >>> import os
        >>> with environment({"SWEEPER_EXAMPLE": "1"}):
        ...     os.environ["SWEEPER_EXAMPLE"]
        '1'
        >>> "SWEEPER_EXAMPLE" in os.environ
        False
    """
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
