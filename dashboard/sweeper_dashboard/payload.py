"""What the browser is sent of a sweep: compact columns of its trials, and its header."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from sweeper.model.encoding import Json, decode
from sweeper.model.lifecycle import ENDED, SweepStatus, TrialStatus
from sweeper.model.objective import Objective
from sweeper.model.sweep import SweepOverview
from sweeper.model.trial import TrialRecord
from sweeper_dashboard import reading
from sweeper_dashboard.mirror import View
from sweeper_dashboard.progress import gained, spent
from sweeper_dashboard.ranking import shown_value

Fields: TypeAlias = dict[str, Any]
"""A JSON object on its way to the browser."""


def axes(overview: SweepOverview) -> list[Fields]:
    """Describe each searched parameter as an axis: number, log or category."""
    return [
        _axis(name, described) for name, described in overview.sweep.space["parameters"].items()
    ]


def _axis(name: str, described: Mapping[str, Json]) -> Fields:
    kind = described["kind"]
    if kind in ("choice", "ordinal"):
        options = [cell(option) for option in described["options"]]
        return {"name": name, "kind": "category", "options": options}
    if kind == "normal":
        return {"name": name, "kind": "number"}
    scale = "log" if "log" in kind else "number"
    return {"name": name, "kind": scale, "low": described["low"], "high": described["high"]}


def cell(written: Json) -> str | float | int | None:
    """Write a parameter's value for a table's cell: a finite number or a text."""
    value = decode(written)
    if type(value) in (int, float):
        return value if math.isfinite(value) and abs(value) < 2**53 else repr(value)
    return None if value is None else reading.words(written)


def columns(trials: Sequence[TrialRecord], names: Sequence[str], objective: Objective) -> Fields:
    """Turn trials into columns, which are half the size of rows."""
    goal = objective.first
    reported = {metric for trial in trials for metric in trial.summary}
    metrics = sorted(reported.union(objective.metrics[1:]))
    return {
        "number": [trial.number for trial in trials],
        "status": [trial.status.value for trial in trials],
        "value": [_finite(shown_value(trial, goal)) for trial in trials],
        "steps": [trial.last_step for trial in trials],
        "attempts": [trial.attempts for trial in trials],
        "duration": [round(trial.duration, 3) for trial in trials],
        "error": [_one_line(trial.error) for trial in trials],
        "params": [[cell(trial.params.get(name)) for trial in trials] for name in names],
        "metrics": {name: [_of_metric(t, name, objective) for t in trials] for name in metrics},
    }


def header(view: View) -> Fields:
    """Describe how a sweep stands: its status, progress and the texts of its cards."""
    overview = view.overview
    counts = {status.value: overview.counts.get(status, 0) for status in TrialStatus}
    return {
        "status": overview.status.value,
        "reason": overview.sweep.reason,
        "live": overview.status in (SweepStatus.RUNNING, SweepStatus.PAUSED),
        "counts": counts,
        "progress": progress(overview),
        "best": overview.sweep.best_trial,
        "cards": cards(view),
        "limits": {
            name: overview.sweep.options.get(name) for name in ("trials", "workers", "time")
        },
        "searched": searched(overview),
    }


def searched(overview: SweepOverview) -> list[Fields]:
    """Describe what a person may set of a new configuration: encoded options, or a range."""
    return [
        _settable(name, described) for name, described in overview.sweep.space["parameters"].items()
    ]


def _settable(name: str, described: Mapping[str, Json]) -> Fields:
    if described["kind"] in ("choice", "ordinal"):
        options = [{"value": o, "text": reading.words(o)} for o in described["options"]]
        return {"name": name, "options": options}
    if "low" not in described:
        return {"name": name, "hint": "a number"}
    low, high = (reading.number(described[end], 3) for end in ("low", "high"))
    return {"name": name, "hint": f"{low} to {high}"}


def cards(view: View) -> dict[str, str]:
    """Write the numbers at the head of a sweep's page."""
    overview = view.overview
    counts = overview.counts
    workers = overview.sweep.options.get("workers")
    return {
        "trials": reading.number(overview.created),
        "trials-asked": _of(overview.created, asked(overview)),
        "running": reading.number(counts.get(TrialStatus.RUNNING, 0)),
        "workers": f"of {workers} workers" if workers else "at once",
        "completed": reading.number(counts.get(TrialStatus.COMPLETED, 0)),
        "pruned": reading.number(counts.get(TrialStatus.PRUNED, 0)),
        "failed": reading.number(counts.get(TrialStatus.FAILED, 0)),
        "best": reading.number(overview.sweep.best_value),
        "best-trial": best_line(overview),
        "ended": progress_line(overview),
        **spent(view),
        **gained(view),
    }


def asked(overview: SweepOverview) -> int | None:
    """Give how many trials the sweep was asked for; None where it has no such end."""
    trials = overview.sweep.options.get("trials")
    return trials if isinstance(trials, int) else None


def progress(overview: SweepOverview) -> float:
    """Give the share of the trials asked for that have ended."""
    total = asked(overview) or overview.created
    ended = sum(overview.counts.get(status, 0) for status in ENDED)
    return min(ended / total, 1.0) if total else 0.0


def progress_line(overview: SweepOverview) -> str:
    """Say in words how many trials have ended."""
    ended = sum(overview.counts.get(status, 0) for status in ENDED)
    total = asked(overview)
    return f"{ended:,} of {total:,} trials ended" if total else f"{ended:,} trials ended"


def best_line(overview: SweepOverview) -> str:
    """Say which trial is the best."""
    best = overview.sweep.best_trial
    return "no result yet" if best is None else f"trial {best}"


def _of(count: int, total: int | None) -> str:
    return "so far" if total is None or total < count else f"of {total:,}"


def _of_metric(trial: TrialRecord, metric: str, objective: Objective) -> float | None:
    """Give a further objective's value, else the last report of a metric."""
    if trial.values and metric in objective.metrics[: len(trial.values)]:
        return _finite(trial.values[objective.metrics.index(metric)])
    return _finite(trial.summary.get(metric, {}).get("last"))


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _one_line(error: str | None) -> str | None:
    lines = (error or "").strip().splitlines()
    return lines[-1][:300] if lines else None
