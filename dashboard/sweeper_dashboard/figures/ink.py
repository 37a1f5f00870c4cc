"""The colours and the plain frame that all figures share."""

from __future__ import annotations

import math
from typing import Any

import plotly.graph_objects as go

# Okabe and Ito's palette: told apart by every kind of colour vision.
BLUE, ORANGE, GREEN, RED, GREY = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#8a8f98"
LINES = (BLUE, ORANGE, GREEN, "#cc79a7", "#56b4e9", RED)
KINDS = (BLUE, ORANGE, GREEN, "#cc79a7", RED, "#56b4e9", "#8c6d1f", "#5b5ea6")
GRID = "rgba(128,132,142,0.20)"
FAINT = "rgba(128,132,142,0.35)"

# An axis of powers of ten, written as people type them.
LOG: dict[str, Any] = {"type": "log", "exponentformat": "e"}
LINEAR: dict[str, Any] = {"type": "linear"}

GRAPH_CONFIG: dict[str, Any] = {
    # The button would post the chart to a foreign server.
    "showSendToCloud": False,
    "displaylogo": False,
    "displayModeBar": "hover",
    # Beside each figure stands a button of ours that saves it, in more forms.
    "modeBarButtonsToRemove": [
        "select2d",
        "lasso2d",
        "autoScale2d",
        "toImage",
        "zoomIn2d",
        "zoomOut2d",
    ],
    "responsive": True,
}


# The frame of every figure: see-through, light grid, tight margins.
FRAME: dict[str, Any] = {
    "template": "none",
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "font": {"family": "system-ui, -apple-system, Segoe UI, Roboto, sans-serif", "size": 12},
    "margin": {"l": 62, "r": 14, "t": 8, "b": 42},
    "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    "hovermode": "closest",
    "uirevision": "kept",
    "showlegend": False,
}
AXIS: dict[str, Any] = {
    "gridcolor": GRID,
    "zeroline": False,
    "automargin": True,
    "showline": False,
    "separatethousands": True,
}


def framed(figure: go.Figure, *, x: str = "", y: str = "") -> go.Figure:
    """Give a figure the frame that all share."""
    figure.update_layout(FRAME)
    figure.update_xaxes(**AXIS)
    figure.update_yaxes(**AXIS)
    if x:
        figure.update_xaxes(title={"text": plain(x), "standoff": 8})
    if y:
        figure.update_yaxes(title={"text": plain(y), "standoff": 8})
    return figure


def role(name: str) -> dict[str, str]:
    """Mark a trace with what it shows, by which a page colours it for light and dark."""
    return {"role": name}


def scale_role(mode: str | None = None) -> dict[str, str]:
    """Mark a trace whose colours follow values; where a mode is given, the best stand out."""
    known = {"min": {"best": "low"}, "max": {"best": "high"}}
    return {**role("scale"), **known.get(mode or "", {})}


def kind_role(place: int) -> dict[str, str]:
    """Mark a trace as one of several kinds, each of which has a colour of its own."""
    return role(f"kind{place % len(KINDS)}")


def about(meta: dict[str, str], what: str, *, logs: str = "") -> dict[str, str]:
    """Mark a trace with what it is about, for a table; logs names axes in powers of ten."""
    return {**meta, "of": what, "logs": logs}


def noted(figure: go.Figure, text: str) -> go.Figure:
    """Say beneath a figure what it measures, and of which sample."""
    known = (figure.layout.meta or {}).get("note")
    return figure.update_layout(meta={"note": f"{known} {text}" if known else text})


def log_ticks(low: float, high: float) -> tuple[list[float], list[str]]:
    """Give ticks between two powers of ten, as powers, and their texts.

    Example:
        >>> log_ticks(-5, -2)
        ([-5.0, -4.0, -3.0, -2.0], ['1e-5', '1e-4', '0.001', '0.01'])
    """
    whole = range(math.floor(low), math.ceil(high) + 1)
    parts = (1,) if high - low >= 2 else (1, 2, 5)
    ticks = [power + math.log10(part) for power in whole for part in parts]
    shown = [tick for tick in ticks if low - 1e-9 <= tick <= high + 1e-9] or [low, high]
    return shown, [_short(10.0**tick) for tick in shown]


def _short(value: float) -> str:
    if value * 1.0001 >= 1e-3 and value < 1e5:
        return f"{value:.3g}"
    mantissa, exponent = f"{value:.0e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def faded(colour: str, alpha: float) -> str:
    """Make a colour see-through.

    Example:
        >>> faded("#0072b2", 0.2)
        'rgba(0,114,178,0.2)'
    """
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def plain(name: str) -> str:
    """Keep a name from being read as Plotly's markup."""
    return name.replace("&", "&amp;").replace("<", "&lt;")


def blank(text: str) -> go.Figure:
    """Draw a figure that only says why there is nothing to see."""
    figure = framed(go.Figure())
    figure.update_layout(margin={"l": 10, "r": 10, "t": 10, "b": 10})
    figure.add_annotation(text=text, showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper")
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure
