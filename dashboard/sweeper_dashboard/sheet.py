"""A sweep as a table: every column that can be shown, sorted and asked about in a query."""

from __future__ import annotations

import difflib
from array import array
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeAlias

import numpy as np

from sweeper.model.encoding import Json
from sweeper_dashboard.ends import ENDS
from sweeper_dashboard.mirror import Mirrors, View
from sweeper_dashboard.payload import cell as param_cell
from sweeper_dashboard.query import Cell, QueryError
from sweeper_dashboard.ranking import shown_values
from sweeper_dashboard.selection import Selection
from sweeper_dashboard.strips import Array, Strip, cell, cells, finite, nothing, same, strip_of
from sweeper_dashboard.trials import Trials

_KEPT = 8
_ORDERS = 32
_METRICS = {"m": "last", "min": "min", "max": "max"}

Getter: TypeAlias = Callable[[int], Cell]
"""Gives the cell of a column at a position."""

Positions: TypeAlias = "array[int]"
"""Places of trials, small in memory because many orders are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its key, the name people know it by, its group and its kind.

    Groups are "trial", "parameter" and "metric"; kinds "number", "text", "seconds", "moment".
    of is what its cells are made of; where that is numbers, they are the cells.
    """

    key: str
    name: str
    group: str
    kind: str
    get: Getter
    of: Strip = field(default_factory=list)

    @property
    def numbers(self) -> Array | None:
        """The cells as numbers, NaN for none; None where they are not such as they stand."""
        if self.kind == "text" or not isinstance(self.of, array):
            return None
        found = np.frombuffer(self.of, dtype=self.of.typecode).astype(np.float64)
        return None if np.isinf(found).any() else found


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
        self._orders: OrderedDict[tuple[str, str, bool], Positions] = OrderedDict()

    def values(self, key: str) -> list[Cell]:
        """Give a column's values by position."""
        made = self._made.get(key)
        if made is None:
            column = self.columns[key]
            get, places = column.get, range(len(self.trials))
            plain = column.numbers is not None
            made = self._made[key] = cells(column.of) if plain else [get(at) for at in places]
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

    def positions(self, selection: Selection, sort: str = "", *, down: bool = False) -> Positions:
        """Give the positions that a selection keeps, sorted by a column, empty cells last.

        Raises:
            QueryError: the selection's query names what is not there.
        """
        known = (selection.key, sort, down)
        found = self._orders.get(known)
        if found is None:
            found = array("i", self._sorted(self._kept(selection), sort, down=down))
            self._orders[known] = found
            while len(self._orders) > _ORDERS:
                self._orders.popitem(last=False)
        return found

    def _kept(self, selection: Selection) -> list[int]:
        tests = selection.tests(self.named)
        hidden, only = selection.hidden, selection.only
        kept = list(range(len(self.numbers)))
        if hidden or only:
            kept = [
                position
                for position, number in enumerate(self.numbers)
                if number not in hidden and (not only or number in only)
            ]
        for test in tests:
            kept = [position for position in kept if test(position)]
        return kept

    def _sorted(self, kept: list[int], sort: str, *, down: bool) -> list[int]:
        if sort not in self.columns:
            return kept[::-1] if down else kept
        numbers = self.columns[sort].numbers
        if numbers is not None:
            return _by_number(numbers, kept, down=down)
        values = self.values(sort)
        filled = [p for p in kept if values[p] is not None and values[p] != ""]
        missing = [p for p in kept if values[p] is None or values[p] == ""]
        filled.sort(key=lambda position: _rank(values[position]), reverse=down)
        return filled + missing

    def varies(self, key: str) -> bool:
        """Tell whether a column holds more than one value."""
        column = self.columns[key]
        # What cells of one value are made of may be seen at once, which most columns need not.
        if not self.trials or same(column.of):
            return False
        first = column.get(0)
        return any(column.get(position) != first for position in range(len(self.trials)))


def _by_number(numbers: Array, kept: list[int], *, down: bool) -> list[int]:
    """Sort positions by numbers: equal ones as they came, those without one last."""
    places = np.array(kept, dtype=np.intp)
    own = numbers[places]
    # A NaN comes last, upwards and downwards.
    order = np.argsort(-own if down else own, kind="stable")
    found: list[int] = places[order].tolist()
    return found


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
        _cells_of("value", goal.metric, "trial", "number", strip_of(shown_values(trials, goal))),
    ]
    params = [_param(trials, name) for name in [*searched, *pinned]]
    metrics = [
        _cells_of(
            f"{short}:{name}",
            name if short == "m" else f"{word}({name})",
            "metric",
            "number",
            finite(trials.reported(name, word)),
        )
        for short, word in _METRICS.items()
        for name in trials.metrics
    ]
    return [*first, *params, *metrics, *_about(view)]


def _about(view: View) -> list[Column]:
    trials, marks = view.trials, view.marks
    outcomes = trials.column("outcome")
    seeds, errors = trials.column("seed"), trials.column("error")
    lasted = np.array(trials.column("duration"), dtype=np.float64)
    lasted[lasted == 0] = np.nan
    tags, notes = (_marked(trials, by_number) for by_number in (marks.tags, marks.notes))

    def end(at: int) -> Cell:
        return None if outcomes[at] is None else ENDS[outcomes[at]].label

    return [
        _column("end", "end", "trial", "text", end, outcomes),
        _column("tags", "tags", "trial", "tags", lambda at: tags[at] or (), tags),
        _column("note", "note", "trial", "text", lambda at: notes[at], notes),
        _cells_of("duration", "duration", "trial", "seconds", strip_of(lasted)),
        _plain(trials, "steps", "number", "last_step"),
        *(_plain(trials, name, "number") for name in ("attempts", "failures", "losses")),
        *(_plain(trials, name, "text") for name in ("host", "origin")),
        *(_plain(trials, name, "moment") for name in ("started", "ended")),
        _column("seed", "seed", "trial", "text", lambda at: str(seeds[at]), seeds),
        _column("error", "error", "trial", "text", lambda at: one_line(errors[at]), errors),
    ]


def _marked(trials: Trials, by_number: Mapping[int, Any]) -> Strip:
    if not by_number:
        return nothing(len(trials))
    return [by_number.get(number) for number in trials.column("number")]


def _column(key: str, name: str, group: str, kind: str, get: Getter, of: Strip) -> Column:
    return Column(key=key, name=name, group=group, kind=kind, get=get, of=of)


def _cells_of(key: str, name: str, group: str, kind: str, strip: Strip) -> Column:
    return _column(key, name, group, kind, lambda at: cell(strip, at), strip)


def _plain(trials: Trials, key: str, kind: str, field: str = "") -> Column:
    return _cells_of(key, key, "trial", kind, trials.column(field or key))


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
