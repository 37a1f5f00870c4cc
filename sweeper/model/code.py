"""How a worker finds the training function: by import path, by file, or by value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A function's address, and the function itself where no worker could import it.

    path reads "module:name", or "/path/script.py:name" for a script's function, or
    "__main__:name" for a notebook's. payload is a cloudpickle, and travels only from the
    launcher to workers. search_path is the launcher's, for the imports of the function. warmup
    is what a worker's process runs once before it calls the function.
    """

    path: str
    digest: str
    payload: bytes | None = None
    search_path: tuple[str, ...] = ()
    warmup: Code | None = None
