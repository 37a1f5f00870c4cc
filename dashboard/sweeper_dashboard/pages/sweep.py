"""The page of one sweep: numbers, figures and the table of its trials."""

from __future__ import annotations

from typing import Any

import dash_ag_grid as dag
import dash_mantine_components as dmc
from dash import dcc, html

from sweeper.model.lifecycle import SweepStatus
from sweeper.store import questions
from sweeper_dashboard.components.pieces import badge, bar, card, graph, panel
from sweeper_dashboard.desk import Desk
from sweeper_dashboard.mirror import View
from sweeper_dashboard.payload import axes, cards, progress, progress_line

_TOPS = ["10", "25", "50", "200"]


def sweep_page(desk: Desk, name: str) -> Any:
    """Lay out a sweep; scripts fill its figures and its table.

    Raises:
        SweepNotFound: there is no sweep of this name.
    """
    view = desk.mirrors.of(name).view()
    metrics = questions.metric_names(desk.store, view.overview.sweep.id)
    goal = view.overview.sweep.goals().first
    # An element of its own kind keeps React from carrying another page's nodes over.
    return html.Section(
        className="page",
        children=[
            _head(view),
            _cards(view),
            html.Div(
                className="figures",
                children=[_history(goal.metric), _curves(goal.metric, metrics)],
            ),
            _parallel(len(axes(view.overview))),
            _slices(goal.metric),
            _table(),
            dcc.Store(id="curves-chosen"),
            dcc.Store(id="lines-chosen"),
        ],
        **{"data-page": "sweep", "data-sweep": name},
    )


def _head(view: View) -> Any:
    overview = view.overview
    sweep = overview.sweep
    kinds = [str((sweep.options.get(key) or {}).get("kind", "")) for key in ("search", "scheduler")]
    facts = [sweep.function.rpartition(":")[2], *kinds, str(sweep.options.get("backend", ""))]
    driven = overview.status in (SweepStatus.RUNNING, SweepStatus.PAUSED)
    return html.Div(
        className="page-head",
        children=[
            html.Div(
                className="title-block",
                children=[
                    html.H1(sweep.name, className="page-title", title=sweep.name),
                    badge(overview.status.value, id="sweep-status"),
                    html.Span(" · ".join(fact for fact in facts if fact), className="soft"),
                ],
            ),
            html.Div(
                className="head-progress",
                children=[
                    bar(progress(overview), "Progress", "progress"),
                    html.Span(progress_line(overview), className="soft", **{"data-card": "ended"}),
                ],
            ),
            html.Div(
                className="wishes",
                id="wishes",
                hidden=not driven,
                children=[
                    _wish("pause", "Pause"),
                    _wish("resume", "Resume"),
                    _wish("stop", "Stop"),
                ],
            ),
            html.Div(sweep.reason or "", id="reason", className="reason", hidden=not sweep.reason),
        ],
    )


def _wish(kind: str, label: str) -> Any:
    return html.Button(label, className=f"button wish wish-{kind}", **{"data-wish": kind})


def _cards(view: View) -> Any:
    texts = cards(view)
    goal = view.overview.sweep.goals().first
    labels = {
        "running": "Running",
        "completed": "Completed",
        "pruned": "Pruned",
        "failed": "Failed",
    }
    counted = [card(key, label, texts[key]) for key, label in labels.items()]
    asked_for = html.Span(texts["trials-asked"], **{"data-card": "trials-asked"})
    best = html.Span(texts["best-trial"], **{"data-card": "best-trial"})
    return html.Div(
        className="cards",
        children=[
            card("trials", "Trials", texts["trials"], asked_for),
            *counted,
            card("best", f"Best {goal.metric}", texts["best"], best),
            card("saved", "Steps saved", texts["saved"], "by pruning"),
        ],
    )


def _history(metric: str) -> Any:
    described = f"History: {metric} of each trial and the best so far; the table has the numbers"
    return panel("History", graph("history", described), mark="panel-history")


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


def _table() -> Any:
    tools = [
        html.Span(id="matching", className="matching", role="status"),
        html.Button("Clear filters", id="clear-filters", className="button", hidden=True),
        dmc.TextInput(
            id="trials-search",
            placeholder="Search trials",
            size="xs",
            className="search",
            **{"aria-label": "Search trials"},
        ),
    ]
    grid = dag.AgGrid(
        id="trials",
        columnDefs=[],
        rowData=[],
        getRowId="params.data.id",
        dashGridOptions={
            "animateRows": False,
            "rowHeight": 34,
            "headerHeight": 38,
            "tooltipShowDelay": 300,
            "enableCellTextSelection": True,
            "localeText": {"noRowsToShow": "No trials yet: the first one will show here."},
        },
        className="trials-grid",
        style={"height": "min(70vh, 720px)", "width": "100%"},
    )
    return panel("Trials", grid, tools=tools, mark="panel-trials")
