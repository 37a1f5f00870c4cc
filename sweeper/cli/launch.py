"""The verbs that drive a sweep: run, resume and retry."""

from __future__ import annotations

import argparse
from typing import Any

from sweeper.cli.output import common_options, say, say_json
from sweeper.cli.submit import hand_over
from sweeper.cli.target import given_options, launch_of, launch_options, target_options


def add_verbs(verbs: Any) -> None:
    """Add run, resume and retry."""
    run = verbs.add_parser(
        "run",
        parents=[common_options(), target_options(), launch_options()],
        help="launch a sweep",
        description="Launch a decorated function, SCRIPT.py:FUNCTION or MODULE:FUNCTION, or a "
        "script that knows nothing of sweeper: SCRIPT.py --lr 'loguniform(1e-5, 1e-1)' -- …",
        allow_abbrev=False,
    )
    run.add_argument(
        "--submit", action="store_true", help="hand the sweep to the backend's cluster as a job"
    )
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


def _run(parsed: argparse.Namespace) -> int:
    if parsed.submit:
        return hand_over(parsed, given_options(parsed))
    function, given = launch_of(parsed)
    return _finish(parsed, function.sweep(**given))


def _resume(parsed: argparse.Namespace) -> int:
    from sweeper.cli.follow import ask
    from sweeper.store import questions
    from sweeper.store.commands import WishKind
    from sweeper.sweep import load, resume

    given = given_options(parsed)
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
