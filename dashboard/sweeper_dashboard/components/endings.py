"""How the trials of a sweep ended: counted by kind, and failures that are alike in groups."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import quote

from dash import html

from sweeper.model.alike import SameFailure, same_failures
from sweeper.model.lifecycle import Outcome, TrialStatus
from sweeper_dashboard.addresses import sweep_address
from sweeper_dashboard.components.pieces import end_badge
from sweeper_dashboard.ends import ENDS
from sweeper_dashboard.mirror import View
from sweeper_dashboard.selection import numbers_text

_MOST = 8


def ends_line(view: View) -> Any:
    """Count the trials by how their latest attempt ended; each leads to its trials."""
    ended = Counter(outcome for outcome in view.trials.column("outcome") if outcome is not None)
    if not ended:
        return html.P("No attempt has ended yet.", className="soft")
    return html.Div(
        [_counted(view, outcome, ended[outcome]) for outcome in Outcome if ended[outcome]],
        className="ends",
    )


def _counted(view: View, outcome: Outcome, count: int) -> Any:
    asked = f'end == "{ENDS[outcome].label}"'
    return html.A(
        [html.Strong(f"{count:,}"), end_badge(outcome)],
        href=_table(view, "q", asked),
        className="end-count",
        title=f"{ENDS[outcome].meaning}: show these trials",
    )


def failures_list(view: View) -> Any:
    """Show failed trials in groups of one error, the largest first; each leads to its trials."""
    groups = same_failures(view.trials.of_status(TrialStatus.FAILED))
    if not groups:
        return html.P("No trial has failed.", className="soft")
    rest = len(groups) - _MOST
    more = [html.P(f"and {rest} more kinds of failure", className="soft")] if rest > 0 else []
    return html.Div(
        [html.Ul([_group(view, group) for group in groups[:_MOST]], className="failures"), *more]
    )


def _group(view: View, group: SameFailure) -> Any:
    ended = (view.trials.outcome(number) for number in group.trials)
    outcomes = Counter(outcome for outcome in ended if outcome is not None)
    badges = [end_badge(outcome) for outcome, _ in outcomes.most_common(2)]
    return html.Li(
        html.A(
            [html.Span(_said(group), className="failure-text"), *badges],
            href=_table(view, "only", numbers_text(group.trials)),
            className="failure",
            title="Show these trials",
        )
    )


def _said(group: SameFailure) -> str:
    lines = group.error.strip().splitlines()
    line = lines[-1] if lines else "no reason"
    return str(SameFailure(error=line, trials=group.trials))


def _table(view: View, key: str, text: str) -> str:
    address = sweep_address(view.overview.sweep.name, "trials")
    return f"{address}?{key}={quote(text, safe='')}"
