"""The shape of a Gaussian process that is fitted rarely, and remembered with a trial."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sweeper.model.encoding import Json
from sweeper.search.gaussian import Points, Shape, fit


class Refits(NamedTuple):
    """When a shape is fitted anew, by how many values have come, and how thoroughly."""

    after: int
    share: float
    points: int
    iterations: int


class KeptShape:
    """Hold a kernel's shape from one fit to the next.

    It depends on what was known when it was fitted. So it is noted with the trial at whose
    suggestion that was, and a rebuilt searcher takes it back from there.
    """

    def __init__(self, parameters: int, refits: Refits) -> None:
        self.now = Shape.start(parameters)
        self._refits = refits
        self._fitted = 0
        self._notes: Json = None

    def is_due(self, count: int) -> bool:
        """Tell whether so many values are enough more than those of the last fit."""
        least = max(self._refits.after, self._refits.share * count)
        return not self._fitted or count - self._fitted >= least

    def fitted(self, points: Points, values: Any, rng: Any) -> Shape:
        """Fit to some of the points, from the present shape."""
        some = np.sort(rng.permutation(len(points))[: self._refits.points])
        return fit(points.take(some), values[some], self.now, self._refits.iterations)

    def keep(self, shape: Shape, count: int) -> None:
        """Hold another shape, fitted when so many values were known."""
        self.now, self._fitted = shape, count
        self._notes = {"shape": shape.pack().tolist(), "values": count}

    def notes(self) -> Json:
        """Give what the last fit left to be remembered, or None."""
        notes, self._notes = self._notes, None
        return notes

    def recall(self, notes: Json) -> None:
        """Take back notes that were recorded with a trial, or None."""
        if notes is not None:
            self.now = Shape.unpack(np.array(notes["shape"]))
            self._fitted = notes["values"]
