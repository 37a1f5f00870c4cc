"""The objective against each parameter on its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from sweeper_dashboard.figures.choices import Choices
from sweeper_dashboard.figures.frame import Array, Column, Frame
from sweeper_dashboard.figures.ink import FRAME, RED, about, blank, role, scale_role
from sweeper_dashboard.figures.scatter import axis_of, sampled_places, say_sample, spread_of
from sweeper_dashboard.figures.tiles import Tiles

_MOST_DOTS = 500
_MOST_PARAMETERS = 24
_COLUMNS = 4
_ROW_PIXELS = 210
_BINS = 12


def slice_figure(frame: Frame, choices: Choices | None = None) -> go.Figure:
    """Draw a small figure for each parameter; a line follows the median of fixed bins."""
    described = [frame.column(name) for name in frame.parameters[:_MOST_PARAMETERS]]
    values = frame.ended()
    known = np.flatnonzero(~np.isnan(values))
    if not known.size or not described:
        return blank("No trial has completed yet.").update_layout(height=120)
    places = sampled_places(frame, known, _MOST_DOTS)
    rows = -(-len(described) // (2 if choices and choices.narrow else _COLUMNS))
    tiles = Tiles(
        titles=[column.label for column in described],
        # As many in each row, so that the last one is not left alone.
        columns=-(-len(described) // rows),
        down=0.0 if rows == 1 else min(0.5 / rows, 0.9 / (rows - 1)) * 0.6,
    )
    traces = [
        {**trace, **tiles.axes_of(place)}
        for place, column in enumerate(described)
        for trace in _traces(column, values, frame, places)
    ]
    layout = {
        **FRAME,
        **tiles.layout([_axis(column) for column in described]),
        "height": _ROW_PIXELS * rows + 60,
        "margin": {**FRAME["margin"], "t": 28, "l": 70},
    }
    figure = go.Figure({"data": traces, "layout": layout})
    return say_sample(figure, len(places), len(known))


def medians(column: Column, values: Array, bins: int = _BINS) -> tuple[Array, Array]:
    """Give the middle of each fixed bin of a column, and the median of its values or NaN.

    Bins are of equal width on the column's own scale; a category's options are its bins.
    """
    both = column.known & ~np.isnan(values) & ~np.isnan(column.scaled)
    where, known = column.scaled[both], values[both]
    if not known.size:
        return np.array([]), np.array([])
    edges = edges_of(column, bins)
    bin_of = np.clip(np.digitize(where, edges) - 1, 0, len(edges) - 2)
    parts = (known[bin_of == place] for place in range(len(edges) - 1))
    median = np.array([np.median(part) if part.size else np.nan for part in parts])
    centres = (edges[1:] + edges[:-1]) / 2
    return (10**centres if column.kind == "log" else centres), median


def edges_of(column: Column, bins: int) -> Array:
    """Give the ends of a column's bins, on its own scale."""
    if column.kind == "category":
        return np.arange(len(column.options) + 1) - 0.5
    few = np.unique(column.scaled[~np.isnan(column.scaled)])
    if column.kind == "number" and 1 < len(few) <= bins:
        # Few whole numbers have a bin each.
        middles = (few[1:] + few[:-1]) / 2
        outer = (2 * few[0] - middles[0], 2 * few[-1] - middles[-1])
        return np.concatenate([[outer[0]], middles, [outer[1]]])
    return np.linspace(*column.ends, bins + 1)


def _axis(column: Column) -> dict[str, Any]:
    axis = axis_of(column)
    if column.kind == "log" and len(axis.get("tickvals", ())) > 3:
        # These figures are narrow.
        axis |= {part: axis[part][::2] for part in ("tickvals", "ticktext")}
    return axis


def _traces(column: Column, values: Array, frame: Frame, places: Array) -> list[dict[str, Any]]:
    """Make the dots of some trials, and the line of the medians of all."""
    shown = places[column.known[places]]
    dots = {
        "type": "scatter",
        "x": spread_of(column, shown).astype(np.float32),
        "y": values[shown].astype(np.float32),
        "customdata": frame.numbers[shown],
        "mode": "markers",
        "meta": about(scale_role("max"), column.label),
        "marker": {
            "size": 5,
            "opacity": 0.7,
            "color": np.arange(len(shown), dtype=np.float32),
            "colorscale": "Viridis",
            "reversescale": True,
        },
        "hovertemplate": "trial %{customdata}<br>%{x:.5g}: %{y:.6g}<extra></extra>",
    }
    middle, median = medians(column, values)
    return [dots, _median(column, middle, median)] if np.isfinite(median).sum() > 1 else [dots]


def _median(column: Column, middle: Array, median: Array) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": middle.astype(np.float32),
        "y": median.astype(np.float32),
        "mode": "lines+markers",
        "marker": {"size": 4, "color": RED},
        "meta": about(role("best"), f"median over {column.label}"),
        "line": {"width": 2.2, "color": RED},
        "hovertemplate": "median %{y:.5g}<extra></extra>",
    }
