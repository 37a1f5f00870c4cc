"""What a running attempt says: the words between workers, backends and the controller.

Each event can be written as a JSON list and read back, so that nothing a worker says is ever
unpickled.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias

from sweeper.model.encoding import Json
from sweeper.model.lifecycle import AttemptStatus, Outcome
from sweeper.model.replicate import Replicate

TRIAL_PAUSED = "trial_paused"
TRIAL_RESUMED = "trial_resumed"
"""Kinds of what is recorded of a scheduler's pauses: each names the attempt that it ended."""

TRIAL_COPIED = "trial_copied"
"""The kind of what is recorded of a trial that begins from another one's checkpoint."""

SCHEDULED = "scheduled"
"""The kind of what a scheduler has settled."""


class AttemptKey(NamedTuple):
    """One attempt of one trial; the attempt number is the fence against stale ones."""

    trial: int
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The worker is about to call the function."""

    key: AttemptKey
    time: float
    host: str
    pid: int
    devices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """The function has done a step; where it waits, the worker holds still for an answer.

    replicate is the one that ended there, if one did.
    """

    key: AttemptKey
    time: float
    step: int
    metrics: Mapping[str, float]
    waits: bool = False
    replicate: Replicate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A piece of what the attempt wrote to a stream."""

    key: AttemptKey
    time: float
    stream: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A checkpoint or artifact lies complete at its path."""

    key: AttemptKey
    time: float
    kind: str
    name: str
    path: str
    step: int | None = None
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A checkpoint that newer and better ones have made superfluous is gone."""

    key: AttemptKey
    time: float
    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the attempt has used so far: each entry replaces an earlier one of its name."""

    key: AttemptKey
    time: float
    usage: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What went wrong, as text: nothing here needs the user's classes to be read."""

    type: str
    message: str
    traceback: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The attempt is over, as its worker or its backend says."""

    key: AttemptKey
    time: float
    status: AttemptStatus
    outcome: Outcome
    values: tuple[float, ...] | None = None
    result: Mapping[str, Json] | None = None
    failure: Failure | None = None
    usage: Mapping[str, Json] | None = None


Event: TypeAlias = Started | Reported | Logged | Published | Removed | Measured | Ended

_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Started, Reported, Logged, Published, Removed, Measured, Ended)
}
_NAMES = {kind: [field.name for field in fields(kind)] for kind in _KINDS.values()}
_GETTERS = {kind: attrgetter(*names) for kind, names in _NAMES.items()}


def write_events(events: Sequence[Event]) -> str:
    """Write events as one line of JSON, which costs less than a line each.

    Example:
        >>> line = write_events([Logged(key=AttemptKey(0, 1), time=0.0, stream="out", text="a")])
        >>> [event.text for event in read_events([line])]
        ['a']
    """
    return _encode([[type(event).__name__, *_GETTERS[type(event)](event)] for event in events])


def write_event(event: Event) -> str:
    """Write one event as a line of JSON."""
    return write_events([event])


def read_events(lines: Iterable[str | bytes]) -> list[Event]:
    """Read the events of some lines back, in their order."""
    return [_read(*written) for line in lines for written in _decoded(line)]


def _decoded(line: str | bytes) -> list[list[Any]]:
    read: list[list[Any]] = json.loads(line if isinstance(line, str) else line.decode())
    return read


def _read(name: str, *values: Any) -> Event:
    kind = _KINDS[name]
    given = dict(zip(_NAMES[kind], values))
    given["key"] = AttemptKey(*given["key"])
    if kind is Reported and given["replicate"] is not None:
        given["replicate"] = Replicate(**given["replicate"])
    if kind is Started:
        given["devices"] = tuple(given["devices"])
    if kind is Ended:
        _read_ended(given)
    event: Event = kind(**given)
    return event


def _read_ended(given: dict[str, Any]) -> None:
    given["status"] = AttemptStatus(given["status"])
    given["outcome"] = Outcome(given["outcome"])
    if given["values"] is not None:
        given["values"] = tuple(given["values"])
    if given["failure"] is not None:
        given["failure"] = Failure(**given["failure"])


def _plain(value: object) -> Json:
    if isinstance(value, (Failure, Replicate)):
        return asdict(value)
    return dict(value)  # type: ignore[call-overload]


_encode = json.JSONEncoder(default=_plain).encode
