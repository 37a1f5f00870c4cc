"""Failures that are the same: grouped by what went wrong, numbers and addresses left aside."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sweeper.model.lifecycle import TrialStatus
from sweeper.model.trial import TrialRecord

_VARYING = re.compile(r"0x[0-9a-fA-F]+|\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class SameFailure:
    """Some failed trials that have one error in common; error is the first one's."""

    error: str
    trials: tuple[int, ...]

    def __str__(self) -> str:
        if len(self.trials) == 1:
            return f"trial {self.trials[0]} failed with {self.error}"
        return f"{len(self.trials)} trials failed with the same {self.error}"


def same_failures(trials: Iterable[TrialRecord]) -> list[SameFailure]:
    """Group failed trials by their error, the most frequent one first.

    Example:
        >>> def failed(number, error):
        ...     return TrialRecord(
        ...         number=number, status=TrialStatus.FAILED, params={}, seed=0, error=error
        ...     )
        >>> errors = ["KeyError: 'lr'", "OSError: port 80", "OSError: port 81"]
        >>> [str(group) for group in same_failures(map(failed, range(3), errors))]
        ['2 trials failed with the same OSError: port 80', "trial 0 failed with KeyError: 'lr'"]
    """
    groups: dict[str, list[TrialRecord]] = {}
    for trial in trials:
        if trial.status is TrialStatus.FAILED:
            groups.setdefault(_VARYING.sub("#", trial.error or "no reason"), []).append(trial)
    found = [
        SameFailure(error=group[0].error or "no reason", trials=tuple(t.number for t in group))
        for group in groups.values()
    ]
    return sorted(found, key=lambda group: (-len(group.trials), group.trials))
