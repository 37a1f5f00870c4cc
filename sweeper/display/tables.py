"""Sweeps and trials as tables on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sweeper.display.wording import duration, number

_STYLES = {
    "running": "cyan",
    "completed": "green",
    "infeasible": "magenta",
    "pruned": "yellow",
    "failed": "red",
    "interrupted": "magenta",
}


def show_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a table: numbers to the right and rounded, statuses in colour."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    numeric = [
        all(isinstance(row[place], (int, float, type(None))) for row in rows)
        for place in range(len(headings))
    ]
    for heading, right in zip(headings, numeric):
        table.add_column(heading, justify="right" if right else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    console = Console(soft_wrap=not sys.stdout.isatty())
    if not sys.stdout.isatty():
        console.width = max(console.width, 500)
    console.print(table)


def show_facts(facts: Sequence[tuple[str, object]]) -> None:
    """Write names and values in two columns."""
    width = max(len(name) for name, _ in facts)
    console = Console(highlight=False, soft_wrap=True)
    for name, value in facts:
        console.print(Text(f"{name:<{width}}  ", style="bold") + _cell(value))


def _cell(value: object) -> Text:
    if isinstance(value, float) or value is None:
        return Text(number(value))
    return Text(str(value), style=_STYLES.get(str(value), ""))


def ago(now: float, then: float) -> str:
    """Say how long ago a moment was."""
    return f"{duration(max(0.0, now - then))} ago"
