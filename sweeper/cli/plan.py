"""The verb that looks ahead: plan."""

from __future__ import annotations

import argparse
from typing import Any

from sweeper.cli.output import common_options, say, say_json
from sweeper.cli.target import launch_of, launch_options, target_options


def add_verbs(verbs: Any) -> None:
    """Add plan."""
    plan = verbs.add_parser(
        "plan",
        parents=[common_options(), target_options(), launch_options()],
        help="say what a launch would meet, run and take",
        description="Take what run takes, launch nothing, and say which problems a launch would "
        "meet, what would run, and how long it would take for how much money.",
        allow_abbrev=False,
    )
    plan.add_argument("--price", type=float, metavar="N", help="of a GPU-hour")
    plan.add_argument(
        "--probe", type=int, default=0, metavar="N", help="run so many trials to learn from first"
    )
    plan.set_defaults(act=_plan)


def _plan(parsed: argparse.Namespace) -> int:
    function, given = launch_of(parsed)
    planned = function.plan(price=parsed.price, probe=parsed.probe, **given)
    if parsed.json:
        say_json(planned.describe())
    else:
        say(str(planned))
    return 0 if planned.ok else 1
