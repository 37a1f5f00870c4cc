"""Several objectives against each other, and the trials that none other beats in all."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from sweeper_dashboard.figures.choices import Choices
from sweeper_dashboard.figures.frame import Array, Frame, front_of
from sweeper_dashboard.figures.ink import BLUE, RED, blank, framed, noted, role

_MOST_DOTS = 2500


def pareto_figure(frame: Frame, choices: Choices | None = None) -> go.Figure:
    """Draw two objectives; the front is that of all objectives, however many there are.

    Args:
        frame: the trials.
        choices: x and y, each "m:" and an objective's name; the first two without.
    """
    wanted = choices or Choices()
    metrics = frame.objective.metrics
    if len(metrics) < 2:
        return blank("A Pareto front needs a sweep of several objectives.")
    names = [name.removeprefix("m:") for name in (wanted.x, wanted.y)]
    first = names[0] if names[0] in metrics else metrics[0]
    second = names[1] if names[1] in metrics else next(m for m in metrics if m != first)
    points = frame.objectives()
    known = np.flatnonzero(~np.isnan(points).any(axis=1))
    if not known.size:
        return blank("No trial has completed yet.")
    on_front = known[front_of(points[known] * frame.signs)]
    rest = np.setdiff1d(known, on_front)
    shown = rest[:: max(-(-len(rest) // _MOST_DOTS), 1)]
    x, y = points[:, metrics.index(first)], points[:, metrics.index(second)]
    figure = go.Figure()
    _add(figure, (x, y), frame, shown, front=False)
    _add(figure, (x, y), frame, on_front[np.argsort(x[on_front])], front=True)
    framed(figure, x=_label(frame, first), y=_label(frame, second))
    figure.update_layout(showlegend=True)
    said = f"{len(on_front)} of {len(known):,} completed trials are beaten by none in all of it."
    if len(metrics) > 2:
        said += f" The front is that of {', '.join(metrics)}."
    if len(shown) < len(rest):
        said += f" {len(shown):,} of the others are shown."
    return noted(figure, said)


def _label(frame: Frame, metric: str) -> str:
    goal = next(goal for goal in frame.objective.goals if goal.metric == metric)
    return f"{metric} ({'smaller' if goal.mode == 'min' else 'larger'} is better)"


def _add(
    figure: go.Figure, points: tuple[Array, Array], frame: Frame, places: Array, *, front: bool
) -> None:
    if not places.size:
        return
    two = len(frame.objective.metrics) == 2
    figure.add_scatter(
        x=points[0][places],
        y=points[1][places],
        customdata=frame.numbers[places],
        mode="lines+markers" if front and two else "markers",
        name="Pareto front" if front else "others",
        meta=role("best" if front else "completed"),
        # Between two points of the front, no trial has shown what is possible.
        line={"shape": "hv", "width": 1.6, "color": RED},
        marker={
            "size": 9 if front else 6,
            "opacity": 0.95 if front else 0.4,
            "color": RED if front else BLUE,
        },
        hovertemplate="trial %{customdata}<br>%{x:.6g}, %{y:.6g}<extra></extra>",
    )
