"""How much each parameter matters, by PED-ANOVA."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np

from sweeper.errors import SweeperError
from sweeper.model.encoding import Json
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import Objective
from sweeper.model.space import SearchSpace
from sweeper.model.trial import TrialRecord
from sweeper.search.divergence import Array, gridded

_FEWEST = 4
_BEST = 0.1
_FEWEST_ALIKE = 2


Given: TypeAlias = tuple[Array, Sequence[Json]]
"""The places of the trials that have a parameter, and its values there."""


@runtime_checkable
class InColumns(Protocol):
    """Trials of which a whole column is had at once, which is much quicker for many."""

    def column(self, name: str) -> Sequence[Any]:
        """Give a field of the records: a value for each trial."""
        ...

    def given(self, name: str) -> Given:
        """Give the places of the trials that have a parameter, and its values there."""
        ...


def importance(
    trials: Sequence[TrialRecord] | InColumns, space: SearchSpace, objective: Objective
) -> dict[str, float]:
    """Say how much each parameter matters for being among the best trials, summing to 1.

    It is how differently the best tenth of the completed trials is spread over a parameter than
    all of them are; of a parameter that not all trials have, as far as that has brought them to
    the best.

    Source: Watanabe et al., "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in
    Arbitrary Subspaces", IJCAI 2023, and "Conditional PED-ANOVA: Hyperparameter Importance in
    Hierarchical & Dynamic Search Spaces", KDD 2026; the shares are those that Optuna gives.

    Raises:
        SweeperError: fewer than four trials are completed.
    """
    held = trials if isinstance(trials, InColumns) else _Records(trials)
    completed = [status is TrialStatus.COMPLETED for status in held.column("status")]
    values = np.where(completed, np.array(held.column("value"), dtype=np.float64), math.nan)
    done = np.isfinite(values)
    if done.sum() < _FEWEST:
        raise SweeperError(
            f"{done.sum()} trials are completed, and importance needs {_FEWEST}",
            hint="Wait for more of them.",
        )
    best = _best(values if objective.first.mode == "min" else -values)
    found = {}
    for name, domain in space.domains.items():
        places, written = _of(held.given(name), done)
        if len(places):
            own = best[places]
            found[name] = _weight(own, best.sum(), done.sum())
            if found[name]:
                found[name] *= gridded(domain, written).divergence(own)
    total = sum(found.values())
    shares = {name: each / total if total else 1 / len(found) for name, each in found.items()}
    return dict(sorted(shares.items(), key=lambda share: -share[1]))


def _best(costs: Array) -> Array:
    """Mark the best tenth of those that have a cost, and whatever is as good as its last."""
    known = np.sort(costs[np.isfinite(costs)])
    return costs <= known[math.ceil(_BEST * len(known)) - 1]


def _of(given: Given, done: Array) -> Given:
    """Keep what the trials have that are marked."""
    places, written = given
    kept = done[np.asarray(places, dtype=np.intp)]
    if kept.all():
        return given
    return np.asarray(places)[kept], [value for value, keep in zip(written, kept) if keep]


def _weight(own: Array, best: int, done: int) -> float:
    """Say how much having a parameter has to do with being among the best."""
    if len(own) < _FEWEST_ALIKE:
        return 0.0
    return float((own.sum() / best) ** 2 / (len(own) / done))


class _Records:
    """Records as columns."""

    def __init__(self, trials: Sequence[TrialRecord]) -> None:
        self._trials = trials

    def column(self, name: str) -> list[Any]:
        """Give a field of the records."""
        return [getattr(trial, name) for trial in self._trials]

    def given(self, name: str) -> Given:
        """Give the places of the trials that have a parameter, and its values there."""
        places = [place for place, trial in enumerate(self._trials) if name in trial.params]
        return places, [self._trials[place].params[name] for place in places]
