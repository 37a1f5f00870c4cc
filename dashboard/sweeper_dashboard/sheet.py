"""A sweep as a table: every column that can be shown, sorted and asked about in a query."""

from __future__ import annotations

import difflib
import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TypeAlias

from sweeper.model.encoding import Json
from sweeper.model.trial import TrialRecord
from sweeper_dashboard.ends import ENDS
from sweeper_dashboard.mirror import Mirrors, View
from sweeper_dashboard.payload import cell
from sweeper_dashboard.query import Cell, QueryError
from sweeper_dashboard.ranking import shown_value
from sweeper_dashboard.selection import Selection

_KEPT = 8
_ORDERS = 32
_METRICS = {"m": "last", "min": "min", "max": "max"}

Getter: TypeAlias = Callable[[TrialRecord], Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its key, the name people know it by, its group and its kind.

    Groups are "trial", "parameter" and "metric"; kinds "number", "text", "seconds", "moment".
    """

    key: str
    name: str
    group: str
    kind: str
    get: Getter


class Sheet:
    """The trials of a view in columns, each made when it is first asked for.

    Positions count from 0 in the order of the trials' numbers.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self.trials = view.trials
        self.columns = {column.key: column for column in _columns(view)}
        self._names = _names(self.columns)
        self._made: dict[str, list[Cell]] = {}
        self._orders: OrderedDict[tuple[str, str, bool], list[int]] = OrderedDict()

    def values(self, key: str) -> list[Cell]:
        """Give a column's values by position."""
        made = self._made.get(key)
        if made is None:
            get = self.columns[key].get
            made = self._made[key] = [get(trial) for trial in self.trials]
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
            for position, trial in enumerate(self.trials)
            if trial.number not in selection.hidden
            and (not selection.only or trial.number in selection.only)
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
        get = self.columns[key].get
        first = get(self.trials[0]) if self.trials else None
        return any(get(trial) != first for trial in self.trials)


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
    searched = list(sweep.space["parameters"])
    pinned = [name for name in sweep.space["fixed"] if name not in searched]
    reported = sorted({metric for trial in view.trials for metric in trial.summary})
    first = [
        _column("number", "number", "trial", "number", lambda trial: trial.number),
        _column("status", "status", "trial", "text", lambda trial: trial.status.value),
        _column("value", goal.metric, "trial", "number", lambda t: _finite(shown_value(t, goal))),
    ]
    params = [
        _column(f"p:{name}", name, "parameter", "any", _of_param(name))
        for name in [*searched, *pinned]
    ]
    metrics = [
        _column(
            f"{short}:{name}",
            name if short == "m" else f"{word}({name})",
            "metric",
            "number",
            _of_metric(name, word),
        )
        for short, word in _METRICS.items()
        for name in reported
    ]
    return [*first, *params, *metrics, *_about(view)]


def _about(view: View) -> list[Column]:
    ends, marks = view.ends, view.marks

    def end(trial: TrialRecord) -> Cell:
        last = ends.get(trial.number)
        return ENDS[last.outcome].label if last is not None and last.outcome is not None else None

    def host(trial: TrialRecord) -> Cell:
        last = ends.get(trial.number)
        return None if last is None else last.host

    return [
        _column("end", "end", "trial", "text", end),
        _column("tags", "tags", "trial", "tags", lambda t: marks.tags.get(t.number, ())),
        _column("note", "note", "trial", "text", lambda t: marks.notes.get(t.number)),
        _column("duration", "duration", "trial", "seconds", lambda t: t.duration or None),
        _column("steps", "steps", "trial", "number", lambda t: t.last_step),
        _column("attempts", "attempts", "trial", "number", lambda t: t.attempts),
        _column("failures", "failures", "trial", "number", lambda t: t.failures),
        _column("losses", "losses", "trial", "number", lambda t: t.losses),
        _column("host", "host", "trial", "text", host),
        _column("origin", "origin", "trial", "text", lambda t: t.origin),
        _column("started", "started", "trial", "moment", lambda t: t.started),
        _column("ended", "ended", "trial", "moment", lambda t: t.ended),
        _column("seed", "seed", "trial", "text", lambda t: str(t.seed)),
        _column("error", "error", "trial", "text", lambda t: one_line(t.error)),
    ]


def _column(key: str, name: str, group: str, kind: str, get: Getter) -> Column:
    return Column(key=key, name=name, group=group, kind=kind, get=get)


def _of_param(name: str) -> Getter:
    def get(trial: TrialRecord) -> Cell:
        written: Json = trial.params.get(name)
        if written is True or written is False or type(written) in (str, int):
            return written if not isinstance(written, int) or abs(written) < 2**53 else str(written)
        return cell(written)

    return get


def _of_metric(name: str, word: str) -> Getter:
    return lambda trial: _finite(trial.summary.get(name, {}).get(word))


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


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
