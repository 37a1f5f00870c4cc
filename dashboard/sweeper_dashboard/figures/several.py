"""Several sweeps in one figure: how the best of each grew."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from sweeper.model.sweep import SweepOverview
from sweeper_dashboard.figures.ink import KINDS, LOG, blank, framed, kind_role, noted, plain
from sweeper_dashboard.ranking import best_of
from sweeper_dashboard.trials import Trials

_FAR_APART = 10


def several_figure(sweeps: Sequence[tuple[SweepOverview, Trials]]) -> go.Figure:
    """Draw the best so far of each sweep over its trials; each metric has a part of its own."""
    found = [
        (place, overview, best, trials.column("number")[-1] + 1)
        for place, (overview, trials) in enumerate(sweeps)
        if (best := best_of(trials, overview.sweep.goals().first))
    ]
    if not found:
        return blank("No trial of these sweeps has completed yet.")
    metrics = list(dict.fromkeys(o.sweep.goals().first.metric for _, o, _, _ in found))
    figure = make_subplots(rows=len(metrics), shared_xaxes="all", vertical_spacing=0.12)
    for place, overview, best, count in found:
        row = metrics.index(overview.sweep.goals().first.metric) + 1
        figure.add_scatter(
            x=[number + 1 for number, _ in best] + [count],
            y=[value for _, value in best] + [best[-1][1]],
            mode="lines",
            name=plain(overview.sweep.name),
            meta=kind_role(place),
            line={"shape": "hv", "width": 2.4, "color": KINDS[place % len(KINDS)]},
            hovertemplate="after %{x} trials: %{y:.6g}<extra>%{fullData.name}</extra>",
            row=row,
            col=1,
        )
    framed(figure)
    figure.update_xaxes(title={"text": "trials tried", "standoff": 8}, row=len(metrics))
    for row, metric in enumerate(metrics, start=1):
        figure.update_yaxes(title={"text": plain(metric), "standoff": 8}, row=row)
    counts = [count for *_, count in found]
    if max(counts) > _FAR_APART * min(counts):
        figure.update_xaxes(**LOG | {"exponentformat": "none"})
        noted(figure, "Trials are drawn on a logarithmic axis: the sweeps are of very unlike size.")
    return figure.update_layout(showlegend=True, height=max(330, 220 * len(metrics) + 60))
