"""Which other sweep a sweep goes back to: the one it learns from, or the one it confirms."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from sweeper.model.sweep import SweepRecord
from sweeper_dashboard.addresses import sweep_address


def related_lines(sweep: SweepRecord) -> list[Any]:
    """Say which earlier sweeps a sweep builds on, each with a link; most build on none."""
    asked = sweep.asked()
    lines = []
    if asked.learn_from is not None:
        told = "Learns from {used} of the {of} ended trials of ".format(**asked.learn_from)
        lines.append(_line(told, str(asked.learn_from["sweep"]), ""))
    if asked.confirms is not None:
        name = str(asked.confirms["sweep"])
        lines.append(_line("Runs the best trials of ", name, " again, with fresh seeds"))
    return lines


def _line(told: str, name: str, more: str) -> Any:
    link = dcc.Link(name, href=sweep_address(name))
    return html.Div([told, link, more], className="reason related")
