"""What tells trials apart: their parameters, how they went, where and with what they ran."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import TypeAlias

from sweeper.model.encoding import Json
from sweeper.model.sweep import SweepRecord
from sweeper.model.trial import AttemptRecord, TrialRecord

_SURROUNDINGS = ("commit", "python", "platform", "user", "host", "folder", "command")


class Missing(Enum):
    """What stands where a trial has nothing of a name; None may be a value."""

    MISSING = "missing"


MISSING = Missing.MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One of the trials that stand side by side, with its newest attempt."""

    sweep: SweepRecord
    trial: TrialRecord
    attempt: AttemptRecord | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a comparison: a name and what each of the trials has there.

    unit is seconds, count, or empty.
    """

    name: str
    values: tuple[Json | Missing, ...]
    unit: str = ""

    @property
    def differs(self) -> bool:
        """Whether the trials do not all have the same."""
        # By what is written: a NaN is like another one, and 1 is not True.
        return len({repr(value) for value in self.values}) > 1


_Told: TypeAlias = Callable[[Compared], Json | Missing]


def compare_parameters(trials: Sequence[Compared]) -> list[Line]:
    """Put each parameter that any trial has beside one another, as it is recorded."""
    names = list(dict.fromkeys(name for side in trials for name in side.trial.params))
    return [_line(name, trials, partial(_parameter, name=name)) for name in names]


def compare_results(trials: Sequence[Compared]) -> list[Line]:
    """Put how the trials went beside one another: objectives, metrics, steps, times."""
    goals = list(dict.fromkeys(name for side in trials for name in side.sweep.goals().metrics))
    reported = sorted({name for side in trials for name in side.trial.summary} - set(goals))
    return [
        _line("status", trials, lambda side: side.trial.status.value),
        *(_line(name, trials, partial(_objective, metric=name)) for name in goals),
        *(_line(name, trials, partial(_last, metric=name)) for name in reported),
        _line("steps", trials, lambda side: side.trial.last_step, unit="count"),
        _line("duration", trials, lambda side: side.trial.duration, unit="seconds"),
        _line("attempts", trials, lambda side: side.trial.attempts, unit="count"),
        _line("seed", trials, lambda side: side.trial.seed),
        _line("suggested by", trials, lambda side: side.trial.origin),
    ]


def compare_surroundings(trials: Sequence[Compared]) -> list[Line]:
    """Put where trials ran beside one another: machines, versions, commits, launch options."""
    options = sorted({name for side in trials for name in side.sweep.options})
    packages = sorted({name for side in trials for name in _packages(side)})
    return [
        _line("sweep", trials, lambda side: side.sweep.name),
        _line("machine", trials, _machine),
        _line("function", trials, lambda side: side.sweep.function),
        _line("function's hash", trials, lambda side: side.sweep.function_hash[:12]),
        *(_line(name, trials, partial(_provenance, name=name)) for name in _SURROUNDINGS),
        *(_line(name, trials, partial(_option, name=name)) for name in options),
        *(_line(name, trials, partial(_package, name=name)) for name in packages),
    ]


def _line(name: str, trials: Sequence[Compared], told: _Told, unit: str = "") -> Line:
    return Line(name=name, values=tuple(told(side) for side in trials), unit=unit)


def _parameter(side: Compared, name: str) -> Json | Missing:
    return side.trial.params.get(name, MISSING)


def _objective(side: Compared, metric: str) -> Json | Missing:
    metrics = side.sweep.goals().metrics
    values = side.trial.values
    if values is not None and metric in metrics[: len(values)]:
        return values[metrics.index(metric)]
    if metric == metrics[0] and side.trial.value is not None:
        return side.trial.value
    return _last(side, metric)


def _last(side: Compared, metric: str) -> Json | Missing:
    return side.trial.summary.get(metric, {}).get("last", MISSING)


def _machine(side: Compared) -> Json | Missing:
    if side.attempt is None or side.attempt.host is None:
        return MISSING
    devices = f", gpu {', '.join(side.attempt.devices)}" if side.attempt.devices else ""
    return f"{side.attempt.host}{devices}"


def _provenance(side: Compared, name: str) -> Json | Missing:
    return _said(side.sweep.provenance.get(name))


def _option(side: Compared, name: str) -> Json | Missing:
    return _said(side.sweep.options.get(name))


def _package(side: Compared, name: str) -> Json | Missing:
    return _packages(side).get(name, MISSING)


def _said(value: Json) -> Json | Missing:
    """Put what was asked for at a launch into a line; what was left open is missing."""
    if isinstance(value, list):
        value = " ".join(str(part) for part in value)
    if isinstance(value, dict):
        kind = [str(value["kind"])] if "kind" in value else []
        rest = [f"{k} {v}" for k, v in value.items() if v not in (None, {}) and k != "kind"]
        value = ", ".join([*kind, *rest])
    return MISSING if value in (None, "") else str(value)


def _packages(side: Compared) -> Mapping[str, Json]:
    found = side.sweep.provenance.get("packages")
    return found if isinstance(found, dict) else {}
