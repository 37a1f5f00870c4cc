"""The verbs that drive a sweep: run, resume and retry."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sweeper.cli.expressions import declared_space
from sweeper.cli.output import Usage, common_options, say, say_json
from sweeper.errors import SweeperError

_NUMBERS: dict[str, type] = {
    "trials": int,
    "workers": int,
    "cpus": float,
    "gpus": float,
    "nodes": int,
    "seed": int,
    "retries": int,
    "losses": int,
    "max-failures": int,
    "gpu-hours": float,
    "target": float,
    "patience": int,
}
_TEXTS = ("search", "scheduler", "backend", "memory", "name", "time", "timeout", "grace")
_MORE_TEXTS = ("artifacts", "project", "metric", "mode", "accelerator", "working-dir", "pip")
_PLACING = ("tags", "env_vars", "resources", "fresh_process")


def add_verbs(verbs: Any) -> None:
    """Add run, resume and retry."""
    run = verbs.add_parser(
        "run",
        parents=[common_options(), launch_options()],
        help="launch a sweep",
        description="Launch a decorated function, SCRIPT.py:FUNCTION or MODULE:FUNCTION, or a "
        "script that knows nothing of sweeper: SCRIPT.py --lr 'loguniform(1e-5, 1e-1)' -- …",
        allow_abbrev=False,
    )
    run.add_argument("target_function", metavar="TARGET", help="what to sweep")
    run.add_argument("--resume", choices=["auto", "must", "never"], default="auto")
    run.add_argument("--fixed", action="append", default=[], metavar="NAME=VALUE")
    run.add_argument("--no-baseline", action="store_true", help="leave the defaults out")
    run.set_defaults(act=_run)
    resume = verbs.add_parser(
        "resume",
        parents=[common_options(), launch_options(without=("name", "seed", "metric", "mode"))],
        help="go on with a sweep after anything",
        allow_abbrev=False,
    )
    resume.add_argument("name", metavar="NAME")
    resume.set_defaults(act=_resume)
    retry = verbs.add_parser(
        "retry",
        parents=[common_options(), launch_options(without=("name", "seed", "metric", "mode"))],
        help="give failed trials another chance",
        description="Let failed or cancelled trials run again, with the same numbers, parameters "
        "and seeds, and go on with the sweep. Without numbers, all that failed.",
        allow_abbrev=False,
    )
    retry.add_argument("name", metavar="NAME")
    retry.add_argument("numbers", metavar="TRIAL", nargs="*", type=int)
    retry.add_argument("--failed", action="store_true", help="all that failed, besides the numbers")
    retry.add_argument("--no-run", action="store_true", help="only let them wait for a resume")
    # argparse gives a positional no words from behind an option.
    retry.set_defaults(act=_retry, rest="numbers")


def launch_options(without: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Make the options that a launch and a resume share."""
    parent = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    for name, kind in _NUMBERS.items():
        if name not in without:
            parent.add_argument(f"--{name}", type=kind, metavar="N")
    for name in (*_TEXTS, *_MORE_TEXTS):
        if name not in without:
            parent.add_argument(f"--{name}", metavar="TEXT")
    parent.add_argument("--tag", action="append", dest="tags", metavar="TAG")
    parent.add_argument(
        "--env", action=_Collect, dest="env_vars", metavar="NAME[=VALUE]", help="for the workers"
    )
    parent.add_argument(
        "--resource", action=_Collect, dest="resources", metavar="NAME=AMOUNT", help="of a cluster"
    )
    parent.add_argument("--fresh-process", action=argparse.BooleanOptionalAction)
    parent.add_argument("--quiet", action="store_true", default=False, help="show no progress")
    return parent


class _Collect(argparse.Action):
    """Gather NAME=VALUE pairs; a name alone stands for None, and amounts are numbers."""

    def __call__(self, _parser: Any, namespace: Any, values: Any, _option: Any = None) -> None:
        name, equals, value = str(values).partition("=")
        gathered = dict(getattr(namespace, self.dest, {}))
        gathered[name] = (value if equals else None) if self.dest == "env_vars" else _amount(value)
        setattr(namespace, self.dest, gathered)


def _amount(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise Usage(f"{text!r} is no amount", hint="Write --resource NAME=AMOUNT.") from error


def _given(parsed: argparse.Namespace) -> dict[str, Any]:
    known = [name.replace("-", "_") for name in (*_NUMBERS, *_TEXTS, *_MORE_TEXTS)]
    known += _PLACING
    given = {name: getattr(parsed, name) for name in known if hasattr(parsed, name)}
    given["progress"] = not parsed.quiet
    if parsed.store:
        given["store"] = parsed.store
    return given


def _run(parsed: argparse.Namespace) -> int:
    given = _given(parsed)
    given["resume"] = parsed.resume
    given["fixed"] = dict(_pinned(text) for text in parsed.fixed)
    if parsed.no_baseline:
        given["baseline"] = False
    target = parsed.target_function
    if target.endswith(".py"):
        return _finish(parsed, _sweep_script(target, parsed, given))
    if parsed.flags or parsed.passed_on:
        raise Usage(
            f"{' '.join([*parsed.flags, *parsed.passed_on])!r} was not understood",
            hint="sweeper run SCRIPT.py:FUNCTION takes options only; see sweeper run --help.",
        )
    if not given["fixed"]:
        del given["fixed"]
    return _finish(parsed, _function(target).sweep(**given))


def _sweep_script(script: str, parsed: argparse.Namespace, given: dict[str, Any]) -> Any:
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
    return run_script.sweep(**given)


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


def _resume(parsed: argparse.Namespace) -> int:
    from sweeper.cli.follow import ask
    from sweeper.store import questions
    from sweeper.store.commands import WishKind
    from sweeper.sweep import load, resume

    given = _given(parsed)
    given.pop("name", None)
    sweep = load(parsed.name, parsed.store)
    if sweep.status == "paused" and questions.is_driven(sweep.store, sweep.name):
        return ask(sweep, WishKind.RESUME, f"sweep {sweep.name!r} goes on")
    return _finish(parsed, resume(parsed.name, **given))


def _retry(parsed: argparse.Namespace) -> int:
    from sweeper.store.store import Store
    from sweeper.upkeep.retrying import retry

    store = Store(parsed.store, must_exist=True)
    numbers = retry(store, parsed.name, parsed.numbers, failed=parsed.failed)
    if not parsed.no_run:
        return _resume(parsed)
    if parsed.json:
        say_json({"name": parsed.name, "waiting": numbers})
    else:
        trials = "Trial" if len(numbers) == 1 else "Trials"
        say(f"{trials} {', '.join(map(str, numbers))} will run on: sweeper resume {parsed.name}")
    return 0


def _finish(parsed: argparse.Namespace, sweep: Any) -> int:
    best = sweep.best_trial
    if parsed.json:
        say_json(
            {
                "name": sweep.name,
                "status": sweep.status,
                "trials": len(sweep.trials),
                "best": best and {"trial": best.number, "value": best.value, "params": best.params},
            }
        )
    return 0 if sweep.status == "completed" or sweep.status == "stopped" else 1


def _pinned(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise Usage(f"--fixed {text!r}", hint="Write --fixed NAME=VALUE.")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value
