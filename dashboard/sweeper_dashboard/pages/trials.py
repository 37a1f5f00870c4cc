"""The table of a sweep's trials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash_ag_grid as dag
from dash import html

from sweeper_dashboard.components.pieces import panel
from sweeper_dashboard.desk import Desk
from sweeper_dashboard.pages.frame import sweep_frame


def trials_page(desk: Desk, name: str, state: Mapping[str, str]) -> Any:
    """Lay out the table of trials; a script asks for the rows that are in sight.

    Raises:
        SweepNotFound: there is no sweep of this name.
    """
    view = desk.mirrors.of(name).view()
    return sweep_frame(view, "trials", [_table()], state)


def _table() -> Any:
    tools = [
        html.Div(id="bulk", className="bulk", hidden=True),
        html.Div(id="columns-menu", className="menu"),
        html.Button("CSV", id="csv", className="button", title="What is shown, as a CSV file"),
    ]
    grid = dag.AgGrid(
        id="trials",
        columnDefs=[],
        rowModelType="infinite",
        getRowId="params.data.id",
        dashGridOptions={
            "animateRows": False,
            "rowHeight": 34,
            "headerHeight": 38,
            "cacheBlockSize": 100,
            "maxBlocksInCache": 20,
            "infiniteInitialRowCount": 100,
            # The component's own source of rows, which ours replaces, leaves one open for ever.
            "maxConcurrentDatasourceRequests": 8,
            "tooltipShowDelay": 300,
            "enableCellTextSelection": True,
            "suppressMultiSort": True,
            "suppressNoRowsOverlay": True,
        },
        className="trials-grid",
        style={"height": "min(76vh, 1400px)", "width": "100%"},
    )
    hint = html.P("j and k move, x picks, Enter opens, / filters", className="soft hint keys-hint")
    none = html.P(id="no-rows", className="no-match", hidden=True)
    return panel("Trials", [grid, none, hint], tools=tools, mark="panel-trials")
