"""What runs now, and where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from sweeper.model.trial import AttemptRecord, TrialRecord
from sweeper_dashboard import reading
from sweeper_dashboard.addresses import trial_address
from sweeper_dashboard.components.pieces import badge
from sweeper_dashboard.mirror import View

_MOST = 50


def running_table(view: View, live: Sequence[AttemptRecord], now: float) -> Any:
    """Lay out the live attempts: the trial, its place, its time and its last report."""
    if not live:
        return html.P("Nothing runs at the moment.", className="soft")
    metric = view.overview.sweep.goals().first.metric
    heads = ["Trial", "", "Host", "Devices", "Running for", "Step", metric]
    rows = [
        _row(view, attempt, view.trials.numbered(attempt.trial), now, metric)
        for attempt in live[:_MOST]
    ]
    rest = len(live) - len(rows)
    more = [html.P(f"and {rest:,} more", className="soft")] if rest else []
    return html.Div(
        className="wide",
        children=[
            html.Table(
                className="facts",
                children=[
                    html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])),
                    html.Tbody(rows),
                ],
            ),
            *more,
        ],
    )


def _row(
    view: View, attempt: AttemptRecord, trial: TrialRecord | None, now: float, metric: str
) -> Any:
    began = attempt.started or attempt.created
    last = None if trial is None else trial.summary.get(metric, {}).get("last")
    name = f"{attempt.trial}" if attempt.number == 1 else f"{attempt.trial} · {attempt.number}"
    return html.Tr(
        [
            html.Td(dcc.Link(name, href=trial_address(view.overview.sweep.name, attempt.trial))),
            html.Td(badge(attempt.status.value)),
            html.Td(attempt.host or reading.MISSING),
            html.Td(", ".join(attempt.devices) or reading.MISSING),
            html.Td(reading.duration(max(now - began, 0.0))),
            html.Td(reading.number(trial.last_step if trial else None)),
            html.Td(reading.number(last), title=str(last)),
        ]
    )
