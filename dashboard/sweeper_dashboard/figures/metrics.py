"""All metrics of one trial, each in a small figure of its own over the same steps."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from sweeper.store.questions import Curve
from sweeper_dashboard.figures.ink import LINES, blank, framed, plain, role
from sweeper_dashboard.figures.thinning import lean

_ROW_PIXELS = 190
_MOST_METRICS = 24


def metrics_figure(curves: Mapping[str, Curve], columns: int = 2) -> go.Figure:
    """Draw each metric over steps, so many in a row."""
    if not curves:
        return blank("This trial has reported nothing yet.").update_layout(height=120)
    names = sorted(curves)[:_MOST_METRICS]
    columns = min(max(columns, 1), len(names), 4)
    rows = -(-len(names) // columns)
    gap = 0.0 if rows == 1 else min(0.28 / (rows - 1), 0.34 / rows)
    figure = make_subplots(
        rows=rows,
        cols=columns,
        shared_xaxes="all",
        subplot_titles=[plain(name) for name in names],
        vertical_spacing=gap,
        horizontal_spacing=0.1,
    )
    for place, name in enumerate(names):
        steps, values = lean(curves[name].steps, curves[name].values, 600)
        figure.add_scatter(
            x=steps,
            y=values,
            row=place // columns + 1,
            col=place % columns + 1,
            mode="lines+markers" if len(steps) < 40 else "lines",
            name=name,
            meta=role("front1"),
            line={"width": 2, "color": LINES[0]},
            marker={"size": 4},
            hovertemplate="step %{x}: %{y:.6g}<extra></extra>",
        )
    framed(figure)
    for place in range(max(len(names) - columns, 0), len(names)):
        # The last of each column, below which there may be no other.
        cell = {"row": place // columns + 1, "col": place % columns + 1}
        figure.update_xaxes(showticklabels=True, title={"text": "step", "standoff": 4}, **cell)
    if max((curve.steps[-1] for curve in curves.values() if curve.steps), default=0) <= 10:
        # A half step means nothing.
        figure.update_xaxes(dtick=1)
    figure.update_annotations(font={"size": 12})
    figure.update_layout(
        height=max(_ROW_PIXELS * rows + 40, 230), margin={"t": 28}, uirevision="kept"
    )
    return figure
