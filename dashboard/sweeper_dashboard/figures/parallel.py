"""Parallel coordinates as a Plotly figure, for notebooks and reports."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from sweeper.model.lifecycle import TrialStatus
from sweeper_dashboard.figures.frame import Array, Column, Frame
from sweeper_dashboard.figures.ink import blank, framed, noted, plain

_MOST_LINES = 500


def parallel_figure(frame: Frame) -> go.Figure:
    """Draw the best five hundred completed trials, a line each."""
    done = frame.where(frame.having(TrialStatus.COMPLETED) & frame.column("value").known)
    if not done.trials:
        return blank("No trial has completed yet.")
    best = done.best_first()[:_MOST_LINES]
    value = done.column("value")
    goals = [value.id, *(f"m:{metric}" for metric in done.objective.metrics[1:])]
    columns = [done.column(name) for name in [*done.parameters, *goals]]
    line = {
        "color": value.values[best].astype(np.float32),
        "colorscale": "Viridis",
        "reversescale": frame.goal.mode == "min",
        "showscale": True,
        "colorbar": {"title": {"text": plain(value.label)}},
    }
    dimensions = [_dimension(column, best) for column in columns]
    figure = framed(go.Figure(go.Parcoords(dimensions=dimensions, line=line)))
    figure.update_layout(margin={"t": 50, "b": 30, "l": 60, "r": 30})
    if len(best) < len(done.trials):
        noted(figure, f"The best {len(best):,} of {len(done.trials):,} completed trials.")
    return figure


def _dimension(column: Column, best: Array) -> dict[str, Any]:
    values = column.scaled[best]
    made: dict[str, Any] = {"label": plain(column.label), "values": values.astype(np.float32)}
    if column.kind == "category":
        texts = [str(option) for option in column.options]
        return {**made, "tickvals": list(range(len(texts))), "ticktext": texts}
    known = column.scaled[~np.isnan(column.scaled)]
    if column.kind != "log" or not known.size:
        return made
    low, high = float(known.min()), float(known.max())
    ticks = sorted({low, high, *range(int(np.ceil(low)), int(np.floor(high)) + 1)})
    return {
        **made,
        "range": [low, high] if high > low else [low - 0.5, high + 0.5],
        "tickvals": ticks,
        "ticktext": [f"{10**tick:.3g}" for tick in ticks],
    }
