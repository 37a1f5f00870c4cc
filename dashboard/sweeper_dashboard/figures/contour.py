"""The objective over two parameters, in fixed bins."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from sweeper_dashboard.figures.choices import Choices
from sweeper_dashboard.figures.frame import Array, Column, Frame
from sweeper_dashboard.figures.ink import (
    about,
    blank,
    framed,
    log_ticks,
    noted,
    plain,
    role,
    scale_role,
)
from sweeper_dashboard.figures.scatter import colour_bar
from sweeper_dashboard.figures.slices import edges_of


def contour_figure(frame: Frame, choices: Choices | None = None) -> go.Figure:
    """Colour each bin of two parameters by the median of the trials that completed in it.

    Args:
        frame: the trials.
        choices: x, y, bins; the first two parameters without.
    """
    wanted = choices or Choices()
    parameters = frame.parameters
    if len(parameters) < 2 and not (wanted.x and wanted.y):
        return blank("A contour needs two parameters.")
    x = frame.column(wanted.x or parameters[0])
    y = frame.column(wanted.y or next(p for p in parameters if p != x.id))
    values = frame.ended()
    table, count, edges = binned((x, y), values, wanted.bins)
    if not count.any():
        return blank("No trial has completed yet.")
    minimum = frame.goal.mode == "min"
    figure = go.Figure()
    figure.add_heatmap(
        z=table.astype(np.float32),
        x=(edges[0][1:] + edges[0][:-1]) / 2,
        y=(edges[1][1:] + edges[1][:-1]) / 2,
        text=count,
        meta=about(scale_role(frame.goal.mode), "median", logs=_logs(x, y)),
        colorscale="Viridis",
        reversescale=not minimum,
        xgap=1.5,
        ygap=1.5,
        hoverongaps=False,
        colorbar=colour_bar(frame.goal.metric),
        hovertemplate=f"median {plain(frame.goal.metric)} %{{z:.5g}} of %{{text}}<extra></extra>",
    )
    _add_best(figure, (x, y), values, frame)
    framed(figure, x=x.label, y=y.label)
    figure.update_xaxes(**_binned_axis(x, edges[0]), showgrid=False)
    figure.update_yaxes(**_binned_axis(y, edges[1]), showgrid=False)
    return noted(figure, "Median of the completed trials in each bin; empty bins had none.")


def binned(
    columns: tuple[Column, Column], values: Array, bins: int
) -> tuple[Array, Array, tuple[Array, Array]]:
    """Give medians and counts by (y bin, x bin), and the bins' edges on the columns' scales."""
    x, y = columns
    edges = (edges_of(x, bins), edges_of(y, bins))
    shape = (len(edges[1]) - 1, len(edges[0]) - 1)
    table: Array = np.full(shape, np.nan)
    count: Array = np.zeros(shape, dtype=np.int32)
    kept = x.known & y.known & ~np.isnan(values) & ~np.isnan(x.scaled) & ~np.isnan(y.scaled)
    across = np.clip(np.digitize(x.scaled[kept], edges[0]) - 1, 0, shape[1] - 1)
    up = np.clip(np.digitize(y.scaled[kept], edges[1]) - 1, 0, shape[0] - 1)
    place, known = up * shape[1] + across, values[kept]
    order = np.argsort(place, kind="stable")
    for part in np.split(order, np.flatnonzero(np.diff(place[order])) + 1):
        if part.size:
            row, column = divmod(int(place[part[0]]), shape[1])
            table[row, column] = np.median(known[part])
            count[row, column] = part.size
    return table, count, edges


def _logs(x: Column, y: Column) -> str:
    """Name the axes that are drawn in powers of ten."""
    return "".join(axis for axis, column in (("x", x), ("y", y)) if column.kind == "log")


def _binned_axis(column: Column, edges: Array) -> dict[str, Any]:
    ends = {"range": [float(edges[0]), float(edges[-1])], "type": "linear"}
    if column.kind == "category":
        texts = [plain(option) for option in column.options]
        return {**ends, "tickvals": list(range(len(texts))), "ticktext": texts}
    if column.kind == "log":
        ticks, texts = log_ticks(float(edges[0]), float(edges[-1]))
        return {**ends, "tickvals": ticks, "ticktext": texts}
    return ends


def _add_best(
    figure: go.Figure, columns: tuple[Column, Column], values: Array, frame: Frame
) -> None:
    score = -values if frame.goal.mode == "min" else values
    known = columns[0].known & columns[1].known
    score = np.where(known, score, np.nan)
    if np.isnan(score).all():
        return
    best = int(np.nanargmax(score))
    figure.add_scatter(
        x=[float(columns[0].scaled[best])],
        y=[float(columns[1].scaled[best])],
        customdata=[int(frame.numbers[best])],
        mode="markers",
        meta=about(role("best"), "best", logs=_logs(*columns)),
        marker={"symbol": "star", "size": 14, "line": {"width": 1.5, "color": "white"}},
        hovertemplate=f"best: trial %{{customdata}}, {values[best]:.6g}<extra></extra>",
    )
