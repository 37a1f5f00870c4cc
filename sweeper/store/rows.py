"""Between rows of the tables and the records of the model, both ways."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping

from sweeper.model.lifecycle import AttemptStatus, Outcome, SweepStatus, TrialStatus, Wish
from sweeper.model.replicate import Replicate
from sweeper.model.sweep import LeaseHolder, SweepRecord
from sweeper.model.trial import AttemptRecord, TrialRecord


def trial_row(sweep_id: int, trial: TrialRecord, rev: int) -> dict[str, Any]:
    """Write a trial as the values of its row."""
    return {
        "sweep_id": sweep_id,
        "number": trial.number,
        "status": trial.status.value,
        "params": dict(trial.params),
        "seed": trial.seed,
        "origin": trial.origin,
        "value": finite(trial.value),
        "values": None if trial.values is None else list(trial.values),
        "result": None if trial.result is None else dict(trial.result),
        "summary": dict(trial.summary),
        "last_step": trial.last_step,
        "attempts": trial.attempts,
        "failures": trial.failures,
        "losses": trial.losses,
        "error": clean(trial.error),
        "memory": trial.memory,
        "created": trial.created,
        "started": trial.started,
        "ended": trial.ended,
        "duration": trial.duration,
        "rev": rev,
        "replicates": [asdict(one) for one in trial.replicates] or None,
    }


REPORTED = ("summary", "last_step", "rev")
"""What a report changes in the row of its trial."""


def report_row(sweep_id: int, trial: TrialRecord, rev: int) -> dict[str, Any]:
    """Write what a report has changed, with the key of the trial's row."""
    return {
        "key_sweep_id": sweep_id,
        "key_number": trial.number,
        "summary": dict(trial.summary),
        "last_step": trial.last_step,
        "rev": rev,
    }


def trial_record(row: RowMapping) -> TrialRecord:
    """Read a trial from its row."""
    given = {name: row[name] for name in row if name != "sweep_id"}
    given["status"] = TrialStatus(given["status"])
    given["values"] = None if given["values"] is None else tuple(given["values"])
    given["replicates"] = tuple(Replicate(**one) for one in given["replicates"] or ())
    return TrialRecord(**given)


def attempt_row(sweep_id: int, attempt: AttemptRecord) -> dict[str, Any]:
    """Write an attempt as the values of its row."""
    return {
        "sweep_id": sweep_id,
        "trial": attempt.trial,
        "number": attempt.number,
        "status": attempt.status.value,
        "wish": int(attempt.wish),
        "outcome": attempt.outcome and attempt.outcome.value,
        "host": _cut(attempt.host),
        "pid": attempt.pid,
        "devices": list(attempt.devices),
        "created": attempt.created,
        "started": attempt.started,
        "ended": attempt.ended,
        "error_type": _cut(attempt.error_type),
        "error": clean(attempt.error),
        "traceback": clean(attempt.traceback),
        "usage": None if attempt.usage is None else dict(attempt.usage),
    }


def attempt_record(row: RowMapping) -> AttemptRecord:
    """Read an attempt from its row."""
    given = {name: row[name] for name in row if name != "sweep_id"}
    given["status"] = AttemptStatus(given["status"])
    given["wish"] = Wish(given["wish"])
    given["outcome"] = given["outcome"] and Outcome(given["outcome"])
    given["devices"] = tuple(given["devices"])
    return AttemptRecord(**given)


def sweep_row(sweep: SweepRecord) -> dict[str, Any]:
    """Write a sweep as the values of its row, without its id and lease."""
    return {
        "name": sweep.name,
        "status": sweep.status.value,
        "objective": [dict(goal) for goal in sweep.objective],
        "space": dict(sweep.space),
        "options": dict(sweep.options),
        "points": [dict(point) for point in sweep.points],
        "seed": sweep.seed,
        "function": sweep.function,
        "function_hash": sweep.function_hash,
        "provenance": dict(sweep.provenance),
        "project": sweep.project,
        "owner": sweep.owner,
        "reason": sweep.reason,
        "rev": sweep.rev,
        "marked": sweep.marked,
        "created": sweep.created,
        "updated": sweep.updated,
        "ended": sweep.ended,
        "active_seconds": sweep.active_seconds,
        "gpu_seconds": sweep.gpu_seconds,
        "best_trial": sweep.best_trial,
        "best_value": sweep.best_value,
    }


_LEASE = ("owner", "host", "boot", "pid", "pid_started", "expires")


def sweep_record(row: RowMapping, tags: tuple[str, ...] = ()) -> SweepRecord:
    """Read a sweep from its row."""
    given = {name: row[name] for name in row if not name.startswith("lease_")}
    lease = {name: row[f"lease_{name}"] for name in _LEASE}
    given["status"] = SweepStatus(given["status"])
    given["objective"] = tuple(given["objective"])
    given["points"] = tuple(given["points"])
    given["tags"] = tags
    given["lease"] = LeaseHolder(**lease) if lease["owner"] else None
    return SweepRecord(**given)


def clean(text: str | None) -> str | None:
    """Make text fit for both databases: PostgreSQL refuses NUL, UTF-8 lone surrogates."""
    if text is None:
        return None
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _cut(text: str | None) -> str | None:
    """Make a name fit for a column of two hundred characters."""
    cleaned = clean(text)
    return None if cleaned is None else cleaned[:200]


def finite(value: float | None) -> float | None:
    """Keep what both databases keep: a NaN becomes NULL."""
    return None if value is None or math.isnan(value) else value
