"""Which trials are best, how the best grew, and how much pruning has saved."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import Goal
from sweeper.model.trial import TrialRecord

_SEEN_LAST = frozenset({TrialStatus.PRUNED, TrialStatus.RUNNING, TrialStatus.PAUSED})


def objective_of(trial: TrialRecord) -> float | None:
    """Give the objective's value that a trial ended with; None where it has none."""
    if trial.value is not None and math.isfinite(trial.value):
        return trial.value
    if trial.values and math.isfinite(trial.values[0]):
        return trial.values[0]
    return None


def shown_value(trial: TrialRecord, goal: Goal) -> float | None:
    """Give what a trial is placed by in a figure: its objective, else its last report of it."""
    value = objective_of(trial)
    if value is not None or trial.status not in _SEEN_LAST:
        return value
    last = trial.summary.get(goal.metric, {}).get("last")
    return last if last is not None and math.isfinite(last) else None


def best_first(trials: Iterable[TrialRecord], goal: Goal) -> list[TrialRecord]:
    """Order trials from best to worst: completed ones first, those without a value last."""

    def rank(trial: TrialRecord) -> tuple[bool, float, int]:
        completed = trial.status is TrialStatus.COMPLETED
        return (not completed, -goal.score(shown_value(trial, goal)), trial.number)

    return sorted(trials, key=rank)


def best_so_far(trials: Iterable[TrialRecord], goal: Goal) -> list[tuple[int, float]]:
    """List (trial, value) of each completed trial that beat all before it, by number."""
    found: list[tuple[int, float]] = []
    best: float | None = None
    for trial in trials:
        value = objective_of(trial)
        if trial.status is not TrialStatus.COMPLETED or value is None:
            continue
        if best is None or goal.better(value, best):
            best = value
            found.append((trial.number, value))
    return found


def steps_saved(trials: Iterable[TrialRecord]) -> float | None:
    """Give the share of steps that pruning spared; None where nothing was pruned yet.

    A pruned trial would have taken as many steps as the longest completed one.
    """
    known = list(trials)
    full = max((t.last_step for t in known if t.status is TrialStatus.COMPLETED), default=0)
    pruned = [t.last_step for t in known if t.status is TrialStatus.PRUNED]
    completed = [t.last_step for t in known if t.status is TrialStatus.COMPLETED]
    if not pruned or not full:
        return None
    saved = sum(full - min(steps, full) for steps in pruned)
    return saved / (saved + sum(pruned) + sum(completed))


def thinned(ordered: Sequence[TrialRecord], most: int) -> list[TrialRecord]:
    """Keep the best twentieth of what may be shown and an even sample of the rest.

    Args:
        ordered: trials, best first.
        most: how many may be shown.
    """
    if len(ordered) <= most:
        return list(ordered)
    front = most // 20
    rest = ordered[front:]
    places = most - front
    return [*ordered[:front], *(rest[index * len(rest) // places] for index in range(places))]
