"""What .sweep() takes, checked before anything runs."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypedDict

from sweeper.errors import SweeperError
from sweeper.model.domain import Domain
from sweeper.model.encoding import Value


class LaunchArguments(TypedDict, total=False):
    """The keyword arguments of .sweep(); see the table in the documentation."""

    trials: int | None
    search: Any
    scheduler: Any
    backend: Any
    workers: int | None
    cpus: float
    gpus: float
    memory: int | str | None
    nodes: int
    accelerator: str | None
    resources: Mapping[str, float] | None
    fresh_process: bool | None
    warmup: Callable[[], Any] | None
    working_dir: str | os.PathLike[str] | None
    pip: Sequence[str] | str | os.PathLike[str] | None
    env_vars: Mapping[str, str | None] | Sequence[str] | None
    metric: str | Sequence[str]
    mode: str | Sequence[str]
    constraints: Mapping[str, str] | None
    name: str
    resume: Literal["auto", "must", "never"]
    seed: int
    space: Mapping[str, Domain]
    fixed: Mapping[str, Value]
    baseline: bool
    points: Iterable[Mapping[str, Value]]
    learn_from: str | None
    replicates: int | None
    retries: int
    losses: int
    max_failures: int
    time: float | str | None
    gpu_hours: float | None
    target: float | None
    patience: int | None
    store: str | None
    artifacts: str | None
    keep_checkpoints: int
    timeout: float | str | None
    grace: float | str
    project: str | None
    tags: Iterable[str]
    progress: bool
    wait: bool


_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}
_BYTES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
_PART = rf"\s*(\d+(?:\.\d+)?)\s*({'|'.join(sorted(_UNITS, key=len, reverse=True))})"
_NAME = re.compile(r"[\w][\w .+@=-]{0,99}")


def check_names(given: Mapping[str, Any]) -> None:
    """Refuse an argument that .sweep() does not take.

    Raises:
        TypeError: as for any function, with the nearest known name.
    """
    import difflib

    known = LaunchArguments.__annotations__
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            more = f"; did you mean {near[0]}?" if near else ""
            raise TypeError(f"a sweep takes no argument {name!r}{more}")


def check_values(given: Mapping[str, Any]) -> None:
    """Refuse values that no sweep can have.

    Raises:
        SweeperError: names the argument, what was expected and what came.
    """
    for name, least in _WHOLE.items():
        value = given.get(name)
        if value is not None and (type(value) is not int or value < least):
            raise SweeperError(f"{name} = {value!r}", hint=f"Use a whole number from {least}.")
    if given.get("resume", "auto") not in ("auto", "must", "never"):
        raise SweeperError(f"resume = {given['resume']!r}", hint='Use "auto", "must" or "never".')
    seed = given.get("seed")
    if seed is not None and (type(seed) is not int or not 0 <= seed < 2**63):
        raise SweeperError(f"seed = {seed!r}", hint="Use a whole number from 0 to 2**63 - 1.")
    for name, (right, wanted) in _KINDS.items():
        value = given.get(name)
        if value is not None and not right(value):
            raise SweeperError(f"{name} = {value!r}", hint=wanted)
    called = given.get("name")
    if called is not None and (not isinstance(called, str) or not _NAME.fullmatch(called)):
        raise SweeperError(
            f"name = {called!r}",
            hint="Use up to 100 letters, digits, spaces and . _ - + @ =, a letter or digit first.",
        )


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]


def _is_text(value: object) -> bool:
    return isinstance(value, str) or _are_texts(value)


def _are_texts(value: object) -> bool:
    listed = isinstance(value, (list, tuple, set, frozenset))
    return listed and all(isinstance(item, str) for item in value)  # type: ignore[attr-defined]


def _are_points(value: object) -> bool:
    if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        return False
    return not isinstance(value, (list, tuple)) or all(isinstance(p, Mapping) for p in value)


def _is_mapping(value: object) -> bool:
    return isinstance(value, Mapping)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_positive(value: object) -> bool:
    return _is_number(value) and value > 0  # type: ignore[operator]


_KINDS: dict[str, tuple[Callable[[object], bool], str]] = {
    "metric": (_is_text, "Give a metric's name, or a list of names."),
    "mode": (_is_text, 'Give "min" or "max", or a list of them.'),
    "space": (_is_mapping, 'Give domains by name: {"lr": loguniform(1e-4, 1e-1)}.'),
    "fixed": (_is_mapping, 'Give values by name: {"epochs": 5}.'),
    "points": (_are_points, 'Give a list of configurations: [{"lr": 0.01}].'),
    "learn_from": (_is_name, "Give the name of an earlier sweep in this store."),
    "project": (_is_name, 'Give a text: "digits".'),
    "target": (_is_number, "Give the objective's value at which to stop."),
    "gpu_hours": (_is_positive, "Give a number of hours above 0."),
    "tags": (_are_texts, 'Give a list of texts: ["first", "cluster"].'),
}

_WHOLE = {
    "trials": 1,
    "replicates": 1,
    "workers": 1,
    "retries": 0,
    "losses": 0,
    "max_failures": 1,
    "patience": 1,
    "keep_checkpoints": 1,
}


def seconds(name: str, given: float | str | None) -> float | None:
    """Read a duration: seconds as a number, or text such as "90s", "2h", "1h30m", "1.5d".

    Example:
        >>> seconds("time", "2h"), seconds("time", "1h 30min")
        (7200.0, 5400.0)

    Raises:
        SweeperError: it is no duration, or none at all where only a grace may be.
    """
    if given is None:
        return None
    found, least = _seconds(given), "" if name == "grace" else " above 0"
    if found is not None and (found > 0 or not least):
        return found
    raise SweeperError(
        f"{name} = {given!r}",
        hint=f'Give seconds{least}, or text like "90s", "30min", "1h30m", "1d".',
    )


def _seconds(given: float | str) -> float | None:
    if isinstance(given, str):
        parts = re.findall(_PART, given.lower())
        if re.fullmatch(rf"\s*(?:\d+(?:\.\d+)?|(?:{_PART})+)\s*", given.lower()):
            return sum(float(n) * _UNITS[unit] for n, unit in parts) if parts else float(given)
    elif type(given) in (int, float) and given >= 0 and math.isfinite(given):
        return float(given)
    return None


def memory_bytes(given: int | str | None) -> int | None:
    """Read an amount of memory: bytes as a number, or text such as "4GiB".

    Raises:
        SweeperError: it is no amount.
    """
    if given is None or type(given) is int:
        return given
    if isinstance(given, str):
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*", given.lower())
        if found and found[2].upper() in _BYTES:
            return int(float(found[1]) * _BYTES[found[2].upper()])
    raise SweeperError(f"memory = {given!r}", hint='Give bytes, or text like "4GiB".')
