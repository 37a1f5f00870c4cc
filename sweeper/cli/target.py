"""What the verbs that launch or plan are given: a target, and the arguments of a launch."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sweeper.cli.expressions import declared_space
from sweeper.cli.output import Usage
from sweeper.errors import SweeperError

_NUMBERS: dict[str, type] = {
    "trials": int,
    "workers": int,
    "cpus": float,
    "gpus": float,
    "nodes": int,
    "seed": int,
    "replicates": int,
    "retries": int,
    "losses": int,
    "max-failures": int,
    "gpu-hours": float,
    "target": float,
    "patience": int,
}
_TEXTS = ("search", "scheduler", "backend", "memory", "name", "time", "timeout", "grace")
_MORE_TEXTS = ("artifacts", "project", "accelerator", "working-dir", "pip")
_OBJECTIVES = ("metric", "mode")
_PLACING = ("tags", "env_vars", "resources", "constraints", "fresh_process")


def target_options() -> argparse.ArgumentParser:
    """Make the target and the options that only a launch by it has."""
    parent = argparse.ArgumentParser(add_help=False)
    parent.add_argument("target_function", metavar="TARGET", help="what to sweep")
    parent.add_argument("--resume", choices=["auto", "must", "never"], default="auto")
    parent.add_argument("--learn-from", metavar="NAME", help="an earlier sweep of this store")
    parent.add_argument("--fixed", action="append", default=[], metavar="NAME=VALUE")
    parent.add_argument("--no-baseline", action="store_true", help="leave the defaults out")
    return parent


def launch_options(without: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Make the options that a launch and a resume share."""
    parent = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    for name, kind in _NUMBERS.items():
        if name not in without:
            parent.add_argument(f"--{name}", type=kind, metavar="N")
    for name in (*_TEXTS, *_MORE_TEXTS):
        if name not in without:
            parent.add_argument(f"--{name}", metavar="TEXT")
    for name in _OBJECTIVES:
        if name not in without:
            help_text = "once for each objective"
            parent.add_argument(f"--{name}", action=_OneOrMore, metavar="TEXT", help=help_text)
    parent.add_argument("--tag", action="append", dest="tags", metavar="TAG")
    parent.add_argument(
        "--env", action=_Collect, dest="env_vars", metavar="NAME[=VALUE]", help="for the workers"
    )
    parent.add_argument(
        "--resource", action=_Collect, dest="resources", metavar="NAME=AMOUNT", help="of a cluster"
    )
    parent.add_argument(
        "--constraint",
        action=_Collect,
        dest="constraints",
        metavar="'METRIC <= N'",
        help="what trials must keep",
    )
    parent.add_argument("--fresh-process", action=argparse.BooleanOptionalAction)
    parent.add_argument("--quiet", action="store_true", default=False, help="show no progress")
    return parent


class _OneOrMore(argparse.Action):
    """Take a text as it is, and several as a list."""

    def __call__(self, _parser: Any, namespace: Any, values: Any, _option: Any = None) -> None:
        before = getattr(namespace, self.dest, None)
        texts = [] if before is None else [before] if isinstance(before, str) else before
        setattr(namespace, self.dest, [*texts, values] if texts else values)


class _Collect(argparse.Action):
    """Gather names with their values, each kind written in its own way."""

    def __call__(self, _parser: Any, namespace: Any, values: Any, _option: Any = None) -> None:
        gathered = dict(getattr(namespace, self.dest, {}))
        name, value = _PAIRS[self.dest](str(values))
        gathered[name] = value
        setattr(namespace, self.dest, gathered)


def _variable(text: str) -> tuple[str, str | None]:
    name, equals, value = text.partition("=")
    return name, value if equals else None


def _resource(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    return name, _amount(value)


def _constraint(text: str) -> tuple[str, str]:
    place = min((i for i in map(text.find, "<>") if i >= 0), default=-1)
    if place < 0:
        raise Usage(f"--constraint {text!r}", hint="Write --constraint 'latency_ms <= 20'.")
    return text[:place].strip(), text[place:]


_PAIRS: dict[str, Callable[[str], tuple[str, Any]]] = {
    "env_vars": _variable,
    "resources": _resource,
    "constraints": _constraint,
}


def _amount(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise Usage(f"{text!r} is no amount", hint="Write --resource NAME=AMOUNT.") from error


def given_options(parsed: argparse.Namespace) -> dict[str, Any]:
    """Give the arguments of a launch as far as the command line has them."""
    known = [name.replace("-", "_") for name in (*_NUMBERS, *_TEXTS, *_MORE_TEXTS)]
    known += _OBJECTIVES
    known += _PLACING
    given = {name: getattr(parsed, name) for name in known if hasattr(parsed, name)}
    given["progress"] = not parsed.quiet
    if parsed.store:
        given["store"] = parsed.store
    return given


def launch_of(parsed: argparse.Namespace) -> tuple[Any, dict[str, Any]]:
    """Give the function that the command line names, and the arguments of its launch.

    Raises:
        Usage: the target is none, or an option is not understood.
        SweeperError: the function cannot be loaded.
    """
    given = given_options(parsed)
    given["resume"] = parsed.resume
    if parsed.learn_from is not None:
        given["learn_from"] = parsed.learn_from
    given["fixed"] = dict(_pinned(text) for text in parsed.fixed)
    if parsed.no_baseline:
        given["baseline"] = False
    target = parsed.target_function
    if target.endswith(".py"):
        return _script(target, parsed, given)
    if parsed.flags or parsed.passed_on:
        raise Usage(
            f"{' '.join([*parsed.flags, *parsed.passed_on])!r} was not understood",
            hint="SCRIPT.py:FUNCTION takes options only; see sweeper run --help.",
        )
    if not given["fixed"]:
        del given["fixed"]
    return _function(target), given


def _script(
    script: str, parsed: argparse.Namespace, given: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    from sweeper.script import run_script

    if not Path(script).is_file():
        raise Usage(f"there is no file {script}", hint="Check the path of the script.")
    given["space"] = declared_space(parsed.flags)
    given["fixed"] = {
        **given["fixed"],
        "script": str(Path(script).absolute()),
        "arguments": parsed.passed_on,
    }
    if "metric" not in given:
        raise Usage(
            "a script's sweep needs to know what to optimise",
            hint="Name it as the script prints it: --metric val_accuracy --mode max.",
        )
    return run_script, given


def _function(target: str) -> Any:
    from sweeper.worker.code import find

    place, _, name = target.rpartition(":")
    if not place or not name:
        raise Usage(
            f"{target!r} names no function", hint="Write SCRIPT.py:FUNCTION or MODULE:FUNCTION."
        )
    if place.endswith(".py"):
        place = str(Path(place).absolute())
    try:
        found = find(f"{place}:{name}", [str(Path.cwd())])
    except ImportError as error:
        raise SweeperError(
            f"{target} cannot be loaded: {error}", hint="Check the path and the name."
        ) from error
    if not hasattr(found, "sweep"):
        raise SweeperError(
            f"{target} is not sweepable", hint="Decorate it with @sweeper.sweepable."
        )
    return found


def _pinned(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise Usage(f"--fixed {text!r}", hint="Write --fixed NAME=VALUE.")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value
