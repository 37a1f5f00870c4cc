"""The attempts of a trial, with how each ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from sweeper.model.lifecycle import LIVE
from sweeper.model.trial import AttemptRecord
from sweeper_dashboard import reading
from sweeper_dashboard.components.pieces import badge, end_badge


def attempts_list(attempts: Sequence[AttemptRecord], now: float) -> Any:
    """Lay out the attempts, the latest first."""
    if not attempts:
        return html.P("No attempt has begun yet.", className="soft")
    return html.Ol([_attempt(each, now) for each in reversed(attempts)], className="attempts")


def _attempt(attempt: AttemptRecord, now: float) -> Any:
    facts = [
        ("host", attempt.host),
        ("pid", attempt.pid),
        ("devices", ", ".join(attempt.devices)),
        ("ran", _ran(attempt, now)),
        ("began", reading.age(attempt.started, now) if attempt.started else None),
        *_usage(attempt),
    ]
    return html.Li(
        className="attempt",
        children=[
            html.Div(
                className="attempt-head",
                children=[
                    html.Strong(f"Attempt {attempt.number}"),
                    badge(attempt.status.value)
                    if attempt.outcome is None
                    else end_badge(attempt.outcome),
                ],
            ),
            html.Dl(
                [
                    html.Div([html.Dt(label), html.Dd(str(fact))])
                    for label, fact in facts
                    if fact not in (None, "")
                ],
                className="attempt-facts",
            ),
            *_error(attempt),
        ],
    )


def _ran(attempt: AttemptRecord, now: float) -> str | None:
    if attempt.started is None:
        return None
    until = attempt.ended
    if until is None:
        if attempt.status not in LIVE:
            return None
        until = now
    return reading.duration(max(until - attempt.started, 0.0))


def _usage(attempt: AttemptRecord) -> list[tuple[str, str]]:
    shown = []
    for name, value in (attempt.usage or {}).items():
        if isinstance(value, dict):
            # What was sampled over time is a figure of its own.
            continue
        written = reading.size(int(value)) if "bytes" in name else reading.words(value)
        shown.append((name.replace("_bytes", "").replace("_", " "), written))
    return shown


def _error(attempt: AttemptRecord) -> list[Any]:
    if not attempt.error and not attempt.error_type:
        return []
    said = ": ".join(part for part in (attempt.error_type, attempt.error) if part)
    lines: list[Any] = [html.P(said, className="error-line")]
    if attempt.traceback:
        lines.append(
            html.Details(
                className="traceback",
                children=[html.Summary("Traceback"), html.Pre(attempt.traceback)],
            )
        )
    return lines
