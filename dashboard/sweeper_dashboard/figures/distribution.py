"""How results are distributed: a histogram, parted by a category where one is chosen."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import plotly.graph_objects as go

from sweeper_dashboard.figures.choices import Choices
from sweeper_dashboard.figures.frame import Array, Column, Frame
from sweeper_dashboard.figures.ink import (
    KINDS,
    LINEAR,
    LOG,
    RED,
    blank,
    framed,
    kind_role,
    log_ticks,
    noted,
    plain,
    role,
)

_BINS = 40
_ROLES = {"completed": "completed", "pruned": "pruned", "running": "running", "failed": "failed"}


def distribution_figure(frame: Frame, choices: Choices | None = None) -> go.Figure:
    """Count the trials in each bin of a column, stacked by status or by a category.

    Args:
        frame: the trials.
        choices: x (the objective without), color (the status without), log_x, log_y.
    """
    wanted = choices or Choices()
    column = frame.column(wanted.x or "value")
    by = frame.column(wanted.color or "status")
    by = by if by.kind == "category" else frame.column("status")
    log = wanted.log_x or column.kind == "log"
    values = _logs(column.values) if log else column.values
    known = values[~np.isnan(values)]
    if not known.size:
        return blank("No trial has a result yet.")
    edges = (
        np.arange(len(column.options) + 1) - 0.5
        if column.kind == "category"
        else bins_of(known, _BINS)
    )
    figure = go.Figure()
    _add_bars(figure, values, by, edges)
    framed(figure, x=column.label, y="trials")
    if column.kind == "category":
        texts = [plain(option) for option in column.options]
        figure.update_xaxes(tickvals=list(range(len(texts))), ticktext=texts)
    elif log:
        ticks, texts = log_ticks(float(edges[0]), float(edges[-1]))
        figure.update_xaxes(tickvals=ticks, ticktext=texts, range=[edges[0], edges[-1]])
    figure.update_yaxes(**LOG if wanted.log_y else LINEAR)
    if known.size < 8:
        # A part of a trial means nothing.
        figure.update_yaxes(dtick=1)
    figure.update_layout(barmode="stack", bargap=0.04, showlegend=True)
    _mark_best(figure, frame, column, log=log)
    outside = int(((known < edges[0]) | (known > edges[-1])).sum())
    if outside:
        noted(figure, f"{outside:,} trials lie outside of what is shown.")
    return figure


def bins_of(known: Array, count: int) -> Array:
    """Cut the range of values into equal bins, a far tail left out."""
    low, high = float(known.min()), float(known.max())
    if len(known) >= 50:
        first, last = float(np.quantile(known, 0.005)), float(np.quantile(known, 0.995))
        reach = (last - first) * 0.5
        low, high = max(low, first - reach), min(high, last + reach)
    if high <= low:
        low, high = low - 0.5, high + 0.5
    fitting = min(count, max(int(np.sqrt(len(known)) * 2), 5))
    return np.linspace(low, high, fitting + 1)


def _logs(values: Array) -> Array:
    return np.log10(np.where(values > 0, values, np.nan))


def _add_bars(figure: go.Figure, values: Array, by: Column, edges: Array) -> None:
    middle = (edges[1:] + edges[:-1]) / 2
    ends = [f"{low:.4g} to {high:.4g}" for low, high in pairwise(edges)]
    for place, option in enumerate(by.options):
        own = values[(by.values == place) & ~np.isnan(values)]
        if not own.size:
            continue
        status = _ROLES.get(option) if by.id == "status" else None
        figure.add_bar(
            x=middle,
            y=np.histogram(own, edges)[0],
            width=np.diff(edges),
            name=plain(option),
            text=ends,
            textposition="none",
            meta=role(status) if status else kind_role(place),
            marker={"color": KINDS[place % len(KINDS)]},
            hovertemplate="%{text}: %{y:,}<extra>" + plain(option) + "</extra>",
        )


def _mark_best(figure: go.Figure, frame: Frame, column: Column, *, log: bool) -> None:
    best = frame.overview.sweep.best_value
    if column.id != "value" or best is None or (log and best <= 0):
        return
    at = float(np.log10(best)) if log else best
    figure.add_scatter(
        x=[at],
        y=[0.5],
        mode="markers",
        name="best",
        meta=role("best"),
        marker={"symbol": "star", "size": 13, "color": RED},
        customdata=[frame.overview.sweep.best_trial],
        hovertemplate=f"best: trial %{{customdata}}, {best:.6g}<extra></extra>",
    )
