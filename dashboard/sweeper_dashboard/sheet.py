"""A sweep as a table: every column that can be shown, sorted and asked about in a query."""

from __future__ import annotations

import difflib
import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeAlias

from sweeper.model.encoding import Json
from sweeper_dashboard.ends import ENDS
from sweeper_dashboard.mirror import Mirrors, View
from sweeper_dashboard.payload import cell as param_cell
from sweeper_dashboard.query import Cell, QueryError
from sweeper_dashboard.ranking import shown_values
from sweeper_dashboard.selection import Selection
from sweeper_dashboard.strips import Strip, cell, cells, same, strip_of
from sweeper_dashboard.trials import Trials

_KEPT = 8
_ORDERS = 32
_METRICS = {"m": "last", "min": "min", "max": "max"}

Getter: TypeAlias = Callable[[int], Cell]
"""Gives the cell of a column at a position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its key, the name people know it by, its group and its kind.

    Groups are "trial", "parameter" and "metric"; kinds "number", "text", "seconds", "moment".
    of is what its cells are made of.
    """

    key: str
    name: str
    group: str
    kind: str
    get: Getter
    of: Strip = field(default_factory=list)


class Sheet:
    """The trials of a view in columns, each made when it is first asked for.

    Positions count from 0 in the order of the trials' numbers.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self.trials = view.trials
        self.numbers = cells(view.trials.column("number"))
        self.columns = {column.key: column for column in _columns(view)}
        self._names = _names(self.columns)
        self._made: dict[str, list[Cell]] = {}
        self._orders: OrderedDict[tuple[str, str, bool], list[int]] = OrderedDict()

    def values(self, key: str) -> list[Cell]:
        """Give a column's values by position."""
        made = self._made.get(key)
        if made is None:
            get = self.columns[key].get
            made = self._made[key] = [get(position) for position in range(len(self.trials))]
        return made

    def named(self, name: str) -> Sequence[Cell]:
        """Give the values of the column that a query means by a name.

        Raises:
            QueryError: no column goes by it; names the nearest ones.
        """
        key = name if name in self.columns else self._names.get(name)
        if key is None:
            near = difflib.get_close_matches(name, self._names, n=3, cutoff=0.5)
            known = near or list(self._names)[:6]
            raise QueryError(
                f"there is no column {name!r}", hint=f"Did you mean: {', '.join(known)}?"
            )
        return self.values(key)

    def positions(self, selection: Selection, sort: str = "", *, down: bool = False) -> list[int]:
        """Give the positions that a selection keeps, sorted by a column, empty cells last.

        Raises:
            QueryError: the selection's query names what is not there.
        """
        known = (selection.key, sort, down)
        found = self._orders.get(known)
        if found is None:
            found = self._sorted(self._kept(selection), sort, down=down)
            self._orders[known] = found
            while len(self._orders) > _ORDERS:
                self._orders.popitem(last=False)
        return found

    def _kept(self, selection: Selection) -> list[int]:
        tests = selection.tests(self.named)
        kept = [
            position
            for position, number in enumerate(self.numbers)
            if number not in selection.hidden and (not selection.only or number in selection.only)
        ]
        for test in tests:
            kept = [position for position in kept if test(position)]
        return kept

    def _sorted(self, kept: list[int], sort: str, *, down: bool) -> list[int]:
        if sort not in self.columns:
            return kept[::-1] if down else kept
        values = self.values(sort)
        filled = [p for p in kept if values[p] is not None and values[p] != ""]
        missing = [p for p in kept if values[p] is None or values[p] == ""]
        filled.sort(key=lambda position: _rank(values[position]), reverse=down)
        return filled + missing

    def varies(self, key: str) -> bool:
        """Tell whether a column holds more than one value."""
        column = self.columns[key]
        # What cells of one value are made of may be seen at once, which most columns need not.
        if not self.trials or (len(column.of) and same(column.of)):
            return False
        first = column.get(0)
        return any(column.get(position) != first for position in range(len(self.trials)))


def _rank(value: Cell) -> tuple[int, float, str]:
    if isinstance(value, (int, float)):
        return 0, float(value), ""
    return 1, 0.0, " ".join(value) if isinstance(value, tuple) else str(value).lower()


class Sheets:
    """The sheets of the sweeps that were looked at lately."""

    def __init__(self, mirrors: Mirrors) -> None:
        self._mirrors = mirrors
        self._sheets: OrderedDict[str, tuple[object, Sheet]] = OrderedDict()
        self._lock = Lock()

    def of(self, name: str) -> Sheet:
        """Give the sheet of a sweep's present state.

        Raises:
            SweepNotFound: there is no sweep of this name.
        """
        view = self._mirrors.of(name).view()
        with self._lock:
            known = self._sheets.pop(name, None)
            if known is None or known[0] != view.stamp:
                known = (view.stamp, Sheet(view))
            self._sheets[name] = known
            while len(self._sheets) > _KEPT:
                self._sheets.popitem(last=False)
            return known[1]


def _columns(view: View) -> list[Column]:
    sweep = view.overview.sweep
    goal = sweep.goals().first
    statuses = view.trials.column("status")
    searched = list(sweep.space["parameters"])
    pinned = [name for name in sweep.space["fixed"] if name not in searched]
    trials = view.trials
    first = [
        _plain(trials, "number", "number"),
        _column("status", "status", "trial", "text", lambda at: statuses[at].value, statuses),
        _numbers("value", goal.metric, "trial", strip_of(shown_values(trials, goal))),
    ]
    params = [_param(trials, name) for name in [*searched, *pinned]]
    metrics = [
        _numbers(
            f"{short}:{name}",
            name if short == "m" else f"{word}({name})",
            "metric",
            trials.reported(name, word),
        )
        for short, word in _METRICS.items()
        for name in trials.metrics
    ]
    return [*first, *params, *metrics, *_about(view)]


def _about(view: View) -> list[Column]:
    trials, marks = view.trials, view.marks
    outcomes, durations = trials.column("outcome"), trials.column("duration")
    seeds, errors = trials.column("seed"), trials.column("error")
    numbers = trials.column("number")

    def end(at: int) -> Cell:
        return None if outcomes[at] is None else ENDS[outcomes[at]].label

    return [
        _column("end", "end", "trial", "text", end, outcomes),
        _column("tags", "tags", "trial", "tags", lambda at: marks.tags.get(numbers[at], ())),
        _column("note", "note", "trial", "text", lambda at: marks.notes.get(numbers[at])),
        _column("duration", "duration", "trial", "seconds", lambda at: durations[at] or None),
        _plain(trials, "steps", "number", "last_step"),
        *(_plain(trials, name, "number") for name in ("attempts", "failures", "losses")),
        *(_plain(trials, name, "text") for name in ("host", "origin")),
        *(_plain(trials, name, "moment") for name in ("started", "ended")),
        _column("seed", "seed", "trial", "text", lambda at: str(seeds[at]), seeds),
        _column("error", "error", "trial", "text", lambda at: one_line(errors[at]), errors),
    ]


def _column(
    key: str, name: str, group: str, kind: str, get: Getter, of: Strip | None = None
) -> Column:
    return Column(key=key, name=name, group=group, kind=kind, get=get, of=of or [])


def _plain(trials: Trials, key: str, kind: str, field: str = "") -> Column:
    strip = trials.column(field or key)
    return _column(key, key, "trial", kind, lambda at: cell(strip, at), strip)


def _numbers(key: str, name: str, group: str, strip: Strip) -> Column:
    def get(at: int) -> Cell:
        value = strip[at]
        return value if value is not None and math.isfinite(value) else None

    return _column(key, name, group, "number", get, strip)


def _param(trials: Trials, name: str) -> Column:
    strip = trials.param(name)

    def get(at: int) -> Cell:
        written: Json = cell(strip, at)
        if written is True or written is False or type(written) in (str, int):
            return written if not isinstance(written, int) or abs(written) < 2**53 else str(written)
        return param_cell(written)

    return _column(f"p:{name}", name, "parameter", "any", get, strip)


def one_line(error: str | None) -> str | None:
    """Give the line of an error that says most: its last one."""
    lines = (error or "").strip().splitlines()
    return lines[-1][:300] if lines else None


def _names(columns: dict[str, Column]) -> dict[str, str]:
    """Say which column a query means by a name: a parameter first, then the objective."""
    names: dict[str, str] = {}
    for column in sorted(columns.values(), key=lambda each: each.group != "parameter"):
        names.setdefault(column.name, column.key)
    for column in columns.values():
        prefix = {"parameter": "param", "metric": "metric", "trial": "trial"}[column.group]
        names.setdefault(f"{prefix}.{column.name}", column.key)
        if column.key.startswith("m:"):
            names.setdefault(f"last({column.name})", column.key)
        if column.group == "trial":
            names.setdefault(column.key, column.key)
    return names
