"""Curves on their way into a figure: smoothed, put over time, thinned, joined into one trace."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sweeper.store.questions import Curve
from sweeper_dashboard.figures.frame import Array
from sweeper_dashboard.figures.thinning import lean


@dataclass(frozen=True, slots=True, kw_only=True)
class Strand:
    """One curve ready to be drawn: where its points lie, and at which steps."""

    trial: int
    x: Array
    y: Array
    steps: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Along:
    """What curves are drawn against: "step", "time" or "gpu_hours".

    began holds when each trial started; gpus is what one trial occupies. Where a trial has no
    GPU, "gpu_hours" are the hours of its worker.
    """

    what: str = "step"
    began: Mapping[int, float | None]
    gpus: float = 0.0

    @property
    def title(self) -> str:
        """What stands below the axis."""
        hours = "GPU-hours" if self.gpus else "worker-hours"
        return {"step": "step", "time": "minutes since the trial began"}.get(self.what, hours)

    def of(self, curve: Curve) -> Array:
        """Place a curve's points along the axis."""
        if self.what == "step":
            return np.array(curve.steps, dtype=np.float64)
        times = np.array(curve.times, dtype=np.float64)
        began = self.began.get(curve.trial)
        seconds = np.maximum(times - (times[0] if began is None else began), 0.0)
        return seconds / 60 if self.what == "time" else seconds / 3600 * (self.gpus or 1.0)


def smoothed(values: Sequence[float], weight: float) -> list[float]:
    """Average each value with those before it; the mean is corrected for its empty beginning.

    Example:
        >>> smoothed([1.0, 0.0, 0.0], 0.5)
        [1.0, 0.3333333333333333, 0.14285714285714285]
    """
    if weight <= 0:
        return list(values)
    mean, share, made = 0.0, 0.0, []
    for value in values:
        if math.isnan(value):
            made.append(value)
            continue
        mean = mean * weight + value * (1 - weight)
        share = share * weight + (1 - weight)
        made.append(mean / share)
    return made


def strand(curve: Curve, along: Along, *, smooth: float, most: int) -> Strand:
    """Make a curve ready: smooth it, place it along its axis, thin it to so many points."""
    values = smoothed(curve.values, smooth)
    kept, lean_values = lean(range(len(values)), values, most)
    return Strand(
        trial=curve.trial,
        x=along.of(curve)[kept],
        y=np.array([np.nan if v is None else v for v in lean_values], dtype=np.float64),
        steps=np.array(curve.steps, dtype=np.int64)[kept],
    )


def joined(strands: Sequence[Strand]) -> dict[str, Any]:
    """Join strands into the points of one trace, a gap between each and the next."""
    x: list[Array] = []
    y: list[Array] = []
    numbers: list[Array] = []
    for each in strands:
        x += [each.x, each.x[-1:]]
        y += [each.y, [np.nan]]
        numbers.append(np.full(len(each.x) + 1, each.trial, dtype=np.int32))
    return {
        "x": np.concatenate(x).astype(np.float32),
        "y": np.concatenate(y).astype(np.float32),
        "customdata": np.concatenate(numbers),
        "connectgaps": False,
        "mode": "lines",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The mean of several strands along a grid, its spread, and how many each point rests on."""

    x: Array
    mean: Array
    spread: Array
    count: Array


def band(strands: Sequence[Strand], points: int = 200) -> Band:
    """Average strands where they lie; the spread is the standard deviation.

    A point takes in only those strands that reach it, as pruned trials do not.
    """
    places = np.unique(np.concatenate([each.x for each in strands]))
    grid = places if len(places) <= points else np.linspace(places[0], places[-1], points)
    table = np.full((len(strands), len(grid)), np.nan)
    for row, each in enumerate(strands):
        known = ~np.isnan(each.y)
        if known.any():
            table[row] = np.interp(grid, each.x[known], each.y[known], left=np.nan, right=np.nan)
    count = (~np.isnan(table)).sum(axis=0)
    kept = count > 0
    table, grid, count = table[:, kept], grid[kept], count[kept]
    mean = np.nanmean(table, axis=0)
    spread = np.sqrt(np.nanmean((table - mean) ** 2, axis=0))
    return Band(x=grid, mean=mean, spread=spread, count=count)
