"""What the browser is sent of a sweep: compact columns of its trials, and its header."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from sweeper.model.encoding import Json, decode
from sweeper.model.lifecycle import ENDED, SweepStatus, TrialStatus
from sweeper.model.objective import Objective
from sweeper.model.sweep import SweepOverview
from sweeper_dashboard import reading
from sweeper_dashboard.mirror import View
from sweeper_dashboard.progress import gained, spent
from sweeper_dashboard.ranking import shown_values
from sweeper_dashboard.strips import Array, Strip, finite, numbers
from sweeper_dashboard.trials import Trials

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


def columns(trials: Trials, names: Sequence[str], objective: Objective) -> dict[str, Any]:
    """Turn trials into columns, which are half the size of rows, and smaller still packed."""
    # The first objective is the value already.
    metrics = sorted({*trials.metrics, *objective.metrics} - {objective.first.metric})
    return {
        "number": trials.column("number"),
        "status": [status.value for status in trials.column("status")],
        "value": shown_values(trials, objective.first),
        "steps": trials.column("last_step"),
        "attempts": trials.column("attempts"),
        "duration": np.round(numbers(trials.column("duration")), 3),
        "error": [error and _one_line(error) for error in trials.column("error")],
        "params": [shown_params(trials.param(name)) for name in names],
        "metrics": {name: _finite(of_metric(trials, name, objective)) for name in metrics},
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
        "workers": f"of {workers} workers" if workers else "",
        "completed": reading.number(counts.get(TrialStatus.COMPLETED, 0)),
        "infeasible": _infeasible(counts.get(TrialStatus.INFEASIBLE, 0)),
        "pruned": reading.number(counts.get(TrialStatus.PRUNED, 0)),
        "failed": reading.number(counts.get(TrialStatus.FAILED, 0)),
        "best": reading.number(overview.sweep.best_value),
        "best-trial": best_line(overview),
        "ended": progress_line(overview),
        **spent(view),
        **gained(view),
    }


def _infeasible(count: int) -> str:
    return f"and {reading.number(count)} infeasible" if count else ""


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


def of_metric(trials: Trials, metric: str, objective: Objective) -> Array:
    """Give a further objective's values, else the last reports of a metric; NaN where neither."""
    found = numbers(trials.reported(metric))
    if metric in objective.metrics:
        place = objective.metrics.index(metric)
        for at, values in enumerate(trials.column("values")):
            if values and place < len(values):
                found[at] = np.nan if values[place] is None else values[place]
    return found


def _finite(found: Array) -> Array:
    return np.where(np.isfinite(found), found, np.nan)


def shown_params(strip: Strip) -> Strip:
    """Write a parameter's values for the browser; most are numbers as they stand."""
    if not isinstance(strip, list):
        return finite(strip)
    return [
        each if type(each) is str or (type(each) is int and abs(each) < 2**53) else cell(each)
        for each in strip
    ]


def _one_line(error: str) -> str | None:
    lines = error.strip().splitlines()
    return lines[-1][:300] if lines else None
