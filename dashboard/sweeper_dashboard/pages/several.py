"""Several sweeps side by side: how each stands, how its best grew, and what its best trial is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dash import dcc, html

from sweeper.errors import SweepNotFound
from sweeper.model.trial import TrialRecord
from sweeper_dashboard import reading
from sweeper_dashboard.addresses import sweep_address, trial_address
from sweeper_dashboard.components.pieces import badge, empty, graph, panel
from sweeper_dashboard.desk import Desk
from sweeper_dashboard.mirror import View
from sweeper_dashboard.payload import progress_line

MOST = 8


def several_page(desk: Desk, state: Mapping[str, str]) -> Any:
    """Lay out the sweeps that the address names, one a line."""
    views = views_of(desk, state.get("of", ""))
    body = (
        [
            panel(
                "Best so far", graph("several", "The best so far of each sweep"), mark="wide-graph"
            ),
            panel("Side by side", _table(views)),
        ]
        if views
        else [empty("No such sweeps", html.P(dcc.Link("Choose some in the list", href="/")))]
    )
    return html.Div(
        # A key of its own keeps React from carrying another page's nodes over.
        key="several",
        className="page",
        children=[html.H1("Sweeps side by side", className="page-title"), *body],
        **{"data-page": "several"},
    )


def views_of(desk: Desk, written: str) -> list[View]:
    """Give the views of the sweeps named in an address; those that are gone are left out."""
    found = []
    for name in dict.fromkeys(part for part in written.splitlines() if part):
        try:
            found.append(desk.mirrors.of(name).view())
        except SweepNotFound:
            continue
    return found[:MOST]


def _table(views: Sequence[View]) -> Any:
    bests = [_best(view) for view in views]
    names = dict.fromkeys(name for best in bests if best for name in best.params)
    heads = [html.Th("", scope="col")] + [
        html.Th(
            dcc.Link(v.overview.sweep.name, href=sweep_address(v.overview.sweep.name)), scope="col"
        )
        for v in views
    ]
    rows = [_fact(label, [show(view) for view in views]) for label, show in _FACTS.items()]
    rows += [_parameter(name, bests) for name in names]
    return html.Div(
        html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="facts"),
        className="wide",
    )


def _best(view: View) -> TrialRecord | None:
    return view.trials.numbered(view.overview.sweep.best_trial)


def _fact(label: str, cells: Sequence[Any]) -> Any:
    return html.Tr([html.Th(label, scope="row"), *[html.Td(cell) for cell in cells]])


def _parameter(name: str, bests: Sequence[TrialRecord | None]) -> Any:
    values = [
        reading.words(best.params[name]) if best and name in best.params else reading.MISSING
        for best in bests
    ]
    shown = "same" if len(set(values)) == 1 else "differs"
    cells = [html.Td(value, className=shown) for value in values]
    return html.Tr([html.Th(f"best: {name}", scope="row"), *cells])


def _best_link(view: View) -> Any:
    sweep = view.overview.sweep
    if sweep.best_trial is None:
        return reading.MISSING
    return dcc.Link(f"trial {sweep.best_trial}", href=trial_address(sweep.name, sweep.best_trial))


def _option(key: str) -> Callable[[View], Any]:
    def show(view: View) -> Any:
        described = view.overview.sweep.options.get(key)
        return (described or {}).get("kind", reading.MISSING) if described else reading.MISSING

    return show


_FACTS: dict[str, Callable[[View], Any]] = {
    "status": lambda view: badge(view.overview.status.value),
    "progress": lambda view: progress_line(view.overview),
    "objective": lambda view: ", ".join(
        f"{goal.metric} ({goal.mode.value})" for goal in view.overview.sweep.goals().goals
    ),
    "best value": lambda view: reading.number(view.overview.sweep.best_value, 5),
    "best trial": _best_link,
    "driven for": lambda view: reading.duration(view.overview.sweep.active_seconds),
    "GPU-hours": lambda view: reading.number(view.overview.sweep.gpu_seconds / 3600, 3),
    "search": _option("search"),
    "scheduler": _option("scheduler"),
    "function": lambda view: view.overview.sweep.function,
    "commit": lambda view: str(view.overview.sweep.provenance.get("commit") or reading.MISSING)[
        :12
    ],
    "seed": lambda view: str(view.overview.sweep.seed),
}
