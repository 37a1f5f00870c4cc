"""The answers to the page of one trial: what changed, its log and its curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request
from plotly.graph_objects import Figure

from sweeper.model.lifecycle import SweepStatus
from sweeper.store import questions
from sweeper.store.cursors import trial_cursor
from sweeper.store.questions import LogPiece
from sweeper_dashboard.desk import Desk
from sweeper_dashboard.figures.metrics import metrics_figure
from sweeper_dashboard.figures.usage import usage_figure
from sweeper_dashboard.payload import Fields, searched
from sweeper_dashboard.writes import Refused

_FIRST = 300
_MOST = 2000
_EARLIER = 1000
_FOUND = 500


def trial_changes(desk: Desk, name: str, number: int) -> Fields | None:
    """Give a trial's rev and what it wrote after a cursor; None where neither moved.

    Without a cursor the end of the log is given, and whether it has a beginning before that.
    """
    after = request.args.get("after", default=-1, type=int)
    since = request.args.get("since", type=int)
    stands = trial_cursor(desk.store, name, number)
    if stands is not None and stands.rev == since and 0 <= stands.log <= after:
        return None
    sweep = questions.find_sweep(desk.store, name)
    trial = questions.find_trial(desk.store, sweep.id, number)
    if trial is None:
        raise Refused(f"there is no trial {number}", "Reload the page.", 404)
    if after < 0:
        pieces = questions.last_logs(desk.store, sweep.id, number, count=_FIRST)
    else:
        pieces = questions.read_logs(desk.store, sweep.id, number, after=after, limit=_MOST)
    overview = desk.mirrors.of(name).view().overview
    return {
        "rev": trial.rev,
        "status": trial.status.value,
        "logs": _written(pieces),
        "earlier": after < 0 and len(pieces) == _FIRST,
        "more": after >= 0 and len(pieces) == _MOST,
        "driven": overview.status in (SweepStatus.RUNNING, SweepStatus.PAUSED),
        "searched": searched(overview),
        "params": dict(trial.params),
    }


def trial_log(desk: Desk, name: str, number: int) -> Fields:
    """Give what a trial wrote before a cursor, or the lines in which a text occurs."""
    sweep = questions.find_sweep(desk.store, name)
    text = request.args.get("find", "")[:200]
    if text:
        pieces = questions.find_in_logs(desk.store, sweep.id, number, text, limit=_FOUND)
        return {"logs": _lines_with(pieces, text.lower()), "more": len(pieces) == _FOUND}
    before = request.args.get("before", default=0, type=int)
    pieces = questions.last_logs(desk.store, sweep.id, number, count=_EARLIER, before=before)
    return {"logs": _written(pieces), "earlier": len(pieces) == _EARLIER}


def metrics_chart(desk: Desk, name: str, number: int) -> Figure:
    """Draw the curves of all metrics of a trial."""
    sweep = questions.find_sweep(desk.store, name)
    columns = request.args.get("columns", default=2, type=int)
    return metrics_figure(questions.trial_metrics(desk.store, sweep.id, number), columns)


def used_chart(desk: Desk, name: str, number: int) -> Figure:
    """Draw what the attempts of a trial used over time."""
    sweep = questions.find_sweep(desk.store, name)
    columns = request.args.get("columns", default=2, type=int)
    return usage_figure(questions.list_attempts(desk.store, sweep.id, number), columns)


def _written(pieces: Sequence[LogPiece]) -> list[list[Any]]:
    return [[p.id, p.attempt, p.stream, p.time, p.text] for p in pieces]


def _lines_with(pieces: Sequence[LogPiece], text: str) -> list[list[Any]]:
    return [
        [p.id, p.attempt, p.stream, p.time, f"{line}\n"]
        for p in pieces
        for line in p.text.splitlines()
        if text in line.lower()
    ]
