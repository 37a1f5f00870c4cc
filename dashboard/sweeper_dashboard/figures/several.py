"""Several sweeps in one figure: how the best of each grew."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from sweeper.model.sweep import SweepOverview
from sweeper.model.trial import TrialRecord
from sweeper_dashboard.figures.ink import LINES, blank, framed, plain
from sweeper_dashboard.ranking import best_so_far


def several_figure(sweeps: Sequence[tuple[SweepOverview, Sequence[TrialRecord]]]) -> go.Figure:
    """Draw the best so far of each sweep over its trials' numbers."""
    figure = go.Figure()
    for place, (overview, trials) in enumerate(sweeps):
        found = best_so_far(trials, overview.sweep.goals().first)
        if not found:
            continue
        last = max(trial.number for trial in trials)
        ends = [*found, (last, found[-1][1])]
        figure.add_scatter(
            x=[number for number, _ in ends],
            y=[value for _, value in ends],
            mode="lines",
            name=plain(overview.sweep.name),
            line={"shape": "hv", "width": 2.4, "color": LINES[place % len(LINES)]},
            hovertemplate="trial %{x}: %{y:.6g}<extra>%{fullData.name}</extra>",
        )
    if not figure.data:
        return blank("No trial of these sweeps has completed yet.")
    metrics = {overview.sweep.goals().first.metric for overview, _ in sweeps}
    framed(figure, x="trial", y=metrics.pop() if len(metrics) == 1 else "objective")
    figure.update_layout(showlegend=True)
    return figure
