"""What tells trials apart: their parameters, how they went, where and with what they ran."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sweeper.model.encoding import Json
from sweeper.model.sweep import SweepRecord
from sweeper.model.trial import AttemptRecord, TrialRecord
from sweeper.store.questions import Curve
from sweeper_dashboard import reading
from sweeper_dashboard.ranking import objective_of

_LONGEST = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the trials that stand side by side."""

    sweep: SweepRecord
    trial: TrialRecord
    attempt: AttemptRecord | None = None
    curves: Mapping[str, Curve] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """How the trial is called where several sweeps meet."""
        return f"{self.sweep.name} {self.trial.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the comparison: a name and the text of each side."""

    name: str
    texts: tuple[str, ...]
    exact: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether the sides do not all say the same."""
        return len(set(self.exact or self.texts)) > 1


Told: TypeAlias = Callable[[Side], str]


def parameter_rows(sides: Sequence[Side]) -> list[Row]:
    """Put each parameter that any side has beside one another."""
    names = list(dict.fromkeys(name for side in sides for name in side.trial.params))
    return [
        Row(
            name=name,
            texts=tuple(_parameter(side, name, reading.words) for side in sides),
            exact=tuple(_parameter(side, name, reading.code) for side in sides),
        )
        for name in names
    ]


def result_rows(sides: Sequence[Side]) -> list[Row]:
    """Put how the trials went beside one another: objectives, metrics, steps, times."""
    metrics = list(dict.fromkeys(m for side in sides for m in side.sweep.goals().metrics))
    reported = sorted({name for side in sides for name in side.trial.summary} - set(metrics))
    rows = [_row("status", sides, lambda side: side.trial.status.value)]
    rows += [_row(name, sides, lambda side, of=name: _objective(side, of)) for name in metrics]
    rows += [_row(name, sides, lambda side, of=name: _last(side, of)) for name in reported]
    return [
        *rows,
        _row("steps", sides, lambda side: reading.number(side.trial.last_step)),
        _row("duration", sides, lambda side: reading.duration(side.trial.duration)),
        _row("attempts", sides, lambda side: reading.number(side.trial.attempts)),
        _row("seed", sides, lambda side: str(side.trial.seed)),
        _row("suggested by", sides, lambda side: side.trial.origin),
    ]


def surrounding_rows(sides: Sequence[Side]) -> list[Row]:
    """Put where trials ran beside one another: machines, versions, commits, launch options."""
    rows = [
        _row("sweep", sides, lambda side: side.sweep.name),
        _row("machine", sides, _machine),
        _row("function", sides, lambda side: side.sweep.function),
        _row("function's hash", sides, lambda side: side.sweep.function_hash[:12]),
    ]
    known = ("commit", "python", "platform", "user", "host", "folder", "command")
    rows += [_row(name, sides, lambda side, of=name: _of(side, of)) for name in known]
    options = sorted({name for side in sides for name in side.sweep.options})
    rows += [_row(name, sides, lambda side, of=name: _option(side, of)) for name in options]
    packages = sorted({name for side in sides for name in _packages(side)})
    rows += [
        _row(name, sides, lambda side, of=name: str(_packages(side).get(of, reading.MISSING)))
        for name in packages
    ]
    return rows


def code_difference(one: SweepRecord, other: SweepRecord) -> str | None:
    """Write how two sweeps' uncommitted changes differ, as a unified diff.

    None means that there is nothing to compare: the same changes, or none recorded.
    """
    texts = [str(sweep.provenance.get("diff") or "") for sweep in (one, other)]
    if texts[0] == texts[1]:
        return None
    lines = difflib.unified_diff(
        texts[0].splitlines(), texts[1].splitlines(), one.name, other.name, lineterm="", n=2
    )
    return "\n".join(lines)


def _row(name: str, sides: Sequence[Side], told: Any) -> Row:
    return Row(name=name, texts=tuple(told(side) for side in sides))


def _parameter(side: Side, name: str, written: Callable[[Json], str]) -> str:
    if name not in side.trial.params:
        return reading.MISSING
    return written(side.trial.params[name])[:_LONGEST]


def _objective(side: Side, metric: str) -> str:
    metrics = side.sweep.goals().metrics
    values = side.trial.values
    if values is not None and metric in metrics[: len(values)]:
        return reading.number(values[metrics.index(metric)], 6)
    if metric == metrics[0] and objective_of(side.trial) is not None:
        return reading.number(objective_of(side.trial), 6)
    return _last(side, metric)


def _last(side: Side, metric: str) -> str:
    return reading.number(side.trial.summary.get(metric, {}).get("last"), 6)


def _machine(side: Side) -> str:
    if side.attempt is None or side.attempt.host is None:
        return reading.MISSING
    devices = f", gpu {', '.join(side.attempt.devices)}" if side.attempt.devices else ""
    return f"{side.attempt.host}{devices}"


def _of(side: Side, name: str) -> str:
    value = side.sweep.provenance.get(name)
    if isinstance(value, list):
        value = " ".join(str(part) for part in value)
    return reading.MISSING if value in (None, "") else str(value)[:_LONGEST]


def _option(side: Side, name: str) -> str:
    value = side.sweep.options.get(name)
    if isinstance(value, dict):
        kind = [str(value["kind"])] if "kind" in value else []
        rest = [
            f"{k} {part}" for k, part in value.items() if part not in (None, {}) and k != "kind"
        ]
        value = ", ".join([*kind, *rest])
    return reading.MISSING if value in (None, "") else str(value)[:_LONGEST]


def _packages(side: Side) -> Mapping[str, Any]:
    found = side.sweep.provenance.get("packages")
    return found if isinstance(found, dict) else {}
