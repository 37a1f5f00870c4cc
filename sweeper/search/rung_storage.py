"""Optuna's storage in memory, whose trials a sampler sees as they stand at one rung."""

from __future__ import annotations

from collections.abc import Container
from copy import copy, deepcopy
from typing import Any

import numpy as np
from optuna.storages import InMemoryStorage
from optuna.trial import FrozenTrial, TrialState

HIDDEN, AS_IS, BELOW, SCORED = range(4)
_STATES = {
    HIDDEN: TrialState.FAIL,
    BELOW: TrialState.PRUNED,
    SCORED: TrialState.COMPLETE,
}
_LIE = "tpe:"


class RungStorage(InMemoryStorage):  # type: ignore[misc]
    """Let a sampler see one rung: who has a score there is complete, with that score.

    A study a rung would hold the same trials many times over; here one holds them, and what it
    shows follows the rung. Who did not come there was pruned. What is hidden has failed, as far
    as a sampler knows: it keeps its place, and nothing is learnt from it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._standings: Any = np.zeros(0, dtype=int)
        self._values: Any = np.zeros(0)
        self._views: list[tuple[FrozenTrial, FrozenTrial]] = []

    def show(self, standings: Any, values: Any) -> None:
        """Show each trial, by its place, as it stands; those that come later are shown as is.

        Args:
            standings: one a trial: HIDDEN, AS_IS, BELOW or SCORED.
            values: one a trial; only those of SCORED ones are looked at.
        """
        known = min(len(standings), len(self._standings))
        changed = standings[:known] != self._standings[:known]
        changed |= (values[:known] != self._values[:known]) & (standings[:known] == SCORED)
        self._standings, self._values = standings, values
        for place in np.flatnonzero(changed[: len(self._views)]):
            self._look(int(place), self._views[place][0])

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Keep what a sampler notes of a trial, but for the estimator's copy of parameters.

        A rebuilt study lacks it, and a trial's parameters are known without.
        """
        if not key.startswith(_LIE):
            super().set_trial_system_attr(trial_id, key, value)

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """Give the trials as they are shown."""
        if not len(self._standings):
            whole: list[FrozenTrial] = super().get_all_trials(study_id, deepcopy, states)
            return whole
        trials = super().get_all_trials(study_id, deepcopy=False)
        for place, source in enumerate(trials[: len(self._standings)]):
            if place == len(self._views):
                self._views.append((source, source))
                self._look(place, source)
            elif self._views[place][0] is not source:
                self._look(place, source)
        shown = [view for _, view in self._views] + trials[len(self._views) :]
        if states is not None:
            shown = [trial for trial in shown if trial.state in states]
        return _copied(shown) if deepcopy else shown

    def _look(self, place: int, source: FrozenTrial) -> None:
        view = source
        standing = int(self._standings[place])
        if standing != AS_IS:
            view = copy(source)
            view.state = _STATES[standing]
            view.values = [float(self._values[place])] if standing == SCORED else None
        self._views[place] = source, view


def _copied(trials: list[FrozenTrial]) -> list[FrozenTrial]:
    return deepcopy(trials)
