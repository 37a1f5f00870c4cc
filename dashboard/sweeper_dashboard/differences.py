"""Trials side by side in words: what each has of everything that may tell them apart."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sweeper.model.comparison import (
    Compared,
    Line,
    Missing,
    compare_parameters,
    compare_results,
    compare_surroundings,
)
from sweeper.model.encoding import Json
from sweeper.model.sweep import SweepRecord
from sweeper.store.questions import Curve
from sweeper_dashboard import reading

_LONGEST = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Side(Compared):
    """One of the trials that stand side by side, with its curves."""

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


def parameter_rows(sides: Sequence[Side]) -> list[Row]:
    """Put each parameter that any side has beside one another."""
    return [
        Row(
            name=line.name,
            texts=_texts(line, reading.words),
            exact=_texts(line, reading.code),
        )
        for line in compare_parameters(sides)
    ]


def result_rows(sides: Sequence[Side]) -> list[Row]:
    """Put how the trials went beside one another: objectives, metrics, steps, times."""
    return [Row(name=line.name, texts=_told(line)) for line in compare_results(sides)]


def surrounding_rows(sides: Sequence[Side]) -> list[Row]:
    """Put where trials ran beside one another: machines, versions, commits, launch options."""
    return [Row(name=line.name, texts=_told(line)) for line in compare_surroundings(sides)]


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


def _told(line: Line) -> tuple[str, ...]:
    return _texts(line, _WRITTEN.get(line.unit, _result))


def _texts(line: Line, written: Callable[[Json], str]) -> tuple[str, ...]:
    return tuple(
        reading.MISSING if isinstance(value, Missing) else written(value)[:_LONGEST]
        for value in line.values
    )


def _result(value: Json) -> str:
    if value is None or isinstance(value, float):
        return reading.number(value, 6)
    return str(value)


_WRITTEN: Mapping[str, Callable[[Any], str]] = {
    "seconds": reading.duration,
    "count": reading.number,
}
