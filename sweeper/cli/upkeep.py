"""The verb db: the schema of a store, shown and upgraded."""

from __future__ import annotations

import argparse
from typing import Any

from sweeper.cli.output import common_options, say
from sweeper.store.upgrade import upgrade


def add_verbs(verbs: Any) -> None:
    """Add db."""
    db = verbs.add_parser("db", parents=[common_options(reads=False)], help="upgrade a store")
    db.add_argument("what", choices=["upgrade"])
    db.set_defaults(act=_upgrade)


def _upgrade(parsed: argparse.Namespace) -> int:
    say(upgrade(parsed.store))
    return 0
