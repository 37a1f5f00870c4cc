"""The Dash application: its shell, its routing and what it serves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html

from sweeper_dashboard.api import endpoints
from sweeper_dashboard.components.whoami import whoami
from sweeper_dashboard.desk import Desk
from sweeper_dashboard.gate import Gate, put_up
from sweeper_dashboard.login import put_up_login
from sweeper_dashboard.openapi import put_up_openapi
from sweeper_dashboard.pages.overview import overview_body
from sweeper_dashboard.pages.people import people_body
from sweeper_dashboard.pages.router import page_for
from sweeper_dashboard.pages.sweeps import sweep_rows
from sweeper_dashboard.pages.trial import trial_body
from sweeper_dashboard.resources import resources
from sweeper_dashboard.visitor import someone
from sweeper_dashboard.watch import put_up_watch

_ASSETS = Path(__file__).parent / "assets"

_FONT = "system-ui, -apple-system, Segoe UI, Roboto, sans-serif"

_INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
{%metas%}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{%title%}</title>
<link rel="icon" type="image/svg+xml" href="/assets/icon.svg">
{%css%}
</head>
<body>
{%app_entry%}
<footer>{%config%}{%scripts%}{%renderer%}</footer>
</body>
</html>
"""


def make_app(desk: Desk, gate: Gate) -> Dash:
    """Build the application for one desk, behind a gate."""
    app = Dash(
        "sweeper_dashboard",
        assets_folder=str(_ASSETS),
        index_string=_INDEX,
        title="sweeper",
        update_title="",
        serve_locally=True,
        suppress_callback_exceptions=True,
    )
    app.layout = _shell
    _connect(app, desk)
    app.server.register_blueprint(endpoints(desk))
    app.server.register_blueprint(resources(desk))
    put_up(app.server, gate, app.csp_hashes())
    put_up_login(app.server, gate)
    put_up_watch(app.server, desk)
    put_up_openapi(app.server)
    return app


def _shell() -> Any:
    return dmc.MantineProvider(
        defaultColorScheme="auto",
        theme={"primaryColor": "indigo", "defaultRadius": "md", "fontFamily": _FONT},
        children=[
            dcc.Location(id="location", refresh=False),
            html.A("Skip to the content", href="#content", className="skip-link"),
            html.Header(
                className="top",
                children=[
                    dcc.Link(
                        [html.Span(className="brand-mark"), html.Span("sweeper")],
                        href="/",
                        className="brand",
                    ),
                    html.Div(id="crumbs", className="crumbs"),
                    html.Div(id="live", className="live", hidden=True),
                    whoami(someone()),
                    _scheme_toggle(),
                ],
            ),
            html.Div(id="said", className="said", role="status", hidden=True),
            html.Div(id="connection", className="connection", role="status", hidden=True),
            html.Main(id="content", children=html.Div(className="loading", children="Loading…")),
        ],
    )


def _scheme_toggle() -> Any:
    return dmc.ColorSchemeToggle(
        id="scheme",
        lightIcon=html.Span(className="icon icon-sun"),
        darkIcon=html.Span(className="icon icon-moon"),
        variant="default",
        size="lg",
        **{"aria-label": "Switch between light and dark"},
    )


def _connect(app: Dash, desk: Desk) -> None:
    """Join inputs to what they change; what a script can do alone is done in assets."""

    def show(pathname: str | None, search: str | None) -> tuple[Any, Any]:
        return page_for(desk, pathname or "/", search or "")

    def show_overview_again(_cursor: str, name: str) -> Any:
        return overview_body(desk, name)

    def list_again(asked: dict[str, str]) -> Any:
        return sweep_rows(desk, asked["group"])

    def show_people_again(_rev: int, state: dict[str, str]) -> Any:
        return people_body(desk, state)

    def show_trial_again(_rev: int, of: dict[str, Any]) -> Any:
        return trial_body(desk, str(of["sweep"]), int(of["trial"]))

    content, way = Output("content", "children"), Output("crumbs", "children")
    at = Input("location", "pathname"), State("location", "search")
    app.callback(content, way, *at)(show)
    _renew(app, "overview-body", show_overview_again, "sweep-cursor", "sweep-of")
    _renew(app, "sweep-rows", list_again, "sweeps-digest")
    _renew(app, "trial-body", show_trial_again, "trial-rev", "trial-of")
    _renew(app, "people-body", show_people_again, "people-rev", "people-state")
    app.clientside_callback(
        ClientsideFunction("sweeps", "filter"),
        Output("sweeps-chosen", "data"),
        Input("sweeps-status", "value"),
        Input("sweeps-group", "value"),
        prevent_initial_call=True,
    )


def _renew(app: Dash, place: str, show: Callable[..., Any], cursor: str, *of: str) -> None:
    """Lay a place out again each time that a script sets its cursor."""
    app.callback(
        Output(place, "children"),
        Input(cursor, "data"),
        *[State(one, "data") for one in of],
        prevent_initial_call=True,
    )(show)
