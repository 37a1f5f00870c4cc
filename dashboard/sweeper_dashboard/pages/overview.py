"""How a sweep stands: its numbers, its history, what failed alike and what runs now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html

from sweeper.model.lifecycle import LIVE, SweepStatus
from sweeper.store import marks, questions
from sweeper_dashboard.components.confirmed import confirmation_table
from sweeper_dashboard.components.endings import ends_line, failures_list
from sweeper_dashboard.components.parameters import best_trial
from sweeper_dashboard.components.pieces import card, graph, panel
from sweeper_dashboard.components.running import running_table
from sweeper_dashboard.components.wishes import wishes_list
from sweeper_dashboard.desk import Desk
from sweeper_dashboard.mirror import View
from sweeper_dashboard.pages.frame import sweep_frame
from sweeper_dashboard.payload import cards


def overview_page(desk: Desk, name: str, state: Mapping[str, str]) -> Any:
    """Lay out the overview; scripts renew its numbers and fill its figure.

    Raises:
        SweepNotFound: there is no sweep of this name.
    """
    view = desk.mirrors.of(name).view()
    goal = view.overview.sweep.goals().first
    described = (
        f"History: {goal.metric} of each trial and the best so far; the table has the numbers"
    )
    body = [
        _cards(view),
        panel(
            "History",
            [graph("history", described), html.P(className="graph-note", hidden=True)],
            mark="panel-history",
        ),
        html.Div(
            className="overview-grid",
            children=[
                html.Div(id="overview-body", children=overview_body(desk, name)),
                panel("Control", html.Div(id="control"), mark="panel-control"),
            ],
        ),
    ]
    return sweep_frame(view, "", body, state)


def overview_body(desk: Desk, name: str) -> list[Any]:
    """Lay out what changes with the sweep's trials and wishes."""
    view = desk.mirrors.of(name).view()
    sweep = view.overview.sweep
    live = questions.list_attempts(desk.store, sweep.id, status=[s.value for s in LIVE])
    wished = marks.latest_wishes(desk.store, sweep.id)
    now = desk.clock.now()
    driven = view.overview.status in (SweepStatus.RUNNING, SweepStatus.PAUSED)
    running = panel("Running now", running_table(view, live, now), mark="panel-running")
    ends = [ends_line(view), *([failures_list(view)] if view.trials else [])]
    beside = [running] if driven or live else []
    confirmed = None if desk.confirmation is None else desk.confirmation(desk.store, sweep)
    if confirmed is not None:
        beside.insert(
            0, panel("Confirmation", confirmation_table(confirmed), mark="panel-confirmed")
        )
    beside.append(panel("How trials ended", ends, mark="panel-ends"))
    if wished:
        beside.append(panel("Wishes", wishes_list(wished, now), mark="panel-wishes"))
    return [
        panel("Best trial", best_trial(view), mark="panel-best"),
        html.Div(beside, className="stack"),
    ]


def _cards(view: View) -> Any:
    texts = cards(view)
    goal = view.overview.sweep.goals().first
    shown: list[tuple[str, Any, str | None]] = [
        ("trials", "Trials", "trials-asked"),
        ("running", "Running", "workers"),
        ("completed", "Completed", "infeasible"),
        ("pruned", "Pruned", "saved"),
        ("failed", "Failed", None),
        ("best", f"Best {goal.metric}", "best-trial"),
        ("gain", "Gain", "baseline"),
        ("left", _note("time-of", texts), "elapsed"),
        ("hours", _note("hours-of", texts), "hours-saved"),
    ]
    return html.Div(
        className="cards",
        children=[
            card(key, label, texts[key], _note(note, texts) if note else None)
            for key, label, note in shown
        ],
    )


def _note(key: str, texts: Mapping[str, str]) -> Any:
    return html.Span(texts[key], **{"data-card": key})
