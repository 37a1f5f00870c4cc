"""Numbers, durations and configurations in words, the same wherever they are shown."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sweeper.control.view import View
from sweeper.model.encoding import Json, Reference, Value
from sweeper.model.lineage import Descent


def number(value: float | None) -> str:
    """Round a number for reading.

    Example:
        >>> number(0.00012345), number(123456.0), number(None)
        ('0.0001234', '1.235e+05', '-')
    """
    if value is None:
        return "-"
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:.4g}"
    return str(value)


def duration(seconds: float | None) -> str:
    """Put a duration into words.

    Example:
        >>> duration(42), duration(200), duration(5400)
        ('42 s', '3 min 20 s', '1 h 30 min')
    """
    if seconds is None:
        return "-"
    whole = round(seconds)
    if whole < 10:
        return f"{seconds:.1f} s"
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"


def one_value(value: Value) -> str:
    """Show one hyperparameter's value."""
    if isinstance(value, Reference):
        return value.rpartition(":")[2]
    if isinstance(value, float):
        return number(value)
    return getattr(value, "__qualname__", None) or str(value)


def configuration(params: Mapping[str, Value]) -> str:
    """Show a configuration in a line.

    Example:
        >>> configuration({"lr": 0.0123456, "optimizer": "adam"})
        'lr=0.01235 optimizer=adam'
    """
    return " ".join(f"{name}={one_value(value)}" for name, value in params.items())


def descent_line(descent: Descent) -> str:
    """Show in a line whose checkpoint a trial went on from, and what was changed.

    Example:
        >>> descent_line(Descent(trial=9, parent=4, step=8, replaced=2, before={"lr": 0.1},
        ...                      after={"lr": 0.12}))
        'trial 9: trial 4 from step 8 on, in the place of trial 2, lr 0.1 → 0.12'
    """
    changed = [
        f"{name} {_written(before)} → {_written(after)}"
        for name, (before, after) in descent.changed.items()
    ]
    place = f"in the place of trial {descent.replaced}"
    start = f"trial {descent.trial}: trial {descent.parent} from step {descent.step} on, {place}"
    return ", ".join([start, *(changed or ["nothing changed"])])


def _written(value: Json) -> str:
    return number(value) if isinstance(value, float) else str(value)


def counts(view: View) -> str:
    """Show how many trials stand where."""
    wanted = "" if view.wanted is None else f" of {view.wanted}"
    parts = [f"{view.ended}{wanted} trials"]
    for status, count in view.counts.items():
        if count and status != "completed":
            parts.append(f"{count} {status}")
    return ", ".join(parts)


def best(view: View) -> str:
    """Show the best trial so far."""
    if view.best_trial is None:
        return f"best {view.goal.metric}: none yet"
    shown = configuration(view.best_params)
    return f"best {view.goal.metric} {number(view.best_value)} (trial {view.best_trial}) {shown}"
