"""A frozen record with some fields changed, several times quicker than dataclasses.replace()."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any, TypeAlias, TypeVar

R = TypeVar("R")
_Setter: TypeAlias = Callable[[object, object], None]


def changed(record: R, **known: Any) -> R:
    """Give a copy of a frozen dataclass with slots, with these fields changed.

    The controller does this several times for every trial and once for every report. Nothing is
    checked: names and values are those of our own code.

    Example:
        >>> from sweeper.model.trial import AttemptRecord
        >>> from sweeper.model.lifecycle import AttemptStatus
        >>> first = AttemptRecord(trial=0, number=1, status=AttemptStatus.CREATED, created=0.0)
        >>> changed(first, pid=7).pid, first.pid
        (7, None)
    """
    kind = type(record)
    values_of, setters = _fields(kind)  # type: ignore[arg-type]
    copy = object.__new__(kind)
    for put, value in zip(setters.values(), values_of(record)):
        put(copy, value)
    for name, value in known.items():
        setters[name](copy, value)
    return copy


@cache
def _fields(kind: Any) -> tuple[Callable[[object], tuple[Any, ...]], dict[str, _Setter]]:
    """Give what reads all fields of a record at once, and what writes each of them."""
    names = kind.__slots__
    return attrgetter(*names), {name: getattr(kind, name).__set__ for name in names}
