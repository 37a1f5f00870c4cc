"""What people wished of a sweep, and what its controller answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from sweeper.store.marks import WishRecord
from sweeper_dashboard import reading


def wishes_list(wished: Sequence[WishRecord], now: float) -> Any:
    """Lay out wishes, the newest first, each with its answer."""
    return html.Ul([_wish(each, now) for each in wished], className="wish-list")


def _wish(wish: WishRecord, now: float) -> Any:
    waiting = wish.answered is None
    answer = "waits for the controller" if waiting else str(wish.answer)
    tone = "warn" if waiting else "good" if answer.startswith("done") else "bad"
    return html.Li(
        [
            html.Span(said(wish), className="wish-text"),
            html.Span(answer, className=f"badge tone-{tone}"),
            html.Span(f"{wish.by}, {reading.age(wish.created, now)}", className="soft"),
        ]
    )


def said(wish: WishRecord) -> str:
    """Say in words what was wished."""
    values = wish.values or {}
    if wish.kind == "queue":
        written = ", ".join(f"{name}={reading.words(value)}" for name, value in values.items())
        return f"try {written}"
    if wish.kind == "change":
        parts = [f"{name} to {_limit(name, value)}" for name, value in values.items()]
        return f"change {' and '.join(parts)}"
    return f"{wish.kind} the sweep" if wish.trial is None else f"{wish.kind} trial {wish.trial}"


def _limit(name: str, value: Any) -> str:
    if value is None:
        return "no limit"
    return reading.duration(float(value)) if name == "time" else reading.number(value)
