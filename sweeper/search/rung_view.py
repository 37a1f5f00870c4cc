"""What an Optuna sampler is to see of a sweep: one rung of it, and not all that is long past."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sweeper.model.encoding import Value
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import Objective
from sweeper.model.space import SearchSpace
from sweeper.model.trial import TrialRecord
from sweeper.schedule.scheduler import Progress
from sweeper.search.coordinates import Coordinates
from sweeper.search.rung_history import RungHistory
from sweeper.search.rung_storage import AS_IS, BELOW, HIDDEN, SCORED, RungStorage

_LEAST_VALUES = 15
_NEWEST, _BEST = 200, 100
_OTHERS = 2
_FIRST_CAPACITY = 256


class RungView:
    """Show a sampler the highest rung with enough scores: like is compared with like there.

    Enough are twice as many as there are parameters, and 15; before, it is the lowest rung.
    Some of those that did not come there are shown as pruned.
    Without rungs, and with several objectives, trials are shown as they are. For a sampler
    whose suggestions take time for every trial, only the newest ones and the best are shown.

    Source: a model fitted on one rung's values, Falkner et al., "BOHB", ICML 2018.
    """

    def __init__(self, space: SearchSpace, objective: Objective, *, short: bool) -> None:
        self.storage = RungStorage()
        self._cube = Coordinates(space)
        self._goals = objective.goals
        # A score says how much better; the study has a direction of its own.
        self._sign = math.copysign(1.0, objective.first.score(1.0))
        self._history = RungHistory(self._cube, objective)
        self._short = short
        self._places = np.full(_FIRST_CAPACITY, -1)
        self._finals = np.full((_FIRST_CAPACITY, len(self._goals)), np.nan)

    @property
    def changes(self) -> bool:
        """Whether what is shown now may be hidden later."""
        return self._short or self._history.has_rungs

    def suggested(self, number: int, place: int, params: Mapping[str, Value]) -> None:
        """Take note of a trial that is to run, and of its place in the study."""
        while number >= len(self._places):
            self._places = np.concatenate([self._places, np.full_like(self._places, -1)])
            self._finals = np.concatenate([self._finals, np.full_like(self._finals, np.nan)])
        self._places[number] = place
        self._history.suggested(number, self._cube.row(params))

    def observe(self, trial: TrialRecord) -> None:
        """Take note of how a trial stands."""
        self._history.observe(trial)
        if trial.status is TrialStatus.COMPLETED and trial.values is not None:
            pairs = zip(self._goals, trial.values)
            self._finals[trial.number] = [goal.score(value) for goal, value in pairs]

    def observe_report(self, report: Progress, rungs: Sequence[int]) -> None:
        """Take note of a score at a rung."""
        if len(self._goals) == 1:
            self._history.observe_report(report, rungs)

    def update(self) -> None:
        """Let the storage show what is to be seen now."""
        size = int(self._places.max()) + 1
        values = np.zeros(size)
        if self._history.levels() and self._history.has_rungs:
            values[:] = -math.inf * self._sign
            standings = self._at_a_rung(values)
        else:
            standings = np.full(size, AS_IS)
            if self._short:
                ended = np.flatnonzero(~np.isnan(self._finals[:, 0]))
                standings[self._places[ended[~_kept(self._finals[ended])]]] = HIDDEN
                standings[self._places[self._infeasible()[:-_NEWEST]]] = HIDDEN
        self.storage.show(standings, values)

    def _infeasible(self) -> Any:
        return np.array(sorted(self._history.degrees.infeasible), dtype=int)

    def _at_a_rung(self, values: Any) -> Any:
        least = max(2 * self._cube.size, _LEAST_VALUES)
        level = self._history.acquisition(least) or self._history.levels()[0]
        standings = np.full(len(values), HIDDEN)
        others = np.setdiff1d(self._history.known(), level.trials)
        # Those that came to a rung are the best of many: an estimator of them alone would flee
        # them. Of too many others, though, it would take the good share from among them.
        others = others[-min(_OTHERS * len(level.trials), _NEWEST) :]
        standings[self._places[others]] = BELOW
        standings[self._places[list(self._history.running)]] = AS_IS
        standings[self._places[self._infeasible()[-_NEWEST:]]] = AS_IS
        whole: Any = np.ones(len(level.trials), dtype=bool)
        kept = _kept(level.scores[:, None]) if self._short else whole
        places = self._places[level.trials[kept]]
        standings[places] = SCORED
        values[places] = self._sign * level.scores[kept]
        return standings


def _kept(scores: Any) -> Any:
    """Choose among trials in the order of their numbers the newest, and the best of the others.

    With several objectives the best are those that nobody dominates.
    """
    kept: Any = np.arange(len(scores)) >= len(scores) - _NEWEST
    if scores.shape[1] == 1:
        kept[np.argsort(-scores[:, 0], kind="stable")[:_BEST]] = True
        return kept
    left = np.lexsort((np.arange(len(scores)), -scores.sum(axis=1)))
    for _ in range(_BEST):
        if not len(left):
            break
        best = scores[left[0]]
        kept[left[0]] = True
        left = left[(scores[left] > best).any(axis=1)]
    return kept
