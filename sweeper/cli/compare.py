"""The verb that puts trials side by side: compare."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any

from sweeper.cli.look import plain
from sweeper.cli.output import Usage, common_options, say, say_json
from sweeper.display.tables import show_table
from sweeper.display.wording import duration, one_value
from sweeper.errors import SweeperError
from sweeper.model.comparison import (
    Compared,
    Line,
    Missing,
    compare_parameters,
    compare_results,
    compare_surroundings,
)
from sweeper.model.encoding import decode
from sweeper.store import questions
from sweeper.store.store import Store

_MOST = 8
_LONGEST = 60


def add_verbs(verbs: Any) -> None:
    """Add compare."""
    compare = verbs.add_parser(
        "compare",
        parents=[common_options()],
        help="put trials side by side: what differs",
        description="Put two to eight trials side by side and show what differs. SWEEP is its "
        "best trial, and a number behind it one of its trials: compare digits 3 7, "
        "compare digits wide-digits, compare digits:3 digits:best.",
    )
    compare.add_argument("trials", metavar="TRIAL", nargs="+", help="SWEEP, SWEEP:N or N")
    compare.add_argument("--all", action="store_true", help="what is the same, too")
    compare.set_defaults(act=_compare)


def _compare(parsed: argparse.Namespace) -> int:
    wanted = trials_meant(parsed.trials)
    if not 2 <= len(wanted) <= _MOST:
        raise Usage(
            f"{len(wanted)} trials are named, and two to eight can stand side by side",
            hint="Name them, as in: sweeper compare digits 3 7",
        )
    store = Store(parsed.store, must_exist=True)
    sides = [_find(store, sweep, trial) for sweep, trial in wanted]
    groups = {
        "parameters": compare_parameters(sides),
        "results": compare_results(sides),
        "surroundings": compare_surroundings(sides),
    }
    if parsed.json:
        named = [{"sweep": side.sweep.name, "trial": side.trial.number} for side in sides]
        lines = {group: [_facts(line) for line in found] for group, found in groups.items()}
        say_json({"trials": named, **lines})
        return 0
    _show(sides, groups, shows_all=parsed.all)
    return 0


def trials_meant(named: Sequence[str]) -> list[tuple[str, int | None]]:
    """Read which trials are meant, in the order in which they were named; None is the best.

    Example:
        >>> trials_meant(["digits", "3", "7"]), trials_meant(["digits", "wide:best", "wide:2"])
        ([('digits', 3), ('digits', 7)], [('digits', None), ('wide', None), ('wide', 2)])

    Raises:
        Usage: a number stands before any sweep.
    """
    found: list[tuple[str, int | None]] = []
    sweep, is_open = "", False
    for word in named:
        if word.isdecimal():
            if not sweep:
                raise Usage(f"trial {word} of which sweep?", hint="Name the sweep before it.")
            if is_open:
                found.pop()
            found.append((sweep, int(word)))
            is_open = False
            continue
        before, _, trial = word.rpartition(":")
        if before and (trial == "best" or trial.isdecimal()):
            sweep, is_open = before, False
            found.append((sweep, None if trial == "best" else int(trial)))
        else:
            # Its best trial, unless numbers follow.
            sweep, is_open = word, True
            found.append((sweep, None))
    return list(dict.fromkeys(found))


def _find(store: Store, name: str, number: int | None) -> Compared:
    side = questions.find_compared(store, name, number)
    if side is None:
        lacking = "best trial yet" if number is None else f"trial {number}"
        raise SweeperError(
            f"sweep {name!r} has no {lacking}", hint=f"See its trials: sweeper show {name}"
        )
    return side


def _show(sides: Sequence[Compared], groups: dict[str, list[Line]], *, shows_all: bool) -> None:
    several = len({side.sweep.id for side in sides}) > 1
    heads = [
        f"{side.sweep.name} {side.trial.number}" if several else f"trial {side.trial.number}"
        for side in sides
    ]
    same = 0
    rows = []
    for lines in groups.values():
        texts = [(line.name, *_texts(line)) for line in lines]
        shown = [row for row in texts if shows_all or len(set(row[1:])) > 1]
        same += len(texts) - len(shown)
        rows += shown
    if rows:
        show_table(("", *heads), rows)
    if same:
        say(f"{same} more values are the same in all of them; see them with --all.")


def _texts(line: Line) -> list[str]:
    return [
        "-" if isinstance(value, Missing) else _written(value, line.unit)[:_LONGEST]
        for value in line.values
    ]


def _written(value: Any, unit: str) -> str:
    if value is None and unit:
        return "-"
    return _BY_UNIT.get(unit, lambda encoded: one_value(decode(encoded)))(value)


_BY_UNIT: dict[str, Callable[[Any], str]] = {"seconds": duration, "count": str}


def _facts(line: Line) -> dict[str, Any]:
    values = [None if isinstance(value, Missing) else plain(decode(value)) for value in line.values]
    return {"name": line.name, "values": values, "differs": line.differs}
