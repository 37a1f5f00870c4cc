"""Optuna's storage in memory, whose trials a sampler sees as they stand at one rung."""

from __future__ import annotations

import math
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
        self._sources: list[FrozenTrial] = []
        self._views: list[FrozenTrial] = []
        self._visible: list[int] = []

    def show(self, standings: Any, values: Any) -> None:
        """Show each trial, by its place, as it stands; those that come later are shown as is.

        Args:
            standings: one a trial: HIDDEN, AS_IS, BELOW or SCORED.
            values: one a trial: a SCORED one's score, and the worst of all others. An evolution
                compares its parents, whatever they are shown as by now.
        """
        known = min(len(standings), len(self._standings))
        changed = standings[:known] != self._standings[:known]
        changed |= values[:known] != self._values[:known]
        self._standings, self._values = standings, values
        self._visible = np.flatnonzero(standings != HIDDEN).tolist()
        for place in np.flatnonzero(changed[: len(self._views)]).tolist():
            self._views[place] = self._seen(place)

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
        self._refresh(trials)
        later = trials[len(self._views) :]
        if states is None:
            shown = self._views + later
        else:
            # Most are hidden in a long sweep: they are not looked at for every question.
            places = self._visible if TrialState.FAIL not in states else range(len(self._views))
            shown = [view for view in map(self._views.__getitem__, places) if view.state in states]
            shown += [trial for trial in later if trial.state in states]
        return _copied(shown) if deepcopy else shown

    def _refresh(self, trials: list[FrozenTrial]) -> None:
        """Look again at trials that are new or were written to since."""
        known = len(self._sources)
        here = trials[: len(self._standings)]
        written = [i for i, (old, new) in enumerate(zip(self._sources, here)) if old is not new]
        self._sources = here
        self._views += here[known:]
        for place in (*written, *range(known, len(here))):
            self._views[place] = self._seen(place)

    def _seen(self, place: int) -> FrozenTrial:
        source, standing = self._sources[place], int(self._standings[place])
        worst = math.isinf(self._values[place])
        if standing == AS_IS and (source.values is not None or not worst):
            return source
        view = copy(source)
        view.state = _STATES.get(standing, source.state)
        view.values = [float(self._values[place])]
        return view


def _copied(trials: list[FrozenTrial]) -> list[FrozenTrial]:
    return deepcopy(trials)
