"""Tree-structured Parzen estimation on one level of resource, as a model to search by.

Source: Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NIPS 2011; on the highest
level that has enough values, Falkner et al., "BOHB", ICML 2018.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sweeper.model.encoding import Json
from sweeper.search.coordinates import Coordinates
from sweeper.search.parzen import Parzen
from sweeper.search.rung_history import Level, RungHistory

_LEAST_VALUES, _LEAST_SINGLE = 15, 5
_GOOD_SHARE, _MOST_GOOD, _MOST_BAD = 0.1, 25, 800
_CANDIDATES = 64


class ParzenModel:
    """Rank points by how much likelier they are among good trials than among the others.

    Good are the best tenth of the highest level with enough scores. All others count as not
    good: what runs, and what did not come that far.

    The few good ones of a sweep without rungs may agree in some parameters alone. Half of its
    suggestions are therefore made from each parameter by itself, half from all of them jointly.
    """

    name = "tpe"

    def __init__(self, cube: Coordinates) -> None:
        self._cube = cube

    def rank(self, history: RungHistory, number: int, rng: Any) -> Any | None:
        level = history.acquisition(max(2 * self._cube.size, _LEAST_VALUES))
        if level is None and not history.has_rungs:
            level = history.acquisition(_LEAST_SINGLE)
        if level is None:
            return None
        good, bad = _split(level, history.known())
        joint = history.has_rungs or rng.random() < 0.5
        better = Parzen(self._cube, history.rows[good], np.ones(len(good)), joint=joint)
        worse = Parzen(self._cube, history.rows[bad], np.ones(len(bad)), joint=joint)
        drawn = self._cube.settle(better.draw(_CANDIDATES, rng))
        promises = better.log_density(drawn) - worse.log_density(drawn)
        if history.likely is not None:
            promises += history.likely(drawn)
        return drawn[np.argsort(-promises, kind="stable")]

    def notes(self) -> Json:
        return None

    def recall(self, notes: Json) -> None:
        return


def _split(level: Level, known: Any) -> tuple[Any, Any]:
    """Part the trials into the good ones and the newest of the others.

    Those that came to a level are the best of many, so that a model of them alone would flee the
    region in which they lie.
    """
    order = np.argsort(-level.scores, kind="stable")
    good = level.trials[order[: min(math.ceil(_GOOD_SHARE * len(order)), _MOST_GOOD)]]
    return good, np.setdiff1d(known, good)[-_MOST_BAD:]
