"""A frozen record with some fields changed, several times quicker than dataclasses.replace()."""

from __future__ import annotations

from typing import Any, TypeVar

R = TypeVar("R")
_set = object.__setattr__


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
    copy = object.__new__(type(record))
    for name in type(record).__slots__:  # type: ignore[attr-defined]
        _set(copy, name, known[name] if name in known else getattr(record, name))
    return copy
