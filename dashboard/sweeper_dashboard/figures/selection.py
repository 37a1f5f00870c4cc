"""Which trials a reader has brushed: ranges of numbers and options of categories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from sweeper.errors import SweeperError
from sweeper_dashboard.figures.frame import Array, Frame

Brush: TypeAlias = tuple[float | None, float | None] | frozenset[str]
"""Both ends of a range, None being open, or the texts of options."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Brushes by column; a trial is meant that passes them all. None of them mean all trials.

    numbers, where given, names the trials that are meant besides.
    """

    brushes: Mapping[str, Brush] = field(default_factory=dict)
    numbers: frozenset[int] | None = None

    def __bool__(self) -> bool:
        return bool(self.brushes) or self.numbers is not None

    def marks(self, frame: Frame) -> Array:
        """Tell for each trial of a frame whether it is meant; what is missing never passes."""
        marked: Array = np.ones(len(frame.trials), dtype=bool)
        if self.numbers is not None:
            marked &= np.isin(frame.numbers, list(self.numbers))
        for name, brush in self.brushes.items():
            column = frame.column(name)
            if isinstance(brush, frozenset):
                places = [place for place, text in enumerate(column.options) if text in brush]
                marked &= np.isin(column.values, places)
                continue
            low, high = brush
            inside = column.known
            inside &= column.values >= (-np.inf if low is None else low)
            inside &= column.values <= (np.inf if high is None else high)
            marked &= inside
        return marked

    def of(self, frame: Frame) -> Frame:
        """Give only the trials that are meant."""
        return frame.where(self.marks(frame)) if self else frame


def selection_from(written: Any) -> Selection:
    """Read brushes as pages write them into their address.

    Example:
        >>> selection_from({"p:lr": {"from": 0.1}, "p:act": {"in": ["relu"]}}).brushes
        {'p:lr': (0.1, None), 'p:act': frozenset({'relu'})}

    Raises:
        SweeperError: these are no brushes.
    """
    try:
        return Selection(brushes={str(name): _brush(each) for name, each in written.items()})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise SweeperError(
            f"these are no brushes: {written!r:.200}",
            hint='Write {"p:lr": {"from": 0.001, "to": 0.1}, "p:act": {"in": ["relu"]}}.',
        ) from error


def _brush(written: Any) -> Brush:
    if "in" in written:
        return frozenset(str(text) for text in written["in"])
    low, high = written.get("from"), written.get("to")
    return (None if low is None else float(low), None if high is None else float(high))
