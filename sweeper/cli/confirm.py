"""The verb that runs the best trials again: confirm."""

from __future__ import annotations

import argparse
from typing import Any

from sweeper.cli.output import common_options, say, say_json
from sweeper.cli.target import given_options, launch_options

_NOT_ITS_OWN = ("trials", "search", "scheduler", "seed", "metric", "mode", "target", "patience")


def add_verbs(verbs: Any) -> None:
    """Add confirm."""
    confirm = verbs.add_parser(
        "confirm",
        parents=[common_options(), launch_options(without=_NOT_ITS_OWN)],
        help="run the best trials again with fresh seeds",
        description="Run the best trials again, each with fresh seeds, and say what they are "
        "really worth and which differences are more than luck. Go on with it by the same line.",
        allow_abbrev=False,
    )
    confirm.add_argument("sweep", metavar="NAME")
    confirm.add_argument("--top", type=int, default=5, metavar="N", help="how many trials; 5")
    confirm.add_argument("--seeds", type=int, default=5, metavar="N", help="seeds for each; 5")
    confirm.set_defaults(act=_confirm)


def _confirm(parsed: argparse.Namespace) -> int:
    from sweeper.sweep import load

    given = given_options(parsed)
    given.pop("store", None)
    found = load(parsed.sweep, parsed.store).confirm(parsed.top, parsed.seeds, **given)
    if parsed.json:
        say_json(found.describe())
    else:
        say(str(found))
    return 0
