"""The objective against each parameter on its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from sweeper.model.lifecycle import TrialStatus
from sweeper.model.sweep import SweepOverview
from sweeper.model.trial import TrialRecord
from sweeper_dashboard.figures.ink import blank, framed, plain, role
from sweeper_dashboard.payload import axes, cell
from sweeper_dashboard.ranking import best_first, objective_of, thinned

_MOST_DOTS = 500
_COLUMNS = 4
_ROW_PIXELS = 210


def slice_figure(overview: SweepOverview, trials: Sequence[TrialRecord]) -> go.Figure:
    """Draw a small figure for each parameter, the dots of the best trials on top."""
    goal = overview.sweep.goals().first
    described = axes(overview)[:24]
    completed = [t for t in trials if t.status is TrialStatus.COMPLETED]
    valued = [trial for trial in completed if objective_of(trial) is not None]
    if not valued or not described:
        return blank("Slices show here once trials complete.").update_layout(height=120)
    shown = thinned(best_first(valued, goal), _MOST_DOTS)[::-1]
    columns = min(_COLUMNS, len(described))
    rows = -(-len(described) // columns)
    figure = make_subplots(
        rows=rows,
        cols=columns,
        shared_yaxes=True,
        subplot_titles=[plain(axis["name"]) for axis in described],
        vertical_spacing=0.0 if rows == 1 else min(0.5 / rows, 0.9 / (rows - 1)) * 0.6,
        horizontal_spacing=0.03,
    )
    for place, axis in enumerate(described):
        _add_slice(figure, axis, shown, (place // columns + 1, place % columns + 1))
    framed(figure)
    figure.update_annotations(font={"size": 12})
    figure.update_layout(height=_ROW_PIXELS * rows + 60, margin={"t": 28, "l": 70})
    return figure


def _add_slice(
    figure: go.Figure,
    axis: dict[str, Any],
    shown: Sequence[TrialRecord],
    place: tuple[int, int],
) -> None:
    values = [objective_of(trial) for trial in shown]
    options = axis.get("options")
    where = [cell(trial.params.get(axis["name"])) for trial in shown]
    figure.add_scatter(
        x=[str(item) if options and item is not None else item for item in where],
        y=values,
        customdata=[trial.number for trial in shown],
        row=place[0],
        col=place[1],
        mode="markers",
        meta=role("scale"),
        marker={
            "size": 5,
            "opacity": 0.75,
            "color": list(range(len(shown))),
            "colorscale": "Viridis",
            "reversescale": True,
        },
        hovertemplate="trial %{customdata}<br>%{x}: %{y:.6g}<extra></extra>",
    )
    kinds = {"log": "log", "category": "category"}
    figure.update_xaxes(type=kinds.get(axis["kind"], "linear"), row=place[0], col=place[1])
    if axis["kind"] == "log":
        figure.update_xaxes(exponentformat="power", row=place[0], col=place[1])
    if options:
        order = [str(option) for option in options]
        figure.update_xaxes(categoryorder="array", categoryarray=order, row=place[0], col=place[1])
