"""Figures of a sweep: pure functions from rows to Plotly figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from plotly.graph_objects import Figure

from sweeper.errors import SweeperError
from sweeper.model.sweep import SweepOverview
from sweeper.model.trial import TrialRecord
from sweeper.store.questions import Curve
from sweeper_dashboard.figures.curves import curves_figure
from sweeper_dashboard.figures.history import history_figure
from sweeper_dashboard.figures.parallel import parallel_figure
from sweeper_dashboard.figures.slices import slice_figure

__all__ = ["KINDS", "draw"]

_Drawer: TypeAlias = Callable[[SweepOverview, list[TrialRecord], list[Curve]], Figure]

_DRAWERS: dict[str, _Drawer] = {
    "curves": lambda overview, trials, curves: curves_figure(overview, trials, curves),
    "history": lambda overview, trials, _: history_figure(overview, trials),
    "parallel": lambda overview, trials, _: parallel_figure(overview, trials),
    "slice": lambda overview, trials, _: slice_figure(overview, trials),
}

KINDS = tuple(sorted(_DRAWERS))


def draw(
    kind: str, overview: SweepOverview, trials: list[TrialRecord], curves: list[Curve]
) -> Figure:
    """Draw one figure of a sweep.

    Args:
        kind: "curves", "history", "parallel" or "slice".
        overview: the sweep.
        trials: its trials by number.
        curves: the curves of its objective; only "curves" looks at them.

    Raises:
        SweeperError: there is no such kind; lists those there are.
    """
    if kind not in _DRAWERS:
        raise SweeperError(
            f"there is no figure {kind!r}", hint=f"Choose one of: {', '.join(KINDS)}."
        )
    return _DRAWERS[kind](overview, trials, curves)
