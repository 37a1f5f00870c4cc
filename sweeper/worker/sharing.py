"""Values that a launcher shares with all trials, kept once on each machine and read as they are."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import FunctionType, MethodType
from typing import Any

from sweeper.errors import SweeperError

Opener = Callable[[], Any]
# Not whatever can be called: a model can.
_MAKERS = (FunctionType, MethodType, functools.partial)

_values: dict[str, Any] = {}
_openers: dict[str, tuple[str, Opener]] = {}


def share(name: str, value: Any) -> Shared:
    """Share a value, such as a data set, with all trials that are launched from here.

    Example:
        >>> digits = share("digits", lambda: [3, 1, 4])
        >>> shared("digits")
        [3, 1, 4]
        >>> digits()
        [3, 1, 4]

    Args:
        name: what trials ask for it by; a value that is shared under it anew replaces the former.
        value: the value, or a function without arguments that makes it and is called only where
            nobody has shared it yet.

    It must be possible to pickle it. On the ray backend it lies in the object store, on the local
    one in a file in memory, once on each machine; its NumPy arrays are read there, without a copy,
    and cannot be written to. On the inline backend trials get the value itself. Gives a handle
    that is small wherever it travels, and gives the value when it is called.
    """
    if not isinstance(name, str) or not name:
        raise SweeperError(f"share() got the name {name!r}", hint='Use a text: "digits".')
    if name in _openers:
        return Shared(name)  # a worker that has loaded the launcher's script
    _values[name] = value() if isinstance(value, _MAKERS) else value
    return Shared(name)


def shared(name: str) -> Any:
    """Give the value that the launcher shares under a name.

    Example:
        >>> _ = share("digits", [3, 1, 4])
        >>> shared("digits")
        [3, 1, 4]

    Raises:
        SweeperError: nothing is shared under it.
    """
    if name not in _values and name in _openers:
        _values[name] = _openers[name][1]()
    if name in _values:
        return _values[name]
    known = ", ".join(sorted({*_values, *_openers})) or "nothing"
    raise SweeperError(
        f"nothing is shared under {name!r}; shared is {known}",
        hint=f"Call sweeper.share({name!r}, …) before the launch, and before a resume too.",
    )


class Shared:
    """A handle of a shared value: it travels by its name, and gives the value when called."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self) -> Any:
        return shared(self.name)

    def __repr__(self) -> str:
        return f"<shared {self.name!r}>"


def shared_values() -> Mapping[str, Any]:
    """Give what is shared from this process, for a backend that brings it to its workers."""
    return _values


def offer(name: str, place: str, opener: Opener) -> None:
    """Let a worker open what lies at a place when it is first asked for it; for backends."""
    if name not in _openers or _openers[name][0] != place:
        _openers[name] = (place, opener)
        _values.pop(name, None)
