"""Which page an address leads to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from dash import dcc, html

from sweeper.errors import SweepNotFound
from sweeper_dashboard.addresses import PEOPLE, SEVERAL, place_of, sweep_address
from sweeper_dashboard.components.pieces import crumbs, empty
from sweeper_dashboard.desk import Desk
from sweeper_dashboard.pages.compare import compare_page
from sweeper_dashboard.pages.diff import diff_page
from sweeper_dashboard.pages.overview import overview_page
from sweeper_dashboard.pages.people import people_page
from sweeper_dashboard.pages.several import several_page
from sweeper_dashboard.pages.sweeps import sweeps_page
from sweeper_dashboard.pages.trial import trial_page
from sweeper_dashboard.pages.trials import trials_page

SweepPage: TypeAlias = Callable[[Desk, str, Mapping[str, str]], Any]

_PAGES: dict[str, SweepPage] = {
    "": overview_page,
    "trials": trials_page,
    "compare": compare_page,
}


def page_for(desk: Desk, pathname: str, search: str = "") -> tuple[Any, Any]:
    """Lay out the page of an address, and the way to it."""
    place = place_of(pathname)
    state = dict(parse_qsl(search.removeprefix("?")))
    if place is None:
        return _missing("There is no such page", ""), crumbs(("not found", None))
    if place.tab == SEVERAL:
        return several_page(desk, state), crumbs(("sweeps", "/"), ("side by side", None))
    if place.tab == PEOPLE:
        return people_page(desk, state), crumbs(("sweeps", "/"), ("people", None))
    if place.sweep is None and place.tab == "":
        return sweeps_page(desk, state), crumbs(("sweeps", None))
    try:
        if place.sweep is None:
            return diff_page(desk, state), crumbs(("sweeps", "/"), ("diff", None))
        if place.trial is None:
            page = _PAGES[place.tab](desk, place.sweep, state)
            return page, crumbs(("sweeps", "/"), (place.sweep, None))
        page = trial_page(desk, place.sweep, place.trial)
        here = (f"trial {place.trial}", None)
        return page, crumbs(("sweeps", "/"), (place.sweep, sweep_address(place.sweep)), here)
    except SweepNotFound as error:
        return _missing(error.message, error.hint), crumbs(("sweeps", "/"), ("not found", None))


def _missing(title: str, hint: str) -> Any:
    return html.Div(
        className="page",
        children=[
            html.H1("Not found", className="page-title"),
            empty(title, html.P(hint), html.P(dcc.Link("See all sweeps", href="/"))),
        ],
        **{"data-page": "missing"},
    )
