"""What all pages of a sweep stand in: its name, status, progress, controls, tabs and query line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from sweeper.model.lifecycle import SweepStatus
from sweeper_dashboard.addresses import TABS, sweep_address
from sweeper_dashboard.components.pieces import badge, bar
from sweeper_dashboard.components.related import related_lines
from sweeper_dashboard.mirror import View
from sweeper_dashboard.payload import progress, progress_line

_TITLES = {"": "Overview", "trials": "Trials", "compare": "Compare"}


def sweep_frame(view: View, tab: str, body: list[Any], state: Mapping[str, str]) -> Any:
    """Lay a page's body out below the head that all pages of a sweep share.

    Args:
        view: the sweep.
        tab: which page this is; "" is the overview.
        body: what stands below the head.
        state: the values of the page's address.
    """
    name = view.overview.sweep.name
    # An element of its own kind keeps React from carrying another page's nodes over.
    return html.Section(
        className="page",
        children=[
            _head(view, tab),
            *([] if tab == "" else [_query(state.get("q", ""))]),
            *body,
            dcc.Store(id="sweep-cursor"),
            dcc.Store(id="sweep-of", data=name),
        ],
        **{"data-page": tab or "overview", "data-sweep": name},
    )


def _head(view: View, tab: str) -> Any:
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
                    html.Span(" · ".join(fact for fact in facts if fact), className="soft facts"),
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
            *related_lines(sweep),
            _tabs(sweep.name, tab),
        ],
    )


def _tabs(name: str, here: str) -> Any:
    links = [_tab(name, tab, here) for tab in TABS]
    tools = html.Div(id="views", className="views")
    return html.Div(
        className="tabs",
        children=[html.Nav(links, **{"aria-label": "Pages of this sweep"}), tools],
    )


def _tab(name: str, tab: str, here: str) -> Any:
    address = sweep_address(name, tab)
    marks = {"aria-current": "page"} if tab == here else {}
    return html.A(
        _TITLES[tab], href=address, className="page-tab", **{"data-keeps": address, **marks}
    )


def _query(text: str) -> Any:
    return html.Div(
        className="query",
        children=[
            dmc.TextInput(
                id="query",
                value=text,
                placeholder='Filter: val_loss < 0.3 and optimizer == "adam"',
                size="sm",
                className="query-line",
                **{"aria-label": "Filter trials by a query"},
            ),
            html.Span(id="matching", className="matching", role="status"),
            html.Button("Clear filters", id="clear-filters", className="button", hidden=True),
            html.Div(id="query-error", className="query-error", role="alert", hidden=True),
        ],
    )


def _wish(kind: str, label: str) -> Any:
    return html.Button(label, className=f"button wish wish-{kind}", **{"data-wish": kind})
