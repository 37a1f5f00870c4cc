"""Who was copied from whom: the lineage of the trials of a population."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sweeper.model.encoding import Json
from sweeper.model.trial import TrialRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Descent:
    """One trial that went on from another one's checkpoint of a step.

    before are the parent's parameters, after the trial's own, both as they are recorded.
    """

    trial: int
    parent: int
    step: int
    replaced: int
    before: Mapping[str, Json]
    after: Mapping[str, Json]

    @property
    def changed(self) -> dict[str, tuple[Json, Json]]:
        """The parameters in which the two differ, each before and after."""
        return {
            name: (self.before.get(name), self.after.get(name))
            for name in dict.fromkeys([*self.before, *self.after])
            if self.before.get(name) != self.after.get(name)
        }


def lineage_of(trials: Iterable[TrialRecord]) -> list[Descent]:
    """List the copied trials of a sweep, in the order of their numbers."""
    known = {trial.number: trial for trial in trials}
    return [
        Descent(
            trial=trial.number,
            parent=copied.parent,
            step=copied.step,
            replaced=copied.replaces,
            before=known[copied.parent].params if copied.parent in known else {},
            after=trial.params,
        )
        for trial in known.values()
        if (copied := trial.copied) is not None
    ]


def ancestors(lineage: Iterable[Descent], trial: int) -> list[Descent]:
    """List the copies that lead to a trial, its own first.

    Example:
        >>> def copy(trial, parent):
        ...     given = dict(step=4, replaced=0, before={}, after={})
        ...     return Descent(trial=trial, parent=parent, **given)
        >>> [one.trial for one in ancestors([copy(5, 2), copy(8, 5)], 8)]
        [8, 5]
    """
    by_trial = {descent.trial: descent for descent in lineage}
    found = []
    while trial in by_trial:
        found.append(by_trial[trial])
        trial = by_trial[trial].parent
    return found
