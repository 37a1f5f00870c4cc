"""Anything against anything: a dot for each trial."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from sweeper_dashboard.figures.choices import Choices
from sweeper_dashboard.figures.frame import Array, Column, Frame
from sweeper_dashboard.figures.ink import (
    BLUE,
    KINDS,
    LOG,
    blank,
    framed,
    kind_role,
    log_ticks,
    noted,
    plain,
    role,
    scale_role,
)

MOST_DOTS = 2500
_SCALE = "Viridis"


def scatter_figure(frame: Frame, choices: Choices | None = None) -> go.Figure:
    """Draw a dot for each trial, coloured by a third column where one is chosen.

    Args:
        frame: the trials.
        choices: x, y, color, log_x, log_y; the first parameter and the objective without.
    """
    wanted = choices or Choices()
    x = frame.column(wanted.x or default_parameter(frame))
    y = frame.column(wanted.y or "value")
    both = np.flatnonzero(x.known & y.known)
    if not both.size:
        return blank("No trial has both values yet.")
    shown = sampled_places(frame, both, MOST_DOTS)
    figure = go.Figure()
    if wanted.color and frame.column(wanted.color).kind == "category":
        _add_kinds(figure, frame, (x, y, frame.column(wanted.color)), shown)
    else:
        colour = frame.column(wanted.color) if wanted.color else None
        _add_dots(figure, frame, (x, y, colour), shown)
    framed(figure, x=x.label, y=y.label)
    figure.update_xaxes(**axis_of(x, log=wanted.log_x))
    figure.update_yaxes(**axis_of(y, log=wanted.log_y))
    figure.update_layout(showlegend=len(figure.data) > 1)
    return say_sample(figure, len(shown), len(both))


def default_parameter(frame: Frame) -> str:
    """Give the first searched parameter; the trial's number where there is none."""
    return frame.parameters[0] if frame.parameters else "number"


def sampled_places(frame: Frame, places: Array, most: int) -> Array:
    """Keep the best fifth of what may be shown and an even sample of the rest, worst first."""
    order = frame.best_first()
    ranked = order[np.isin(order, places)]
    if len(ranked) > most:
        front = most // 5
        rest = np.linspace(front, len(ranked) - 1, most - front).astype(int)
        ranked = ranked[np.unique(np.concatenate([np.arange(front), rest]))]
    return ranked[::-1]


def say_sample(figure: go.Figure, shown: int, of: int) -> go.Figure:
    """Say how many of the trials a figure shows, where it does not show all."""
    if shown >= of:
        return figure
    return noted(figure, f"{shown:,} of {of:,} trials: the best, and an even sample of the rest.")


def axis_of(column: Column, *, log: bool = False) -> dict[str, Any]:
    """Make the axis that suits a column."""
    if column.kind == "category":
        count = len(column.options)
        return {
            "tickvals": list(range(count)),
            "ticktext": [plain(option) for option in column.options],
            "range": [-0.5, count - 0.5],
        }
    if column.kind == "log" or log:
        if column.low is None or column.kind != "log":
            return LOG
        ticks, texts = log_ticks(*column.ends)
        placed = {"tickvals": [10.0**tick for tick in ticks], "ticktext": texts}
        return {**LOG, **placed, **_whole(column)}
    return {"type": "linear"} if column.low is None else {"type": "linear", **_whole(column)}


def _whole(column: Column) -> dict[str, Any]:
    """Show all that is searched, with a little room at both ends."""
    low, high = column.ends
    room = (high - low) * 0.03
    return {"range": [low - room, high + room]}


def spread_of(column: Column, places: Array) -> Array:
    """Give values as drawn: those of a category lie beside one another, always the same way."""
    values = column.values[places]
    if column.kind != "category":
        return values
    # A fixed irrational step spreads neighbours evenly and needs no generator.
    return values + ((places * 0.6180339887) % 1.0 - 0.5) * 0.5


def _texts(column: Column, places: Array) -> Array:
    values = column.values[places]
    if column.kind == "category":
        return np.array([plain(column.options[int(v)]) if v == v else "none" for v in values])
    return np.array([f"{value:.6g}" for value in values])


def _dots(frame: Frame, x: Column, y: Column, places: Array) -> dict[str, Any]:
    made = {
        "x": spread_of(x, places).astype(np.float32),
        "y": spread_of(y, places).astype(np.float32),
        "customdata": frame.numbers[places],
        "mode": "markers",
        "hovertemplate": f"trial %{{customdata}}<br>{plain(x.label)}: %{{x:.6g}}<br>"
        f"{plain(y.label)}: %{{y:.6g}}<extra></extra>",
    }
    if "category" in (x.kind, y.kind):
        made["text"] = np.array(
            [
                f"{plain(x.label)}: {one}<br>{plain(y.label)}: {other}"
                for one, other in zip(_texts(x, places), _texts(y, places), strict=True)
            ]
        )
        made["hovertemplate"] = "trial %{customdata}<br>%{text}<extra></extra>"
    return made


def _add_dots(
    figure: go.Figure, frame: Frame, columns: tuple[Column, Column, Column | None], places: Array
) -> None:
    x, y, colour = columns
    marker: dict[str, Any] = {"size": 6 if len(places) < 600 else 5, "opacity": 0.7}
    if colour is None:
        figure.add_scatter(
            **_dots(frame, x, y, places), meta=role("completed"), marker={**marker, "color": BLUE}
        )
        return
    values = colour.scaled[places]
    mode = frame.goal.mode.value if colour.id == "value" else None
    bar = colour_bar(colour.label)
    if colour.kind == "log" and np.isfinite(values).any():
        ticks, written = log_ticks(float(np.nanmin(values)), float(np.nanmax(values)))
        bar |= {"tickvals": ticks, "ticktext": written}
    marker |= {"color": values.astype(np.float32), "colorscale": _SCALE, "colorbar": bar}
    figure.add_scatter(**_dots(frame, x, y, places), meta=scale_role(mode), marker=marker)


def colour_bar(label: str) -> dict[str, Any]:
    """Make the slim bar that explains a scale of colours."""
    return {"title": {"text": plain(label)}, "thickness": 11, "outlinewidth": 0}


def _add_kinds(
    figure: go.Figure, frame: Frame, columns: tuple[Column, Column, Column], places: Array
) -> None:
    x, y, colour = columns
    for place, option in enumerate(colour.options):
        own = places[colour.values[places] == place]
        if own.size:
            figure.add_scatter(
                **_dots(frame, x, y, own),
                name=plain(option),
                meta=kind_role(place),
                marker={"size": 6, "opacity": 0.75, "color": KINDS[place % len(KINDS)]},
            )
    figure.update_layout(legend={"title": {"text": f"{plain(colour.label)}  "}})
