"""How likely configurations are to be of use, learnt from those that were not.

Each trial has a degree of feasibility: 1 where nothing was wrong, -1 where its function raised
Infeasible, and between them minus the hyperbolic tangent of its largest excess over a bound, in
units of that constraint's mean excess. A Gaussian process over the degrees says how likely one
above zero is elsewhere.

Source: expected improvement weighted by the probability of feasibility, Gardner et al., "Bayesian
Optimization with Inequality Constraints", ICML 2014, and Gelbart et al., "Bayesian Optimization
with Unknown Constraints", UAI 2014; classes as values of a process, Rasmussen and Williams,
"Gaussian Processes for Machine Learning", 2006, section 6.5.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from heapq import nlargest
from typing import Any, TypeAlias

import numpy as np
from scipy.special import log_ndtr

from sweeper.model.encoding import Json
from sweeper.model.feasibility import excesses, raised
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import Objective
from sweeper.model.trial import TrialRecord
from sweeper.search.coordinates import Coordinates
from sweeper.search.gaussian import Points, Posterior, Shape
from sweeper.search.kept_shape import KeptShape, Refits

Likely: TypeAlias = Callable[[Any], Any]
"""Give the logarithm of the probability that points of the cube are feasible."""

_MOST_OF_A_KIND = 100
_TELLING = (
    TrialStatus.COMPLETED,
    TrialStatus.PRUNED,
    TrialStatus.PAUSED,
    TrialStatus.INFEASIBLE,
)
_UNDER_WAY = (TrialStatus.WAITING, TrialStatus.RUNNING)
_LEAST_LENGTH, _LEAST_NOISE = math.log(0.2), math.log(0.02)
_REFITS = Refits(after=8, share=0.2, points=80, iterations=10)


class Degrees:
    """Keep how far each trial lay beyond the bounds, by its place."""

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self._excesses: dict[int, list[float]] = {}
        self.infeasible: set[int] = set()

    def __len__(self) -> int:
        return len(self._excesses)

    def observe(self, place: int, trial: TrialRecord) -> bool:
        """Take note of how a trial stands; True where others may be infeasible than before."""
        known, before = self._known(trial), place in self.infeasible
        self._excesses.pop(place, None)
        self.infeasible.discard(place)
        if known is None:
            return before
        self._excesses[place] = known
        if trial.status is TrialStatus.INFEASIBLE or max(known, default=-1.0) > 0.0:
            self.infeasible.add(place)
        return before or place in self.infeasible

    def _known(self, trial: TrialRecord) -> list[float] | None:
        if raised(trial):
            return [math.inf] * len(self._objective.constraints)
        known = excesses(self._objective, trial)
        if known is None or trial.status in _TELLING:
            return None if known is None else list(known.values())
        # Whoever goes on after a pause is known by what it had told before, if that was wrong.
        is_wrong = trial.status in _UNDER_WAY and max(known.values(), default=-1.0) > 0.0
        return list(known.values()) if is_wrong else None

    def newest(self, most: int) -> tuple[Any, Any]:
        """Give so many of the newest places of either kind, ascending, and their degrees."""
        feasible = self._excesses.keys() - self.infeasible
        chosen = sorted([*nlargest(most, self.infeasible), *nlargest(most, feasible)])
        worst = np.where([place in self.infeasible for place in chosen], np.inf, -np.inf)
        if self._objective.constraints:
            known = np.array([self._excesses[place] for place in chosen])
            worst = (known / _units(known)).max(axis=1)
        return np.array(chosen), -np.tanh(worst)


def _units(excesses: Any) -> Any:
    """Give the mean size of each constraint's excesses."""
    sizes = np.where(np.isfinite(excesses) & (excesses != 0.0), np.abs(excesses), np.nan)
    return np.array([np.nanmean(s) if (~np.isnan(s)).any() else 1.0 for s in sizes.T])


class FeasibleModel:
    """Say where configurations are likely to be feasible."""

    name = "feasible"

    def __init__(self, cube: Coordinates) -> None:
        self._cube = cube
        self._shape = KeptShape(cube.size, _REFITS)

    def learn(self, degrees: Degrees, rows: Any, rng: Any) -> Likely | None:
        """Give what is likely where; None while all that is known is feasible."""
        if not degrees.infeasible:
            return None
        places, values = degrees.newest(_MOST_OF_A_KIND)
        points = self._points(rows[places])
        if self._shape.is_due(len(degrees)):
            self._shape.keep(_smooth(self._shape.fitted(points, values, rng)), len(degrees))
        posterior = Posterior(self._shape.now, points, values)

        def likely(wanted: Any) -> Any:
            means, spreads = posterior.predict(self._points(wanted))
            return log_ndtr(means / spreads)

        return likely

    def _points(self, rows: Any) -> Points:
        features, owners = self._cube.features(rows)
        return Points(features=features, owners=owners, resources=np.zeros(len(rows)))

    def notes(self) -> Json:
        """Give what the last fit left to be remembered, or None."""
        return self._shape.notes()

    def recall(self, notes: Json) -> None:
        """Take back the notes, or None, that were recorded with a trial."""
        self._shape.recall(notes)


def _smooth(shape: Shape) -> Shape:
    """Believe in no finer regions than a search can tell: many points at one bound look rough."""
    return replace(
        shape,
        lengths=np.maximum(shape.lengths, _LEAST_LENGTH),
        noise=max(shape.noise, _LEAST_NOISE),
    )
