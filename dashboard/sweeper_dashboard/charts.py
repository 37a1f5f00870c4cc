"""From the store to a figure's bytes: which rows each figure of a page needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from sweeper.model.sweep import SweepRecord
from sweeper.store import questions
from sweeper.store.store import Store
from sweeper_dashboard.figures.curves import curves_figure
from sweeper_dashboard.figures.history import history_figure
from sweeper_dashboard.figures.metrics import metrics_figure
from sweeper_dashboard.figures.slices import slice_figure
from sweeper_dashboard.mirror import View
from sweeper_dashboard.ranking import best_first


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a reader chose to see in a figure."""

    metric: str
    top: int = 25


Chart: TypeAlias = Callable[[Store, View, Wanted], bytes]


def _history(_store: Store, view: View, _wanted: Wanted) -> bytes:
    return _bytes(history_figure(view.overview, view.trials))


def _curves(store: Store, view: View, wanted: Wanted) -> bytes:
    goal = view.overview.sweep.goals().first
    ordered = [trial for trial in best_first(view.trials, goal) if trial.summary]
    numbers = [trial.number for trial in ordered[: wanted.top]]
    found = questions.curves(store, view.overview.sweep.id, wanted.metric, numbers)
    return _bytes(curves_figure(view.overview, view.trials, found, wanted.metric))


def _slices(_store: Store, view: View, _wanted: Wanted) -> bytes:
    return _bytes(slice_figure(view.overview, view.trials))


CHARTS: dict[str, Chart] = {"history": _history, "curves": _curves, "slice": _slices}


def trial_chart(store: Store, sweep: SweepRecord, number: int, columns: int) -> bytes:
    """Draw all metrics of one trial, so many in a row."""
    return _bytes(metrics_figure(questions.trial_metrics(store, sweep.id, number), columns))


def _bytes(figure: Any) -> bytes:
    written: str = figure.to_json(engine="orjson")
    return written.encode()
