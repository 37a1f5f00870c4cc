"""The curves of several trials together: a small figure a metric, a colour a trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from sweeper.store.questions import Curve
from sweeper_dashboard.figures.ink import KINDS, about, blank, framed, kind_role, plain
from sweeper_dashboard.figures.thinning import lean

_ROW_PIXELS = 240
_MOST_METRICS = 12


def beside_figure(sides: Sequence[tuple[str, Mapping[str, Curve]]], columns: int = 2) -> go.Figure:
    """Draw each metric of several trials over steps.

    Args:
        sides: the name of each trial, and its curves by metric.
        columns: how many figures stand in a row.
    """
    names = sorted({metric for _, curves in sides for metric in curves})[:_MOST_METRICS]
    if not names:
        return blank("None of these trials has reported anything.").update_layout(height=120)
    columns = min(max(columns, 1), len(names))
    rows = -(-len(names) // columns)
    figure = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=[plain(name) for name in names],
        vertical_spacing=0.0 if rows == 1 else min(0.3 / (rows - 1), 0.3 / rows),
        horizontal_spacing=0.08,
    )
    for place, (label, curves) in enumerate(sides):
        for spot, metric in enumerate(names):
            if metric not in curves:
                continue
            steps, values = lean(curves[metric].steps, curves[metric].values, 600)
            figure.add_scatter(
                x=steps,
                y=values,
                mode="lines+markers" if len(steps) < 3 else "lines",
                name=plain(label),
                legendgroup=str(place),
                showlegend=metric == min(curves.keys() & set(names)),
                meta=about(kind_role(place), metric),
                line={"width": 2, "color": KINDS[place % len(KINDS)]},
                hovertemplate="%{y:.6g}",
                row=spot // columns + 1,
                col=spot % columns + 1,
            )
    framed(figure)
    figure.update_annotations(font={"size": 12})
    # All trials are read at the step under the pointer.
    figure.update_layout(
        showlegend=True, hovermode="x", height=_ROW_PIXELS * rows + 70, margin={"t": 56}
    )
    figure.update_layout(legend={"y": 1.0 + 36 / (_ROW_PIXELS * rows)})
    return figure
