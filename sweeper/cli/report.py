"""The verb report: a sweep as one HTML file that opens without a server."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from sweeper.cli.output import common_options, say
from sweeper.plugins import load_dashboard
from sweeper.store.store import Store


def add_verbs(verbs: Any) -> None:
    """Add report."""
    report = verbs.add_parser(
        "report",
        parents=[common_options(reads=False)],
        help="write a sweep as one HTML file that opens without a server",
    )
    report.add_argument("name", metavar="NAME")
    report.add_argument("-o", "--output", metavar="FILE", help="the file; NAME.html")
    report.set_defaults(act=_report)


def _report(parsed: argparse.Namespace) -> int:
    from sweeper.search.importance import importance

    store = Store(parsed.store, must_exist=True)
    page: str = load_dashboard("report")(store, parsed.name, importance=importance)
    written = Path(parsed.output or f"{_as_file(parsed.name)}.html")
    written.write_text(page, encoding="utf-8")
    say(f"{written}: {len(page) / 1e6:.1f} MB, for any browser, without a server")
    return 0


def _as_file(name: str) -> str:
    """Make a file's name of a sweep's; a sweep may have slashes in it."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in name)
