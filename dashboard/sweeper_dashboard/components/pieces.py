"""Badges, cards, panels and empty states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from sweeper.model.lifecycle import Outcome
from sweeper_dashboard.ends import ENDS
from sweeper_dashboard.figures.ink import GRAPH_CONFIG
from sweeper_dashboard.reading import MISSING

NOTHING = ("0", MISSING)


def badge(status: str, **marks: Any) -> Any:
    """Show a status as a coloured shape with its name."""
    return html.Span(status, className=f"badge badge-{status}", **marks)


def end_badge(outcome: Outcome) -> Any:
    """Show how an attempt ended, in the tone of that end and with its meaning on hover."""
    end = ENDS[outcome]
    return html.Span(end.label, className=f"badge tone-{end.tone}", title=end.meaning)


def card(key: str, label: Any, value: str, note: Any = None) -> Any:
    """Show one number with its name; scripts find it by its key."""
    below = [] if note is None else [html.Div(note, className="card-note")]
    return html.Div(
        className=f"card card-{key}",
        children=[
            html.Div(label, className="card-label", title=label if isinstance(label, str) else ""),
            html.Div(
                value,
                className="card-value",
                **{"data-card": key, "data-none": str(value in NOTHING).lower()},
            ),
            *below,
        ],
    )


def panel(title: str, body: Any, *, tools: Sequence[Any] = (), mark: str = "") -> Any:
    """Frame a part of a page under a heading, its controls at the right."""
    return html.Section(
        className=f"panel {mark}",
        children=[
            html.Div(
                className="panel-head",
                children=[html.H2(title), html.Div(list(tools), className="panel-tools")],
            ),
            *(body if isinstance(body, list) else [body]),
        ],
    )


def graph(key: str, described: str, mark: str = "") -> Any:
    """Place an empty figure that a script fills."""
    return html.Div(
        className=f"graph {mark}",
        # Its own buttons stand within, which an image could not hold.
        role="group",
        children=dcc.Graph(
            id=key,
            config=GRAPH_CONFIG,
            responsive=True,
            figure={"data": [], "layout": {"xaxis": {"visible": False}, **_CLEAR}},
            className="graph-inner",
        ),
        **{"aria-label": described, "data-graph": key},
    )


_CLEAR = {
    "yaxis": {"visible": False},
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
}


def bar(share: float, label: str, key: str = "") -> Any:
    """Show how far something is."""
    marks: dict[str, Any] = {"aria-valuenow": round(share * 100), "aria-label": label}
    if key:
        marks["data-bar"] = key
    return html.Div(
        className="bar",
        role="progressbar",
        children=html.Div(className="bar-fill", style={"width": f"{share * 100:.1f}%"}),
        **{"aria-valuemin": 0, "aria-valuemax": 100, **marks},
    )


def empty(title: str, *lines: Any) -> Any:
    """Say why there is nothing to see, and what to do about it."""
    return html.Div(
        className="empty",
        children=[html.Div(className="empty-mark"), html.H2(title), *lines],
    )


def crumbs(*steps: tuple[str, str | None]) -> Any:
    """Show the way to a page; a step without an address is the page itself."""
    shown: list[Any] = []
    for label, address in steps:
        shown.append(html.Span("/", className="crumb-part", **{"aria-hidden": "true"}))
        if address is None:
            shown.append(html.Span(label, className="crumb-here", title=label))
        else:
            shown.append(dcc.Link(label, href=address, className="crumb", title=label))
    return html.Nav(shown, **{"aria-label": "Breadcrumbs"})
