"""What a launch asks of machines and of the processes on them, read from its arguments."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sweeper.errors import SweeperError
from sweeper.launching.request import memory_bytes
from sweeper.model.resources import Resources
from sweeper.model.setup import Setup
from sweeper.worker.code import address, find, plain


def changed_resources(before: Resources, given: Mapping[str, Any]) -> Resources:
    """Apply what is given to the size that a trial had before.

    Raises:
        SweeperError: an amount is none; names it.
    """
    changes = {n: given[n] for n in ("cpus", "gpus", "nodes", "accelerator") if n in given}
    if "memory" in given:
        changes["memory"] = memory_bytes(given["memory"])
    if "resources" in given:
        changes["custom"] = given["resources"] if given["resources"] is not None else {}
    return replace(before, **changes)


def changed_setup(before: Setup, given: Mapping[str, Any]) -> Setup:
    """Apply what is given to the setup that workers had before.

    Raises:
        SweeperError: a value is of the wrong kind; names it.
    """
    readers: dict[str, Callable[[Any], Any]] = {
        "fresh_process": _fresh_process,
        "warmup": _warmup,
        "working_dir": _working_dir,
        "pip": _pip,
        "env_vars": _env_vars,
    }
    return replace(before, **{n: read(given[n]) for n, read in readers.items() if n in given})


def warmup_of(setup: Setup, given: Mapping[str, Any]) -> Callable[..., Any] | None:
    """Give the recorded function that warms up workers, found again where it is not given.

    Raises:
        SweeperError: it cannot be found any more.
    """
    if setup.warmup is None:
        return None
    candidate = given.get("warmup")
    if candidate is not None and _warmup(candidate) == setup.warmup:
        return plain(candidate)
    try:
        return plain(find(setup.warmup))
    except ImportError as error:
        raise SweeperError(
            f"the warmup {setup.warmup} cannot be found again: {error}",
            hint="Give it anew: warmup=…, or warmup=None to go without.",
        ) from error


def _fresh_process(given: Any) -> bool | None:
    if given is not None and type(given) is not bool:
        raise SweeperError(
            f"fresh_process = {given!r}", hint="Use True, False, or None for the backend's own."
        )
    return given


def _warmup(given: Any) -> str | None:
    if given is None:
        return None
    hint = "Give a function without required parameters: warmup=load_libraries."
    function = plain(given)
    if not inspect.isfunction(function):
        raise SweeperError(f"warmup = {given!r}", hint=hint)
    parameters = inspect.signature(function).parameters.values()
    needed = [p.name for p in parameters if p.default is p.empty and p.kind in _COUNTED]
    if needed:
        raise SweeperError(f"the warmup {function.__qualname__} needs {needed[0]!r}", hint=hint)
    return address(function)


_COUNTED = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.KEYWORD_ONLY,
)


def _working_dir(given: Any) -> str | None:
    if given is None:
        return None
    if isinstance(given, str) and "://" in given:
        return given
    if not isinstance(given, (str, os.PathLike)) or not Path(given).is_dir():
        raise SweeperError(
            f"working_dir = {str(given)!r}, which is no folder",
            hint="Give the folder that holds what the function imports and reads.",
        )
    return str(Path(given).absolute())


def _pip(given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    if isinstance(given, (str, os.PathLike)):
        file = Path(given)
        if not file.is_file():
            raise SweeperError(
                f"pip = {str(given)!r}, which is no file",
                hint='Give a list of requirements: ["einops>=0.8"], or the path of a file of them.',
            )
        lines = [line.split(" #")[0].strip() for line in file.read_text("utf-8").splitlines()]
        return tuple(line for line in lines if line and not line.startswith("#"))
    if not isinstance(given, (list, tuple)) or not all(isinstance(item, str) for item in given):
        raise SweeperError(f"pip = {given!r}", hint='Give a list: ["einops>=0.8"].')
    return tuple(given)


def _env_vars(given: Any) -> dict[str, str | None]:
    hint = 'Give texts by name: {"HF_HOME": "/data"}; None takes the launcher\'s own value.'
    if given is None:
        return {}
    if isinstance(given, (list, tuple)):
        given = dict.fromkeys(given)
    if not isinstance(given, Mapping):
        raise SweeperError(f"env_vars = {given!r}", hint=hint)
    for name, value in given.items():
        if not isinstance(name, str) or not name or "=" in name:
            raise SweeperError(f"env_vars has a variable called {name!r}", hint=hint)
        if value is not None and not isinstance(value, str):
            raise SweeperError(f"env_vars has {name} = {value!r}", hint=hint)
    Setup(env_vars=given).variables(os.environ)
    return dict(given)
