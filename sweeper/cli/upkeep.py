"""The verbs of upkeep: db upgrades a store's schema, doctor checks all there is."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from sweeper.cli.output import common_options, say, say_json
from sweeper.display.tables import show_table
from sweeper.store.upgrade import upgrade
from sweeper.upkeep.doctor import examine
from sweeper.upkeep.finding import State

_DID_NOT_HOLD = 3


def add_verbs(verbs: Any) -> None:
    """Add db and doctor."""
    db = verbs.add_parser("db", parents=[common_options(reads=False)], help="upgrade a store")
    db.add_argument("what", choices=["upgrade"])
    db.set_defaults(act=_upgrade)
    doctor = verbs.add_parser(
        "doctor",
        parents=[common_options()],
        help="check a store and this machine, and say what to do",
        description="Check the installation, the backends, the disk, the clock, the database and "
        "every sweep in it. Exit code 3 where a check did not hold.",
    )
    doctor.set_defaults(act=_doctor)


def _upgrade(parsed: argparse.Namespace) -> int:
    say(upgrade(parsed.store))
    return 0


def _doctor(parsed: argparse.Namespace) -> int:
    findings = examine(parsed.store)
    if parsed.json:
        say_json([asdict(finding) for finding in findings])
    else:
        headings = ("", "about", "found", "what to do")
        show_table(headings, [(str(f.state), f.about, f.what, f.remedy) for f in findings])
    problems = sum(finding.state is State.PROBLEM for finding in findings)
    return _DID_NOT_HOLD if problems else 0
