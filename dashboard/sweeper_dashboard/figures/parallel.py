"""Parallel coordinates as a Plotly figure, for notebooks and reports."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import Mode
from sweeper.model.sweep import SweepOverview
from sweeper.model.trial import TrialRecord
from sweeper_dashboard.figures.ink import blank, framed, plain
from sweeper_dashboard.payload import axes, cell
from sweeper_dashboard.ranking import best_first, objective_of

_MOST_LINES = 500


def parallel_figure(overview: SweepOverview, trials: Sequence[TrialRecord]) -> go.Figure:
    """Draw the best five hundred completed trials, a line each."""
    goal = overview.sweep.goals().first
    completed = [t for t in trials if t.status is TrialStatus.COMPLETED]
    shown = [t for t in best_first(completed, goal) if objective_of(t) is not None]
    shown = shown[:_MOST_LINES]
    if not shown:
        return blank("Lines show here once trials complete.")
    values = [objective_of(trial) for trial in shown]
    dimensions = [_dimension(axis, shown) for axis in axes(overview)]
    dimensions.append({"label": plain(goal.metric), "values": values})
    line = {
        "color": values,
        "colorscale": "Viridis",
        "reversescale": goal.mode is Mode.MIN,
        "showscale": True,
        "colorbar": {"title": {"text": plain(goal.metric)}},
    }
    figure = framed(go.Figure(go.Parcoords(dimensions=dimensions, line=line)))
    figure.update_layout(margin={"t": 50, "b": 30, "l": 60, "r": 30})
    return figure


def _dimension(axis: dict[str, Any], shown: Sequence[TrialRecord]) -> dict[str, Any]:
    cells = [cell(trial.params.get(axis["name"])) for trial in shown]
    if axis["kind"] == "category":
        options = axis["options"]
        return {
            "label": plain(axis["name"]),
            "values": [options.index(item) if item in options else None for item in cells],
            "tickvals": list(range(len(options))),
            "ticktext": [str(option) for option in options],
        }
    numbers = [item if isinstance(item, (int, float)) else None for item in cells]
    if axis["kind"] != "log":
        return {"label": plain(axis["name"]), "values": numbers}
    logs = [None if item is None else math.log10(item) for item in numbers]
    low, high = math.log10(axis["low"]), math.log10(axis["high"])
    ticks = sorted({low, high, *range(math.ceil(low), math.floor(high) + 1)})
    return {
        "label": plain(axis["name"]),
        "values": logs,
        "range": [low, high],
        "tickvals": ticks,
        "ticktext": [f"{10**tick:.3g}" for tick in ticks],
    }
