"""The list of all sweeps of a store."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from sweeper.model.lifecycle import TrialStatus
from sweeper.model.sweep import SweepOverview
from sweeper.store import questions
from sweeper_dashboard import reading
from sweeper_dashboard.addresses import sweep_address
from sweeper_dashboard.components.pieces import badge, bar, empty
from sweeper_dashboard.desk import Desk
from sweeper_dashboard.payload import best_line, progress, progress_line

_FIRST_SWEEP = """from typing import Annotated
from sweeper import sweepable, report, loguniform

@sweepable(metric="loss", mode="min")
def train(lr: Annotated[float, loguniform(1e-4, 1e-1)] = 1e-2):
    for epoch in range(20):
        loss = ...  # one epoch of training
        report(loss=loss)

train.sweep(trials=100, name="first")"""

_COUNTED = (TrialStatus.RUNNING, TrialStatus.COMPLETED, TrialStatus.PRUNED, TrialStatus.FAILED)


def sweeps_page(desk: Desk) -> Any:
    """Lay out the list with its search box."""
    return html.Div(
        className="page",
        children=[
            html.Div(
                className="page-head",
                children=[
                    html.H1("Sweeps", className="page-title"),
                    dmc.TextInput(
                        id="sweeps-search",
                        placeholder="Search names, projects, tags, metrics",
                        className="search",
                        **{"aria-label": "Search sweeps"},
                    ),
                ],
            ),
            dcc.Store(id="sweeps-digest"),
            html.Div(id="sweep-rows", children=sweep_rows(desk)),
        ],
        **{"data-page": "sweeps"},
    )


def sweep_rows(desk: Desk) -> Any:
    """Lay out a row for each sweep, the latest changed first."""
    found = questions.list_sweeps(desk.store, desk.clock)
    if not found:
        return _nothing_yet(str(desk.store))
    now = desk.clock.now()
    return [
        html.Ul([_row(each, now) for each in found], className="sweeps"),
        html.P("No sweep matches the search.", className="no-match", hidden=True),
    ]


def _row(overview: SweepOverview, now: float) -> Any:
    sweep = overview.sweep
    goal = sweep.goals().first
    searched = " ".join(
        [sweep.name, sweep.project or "", *sweep.tags, goal.metric, overview.status.value]
    )
    return html.Li(
        className="sweep-row",
        children=dcc.Link(
            href=sweep_address(sweep.name),
            className="sweep-link",
            children=[
                html.Div(_names(overview), className="sweep-names"),
                html.Div(badge(overview.status.value), className="sweep-status"),
                html.Div(
                    [bar(progress(overview), progress_line(overview)), _line(overview)],
                    className="sweep-progress",
                ),
                html.Div(_best(overview, goal.metric), className="sweep-best"),
                html.Div(_counts(overview), className="sweep-counts"),
                html.Div(reading.age(sweep.updated, now), className="sweep-age"),
            ],
        ),
        **{"data-search": searched.lower()},
    )


def _names(overview: SweepOverview) -> list[Any]:
    sweep = overview.sweep
    marks = [sweep.project] if sweep.project else []
    return [
        html.Span(sweep.name, className="sweep-name", title=sweep.name),
        html.Span([html.Span(mark, className="tag") for mark in [*marks, *sweep.tags]]),
    ]


def _line(overview: SweepOverview) -> Any:
    return html.Span(progress_line(overview), className="soft")


def _best(overview: SweepOverview, metric: str) -> list[Any]:
    value = overview.sweep.best_value
    return [
        html.Span(reading.number(value), className="sweep-value", title=str(value)),
        html.Span(
            metric if value is not None else best_line(overview), className="soft", title=metric
        ),
    ]


def _counts(overview: SweepOverview) -> list[Any]:
    return [
        html.Span(
            f"{overview.counts.get(status, 0):,} {status.value}",
            className=f"count count-{status.value}",
        )
        for status in _COUNTED
        if overview.counts.get(status, 0)
    ]


def _nothing_yet(store: str) -> Any:
    return empty(
        "No sweep yet",
        html.P(["This page watches ", html.Code(store), " and fills as soon as one starts."]),
        html.Pre(html.Code(_FIRST_SWEEP), className="code"),
    )
