"""Sweeps as a notebook shows them."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from sweeper.model.encoding import Value
from sweeper.model.objective import Goal
from sweeper.model.sweep import SweepOverview


def sweep_page(
    found: SweepOverview, goal: Goal, value: float | None, params: Mapping[str, Value]
) -> str:
    """Write a sweep with its best trial's value and parameters as an HTML table."""
    counts = ", ".join(f"{count} {status}" for status, count in found.counts.items())
    rows = [("status", str(found.status)), ("trials", counts)]
    if value is not None:
        rows += [(f"best {goal.metric}", f"{value:.6g}"), ("trial", str(found.sweep.best_trial))]
        rows += [(name, str(param)) for name, param in params.items()]
    body = "".join(
        f"<tr><th style='text-align:left'>{escape(k)}</th><td>{escape(v)}</td></tr>"
        for k, v in rows
    )
    name = escape(found.sweep.name)
    return f"<table><caption>Sweep <b>{name}</b></caption>{body}</table>"
