"""The trials of a sweep as columns of numbers, which every figure is drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sweeper.errors import SweeperError
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import Goal, Objective
from sweeper.model.sweep import SweepOverview
from sweeper_dashboard.payload import Fields, axes, of_metric, shown_params
from sweeper_dashboard.ranking import objectives_of, shown_values
from sweeper_dashboard.strips import Array as Array
from sweeper_dashboard.strips import Strip, cells, numbers
from sweeper_dashboard.trials import Trials

# The columns that every trial has, by their names in the frame.
_OF_TRIAL = {
    "number": "number",
    "duration": "duration",
    "steps": "last_step",
    "attempts": "attempts",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One value of each trial; of a category, values are places among its options.

    kind is "number", "log" or "category"; low and high bound what is searched, where known.
    """

    id: str
    label: str
    kind: str
    values: Array
    options: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    @property
    def known(self) -> Array:
        """Where there is a value."""
        return ~np.isnan(self.values)

    @property
    def scaled(self) -> Array:
        """The values on the column's own scale: logarithms to the base 10 on a log one."""
        if self.kind != "log":
            return self.values
        return np.log10(np.where(self.values > 0, self.values, np.nan))

    @property
    def ends(self) -> tuple[float, float]:
        """Where the column begins and ends on its own scale: as searched, else as found."""
        if self.low is not None and self.high is not None and self.high > self.low:
            log = self.kind == "log"
            return (np.log10(self.low), np.log10(self.high)) if log else (self.low, self.high)
        known = self.scaled[~np.isnan(self.scaled)]
        if not known.size:
            return 0.0, 1.0
        low, high = float(known.min()), float(known.max())
        return (low, high) if high > low else (low - 0.5, high + 0.5)


@dataclass(slots=True, kw_only=True)
class Frame:
    """Trials of one sweep, by number, and their columns as they are asked for.

    A column's id is "number", "status", "value" (the first objective), "duration", "steps",
    "attempts", "p:" and a parameter's name, or "m:" and a metric's name.
    """

    overview: SweepOverview
    trials: Trials
    _columns: dict[str, Column] = field(default_factory=dict)
    _described: dict[str, Fields] = field(default_factory=dict)

    @property
    def objective(self) -> Objective:
        """What the sweep is after."""
        return self.overview.sweep.goals()

    @property
    def goal(self) -> Goal:
        """The first objective."""
        return self.objective.first

    @property
    def numbers(self) -> Array:
        """The trials' numbers."""
        return np.array(self.trials.column("number"), dtype=np.int32)

    @property
    def _axes(self) -> dict[str, Fields]:
        if not self._described:
            self._described.update((f"p:{axis['name']}", axis) for axis in axes(self.overview))
        return self._described

    @property
    def parameters(self) -> list[str]:
        """The ids of the searched parameters."""
        return list(self._axes)

    @property
    def metrics(self) -> list[str]:
        """The ids of all reported metrics but the first objective."""
        names = {*self.trials.metrics, *self.objective.metrics}
        return [f"m:{name}" for name in sorted(names - {self.goal.metric})]

    def having(self, status: TrialStatus) -> Array:
        """Tell which trials have a status."""
        return np.array([each is status for each in self.trials.column("status")], dtype=bool)

    def ended(self) -> Array:
        """Give the first objective of completed trials; NaN for all others."""
        completed = self.having(TrialStatus.COMPLETED)
        return np.where(completed, objectives_of(self.trials), np.nan)

    def scores(self) -> Array:
        """Give what trials are placed by, more being better; unfinished ones rank last.

        Of several objectives it is the mean of a trial's ranks in them, those in front that no
        other trial beats in all.
        """
        if len(self.objective.goals) > 1:
            return _joint_scores(self)
        sign = 1.0 if self.goal.mode == "max" else -1.0
        values = self.column("value").values * sign
        completed = self.having(TrialStatus.COMPLETED)
        known = values[~np.isnan(values)]
        # Whatever the values are, every unfinished trial stands behind every completed one.
        reach = float(np.ptp(known)) + 1.0 if known.size else 1.0
        placed = np.where(completed, values, values - reach)
        return np.where(np.isnan(placed), -np.inf, placed)

    def objectives(self) -> Array:
        """Give a row of all objectives for each trial; NaN where it did not complete."""
        columns = [self.column(f"m:{metric}").values for metric in self.objective.metrics]
        completed = self.having(TrialStatus.COMPLETED)
        return np.where(completed[:, None], np.stack(columns, axis=1), np.nan)

    @property
    def signs(self) -> Array:
        """What each objective is multiplied with so that more is better."""
        return np.array([-1.0 if goal.mode == "min" else 1.0 for goal in self.objective.goals])

    def best_first(self) -> Array:
        """Order the trials' places from best to worst; those without a value come last."""
        return np.argsort(-self.scores(), kind="stable")

    def where(self, kept: Array) -> Frame:
        """Give only the trials that are marked."""
        if kept.all():
            return self
        return Frame(overview=self.overview, trials=self.trials.at(np.flatnonzero(kept).tolist()))

    def column(self, name: str) -> Column:
        """Give a column by its id.

        Raises:
            SweeperError: there is none of this id; says which there are.
        """
        if name not in self._columns:
            self._columns[name] = self._made(name)
        return self._columns[name]

    def _made(self, name: str) -> Column:
        if name in _OF_TRIAL:
            values = numbers(self.trials.column(_OF_TRIAL[name]))
            if name == "duration":
                values[values == 0] = np.nan
            return Column(id=name, label=name, kind="number", values=values)
        if name == "status":
            return _categories(name, name, self.trials.column("status"), list(TrialStatus))
        if name == "value" or name == f"m:{self.goal.metric}":
            values = shown_values(self.trials, self.goal)
            return Column(id=name, label=self.goal.metric, kind="number", values=values)
        if name.startswith("m:") and name in self.metrics:
            return self._metric(name.removeprefix("m:"))
        if name in self.parameters:
            return self._parameter(name.removeprefix("p:"))
        known = ["value", *_OF_TRIAL, "status", *self.parameters, *self.metrics]
        raise SweeperError(
            f"there is no column {name!r} in {self.overview.sweep.name}",
            hint=f"Choose one of: {', '.join(known)}.",
        )

    def _metric(self, metric: str) -> Column:
        found = of_metric(self.trials, metric, self.objective)
        values = np.where(np.isfinite(found), found, np.nan)
        return Column(id=f"m:{metric}", label=metric, kind="number", values=values)

    def _parameter(self, name: str) -> Column:
        axis = self._axes[f"p:{name}"]
        given = self.trials.param(name)
        if axis["kind"] == "category":
            return _categories(f"p:{name}", name, cells(shown_params(given)), axis["options"])
        return Column(
            id=f"p:{name}",
            label=name,
            kind=axis["kind"],
            values=_floats(given),
            low=axis.get("low"),
            high=axis.get("high"),
        )


def front_of(scores: Array) -> Array:
    """Tell which rows no other row beats: nowhere worse and somewhere better; more is better.

    Example:
        >>> front_of(np.array([[1.0, 2.0], [2.0, 1.0], [0.0, 1.0]])).tolist()
        [True, True, False]
    """
    left = np.lexsort(tuple(-scores[:, place] for place in reversed(range(scores.shape[1]))))
    marked: Array = np.zeros(len(scores), dtype=bool)
    while left.size:
        # In this order nobody behind the first row beats it; who is better nowhere is out.
        first = scores[left[0]]
        marked[left[(scores[left] == first).all(axis=1)]] = True
        left = left[(scores[left] > first).any(axis=1)]
    return marked


def ranks_of(values: Array) -> Array:
    """Rank values from 0; equal ones share the mean of their ranks."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return ((2 * last - count - 1) / 2)[place].astype(np.float64)


def _joint_scores(frame: Frame) -> Array:
    points = frame.objectives() * frame.signs
    known = np.flatnonzero(~np.isnan(points).any(axis=1))
    made = np.full(len(points), -np.inf)
    if known.size:
        ranks = np.stack([ranks_of(column) for column in points[known].T], axis=1).mean(axis=1)
        made[known] = ranks / len(known) + front_of(points[known])
    return made


def _floats(given: Strip) -> Array:
    """Give numbers; NaN for whatever is none."""
    if not isinstance(given, list):
        return numbers(given)
    found = [each if isinstance(each, (int, float)) else np.nan for each in shown_params(given)]
    made = np.array(found, dtype=np.float64)
    return np.where(np.isfinite(made), made, np.nan)


def _categories(
    name: str, label: str, cells: Sequence[object], options: Sequence[object]
) -> Column:
    places = {option: place for place, option in enumerate(options)}
    values = np.array([places.get(each, np.nan) for each in cells], dtype=np.float64)
    texts = tuple(str(option) for option in options)
    return Column(id=name, label=label, kind="category", values=values, options=texts)
