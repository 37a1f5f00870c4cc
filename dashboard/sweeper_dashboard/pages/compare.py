"""The page on which the trials of a sweep are compared in figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from sweeper.store import questions
from sweeper_dashboard.components.pieces import graph, panel
from sweeper_dashboard.desk import Desk
from sweeper_dashboard.pages.frame import sweep_frame
from sweeper_dashboard.payload import axes

_TOPS = ["10", "25", "50", "200"]


def compare_page(desk: Desk, name: str, state: Mapping[str, str]) -> Any:
    """Lay out the figures of a sweep; scripts fill them.

    Raises:
        SweepNotFound: there is no sweep of this name.
    """
    view = desk.mirrors.of(name).view()
    metrics = questions.metric_names(desk.store, view.overview.sweep.id)
    goal = view.overview.sweep.goals().first
    body = [
        _parallel(len(axes(view.overview))),
        _curves(goal.metric, metrics),
        _slices(goal.metric),
        dcc.Store(id="curves-chosen"),
        dcc.Store(id="lines-chosen"),
    ]
    return sweep_frame(view, "compare", body, state)


def _curves(metric: str, metrics: list[str]) -> Any:
    offered = sorted({metric, *metrics})
    tools = [
        dmc.Select(
            id="curves-metric",
            data=offered,
            value=metric,
            allowDeselect=False,
            size="xs",
            className="tool-metric",
            **{"aria-label": "Metric of the curves"},
        ),
        dmc.SegmentedControl(
            id="curves-top",
            data=[{"value": top, "label": top} for top in _TOPS],
            value="25",
            size="xs",
            **{"aria-label": "How many of the best trials"},
        ),
        dmc.Switch(id="curves-log", label="log", size="xs", checked=False),
    ]
    described = "Learning curves of the best trials"
    return panel("Learning curves", graph("curves", described), tools=tools, mark="panel-curves")


def _parallel(count: int) -> Any:
    tools = [
        html.Span("drag along an axis to filter", className="soft hint"),
        dmc.SegmentedControl(
            id="lines-shown",
            data=[
                {"value": "best", "label": "Best"},
                {"value": "sample", "label": "Sample"},
                {"value": "all", "label": "All"},
            ],
            value="best",
            size="xs",
            **{"aria-label": "Which trials stand in front"},
        ),
    ]
    body = html.Div(
        [
            html.Div(
                html.Div(className="lines-wide", style={"minWidth": f"{(count + 1) * 84}px"}),
                id="lines",
                className="lines",
                role="img",
                tabIndex=0,
                **{"aria-label": "Parallel coordinates", "data-axes": count},
            ),
            html.Div(id="brushes", className="brushes"),
            html.Div(id="brush-form", className="brush-form"),
        ]
    )
    return panel("Parallel coordinates", body, tools=tools, mark="panel-lines")


def _slices(metric: str) -> Any:
    return html.Details(
        className="panel panel-slices",
        id="slices-panel",
        children=[
            html.Summary(html.H2(f"{metric} against each parameter")),
            graph("slices", f"{metric} against each parameter", "graph-tall"),
        ],
    )
