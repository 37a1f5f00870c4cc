"""Which trials are best, how the best grew, and how much pruning has saved."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import Goal, Mode
from sweeper.model.trial import TrialRecord
from sweeper_dashboard.strips import Array, numbers
from sweeper_dashboard.trials import Trials

Ranked = TypeVar("Ranked")

_SEEN_LAST = frozenset({TrialStatus.PRUNED, TrialStatus.RUNNING, TrialStatus.PAUSED})


def objective_of(trial: TrialRecord) -> float | None:
    """Give the objective's value that a trial ended with; None where it has none."""
    if trial.value is not None and math.isfinite(trial.value):
        return trial.value
    if trial.values and math.isfinite(trial.values[0]):
        return trial.values[0]
    return None


def objectives_of(trials: Trials) -> Array:
    """Give the objective's values that trials ended with, as objective_of does for one."""
    found = np.array(trials.column("value"), dtype=np.float64)
    found[~np.isfinite(found)] = np.nan
    for place, values in enumerate(trials.column("values")):
        if values and np.isnan(found[place]) and math.isfinite(values[0]):
            found[place] = values[0]
    return found


def shown_values(trials: Trials, goal: Goal) -> Array:
    """Give what trials are placed by in a figure, as shown_value does for one."""
    found = objectives_of(trials)
    last = numbers(trials.reported(goal.metric))
    seen = np.array([status in _SEEN_LAST for status in trials.column("status")], dtype=bool)
    return np.where(np.isnan(found) & seen & np.isfinite(last), last, found)


def shown_value(trial: TrialRecord, goal: Goal) -> float | None:
    """Give what a trial is placed by in a figure: its objective, else its last report of it."""
    value = objective_of(trial)
    if value is not None or trial.status not in _SEEN_LAST:
        return value
    last = trial.summary.get(goal.metric, {}).get("last")
    return float(last) if last is not None and math.isfinite(last) else None


def best_places(trials: Trials, goal: Goal) -> list[int]:
    """Order the places of trials from best to worst.

    Completed ones come first, those without a value last.
    """
    completed = np.array([s is TrialStatus.COMPLETED for s in trials.column("status")], dtype=bool)
    values = shown_values(trials, goal)
    score = np.where(np.isnan(values), np.inf, values if goal.mode is Mode.MIN else -values)
    order: list[int] = np.lexsort((np.arange(len(trials)), score, ~completed)).tolist()
    return order


def rank_of(trials: Trials, number: int, goal: Goal) -> str:
    """Say which place a trial has among those with a value, as in "3 of 120"."""
    valued = np.flatnonzero(~np.isnan(shown_values(trials, goal)))
    found = trials.at(valued.tolist())
    order = best_places(found, goal)
    place = found.place(number)
    return "" if place is None else f"{order.index(place) + 1:,} of {len(order):,}"


def best_of(trials: Trials, goal: Goal) -> list[tuple[int, float]]:
    """List (trial, value) of each completed trial that beat all before it."""
    completed = np.array([s is TrialStatus.COMPLETED for s in trials.column("status")], dtype=bool)
    values = np.where(completed, objectives_of(trials), np.nan)
    cost = np.where(np.isnan(values), np.inf, values if goal.mode is Mode.MIN else -values)
    if not len(cost):
        return []
    reached = np.minimum.accumulate(cost)
    beaten = np.concatenate([[True], cost[1:] < reached[:-1]]) & np.isfinite(cost)
    places = np.flatnonzero(beaten)
    numbers_of = np.array(trials.column("number"))
    return list(zip(numbers_of[places].tolist(), values[places].tolist(), strict=True))


def steps_saved(statuses: Sequence[TrialStatus], steps: Sequence[int]) -> float | None:
    """Give the share of steps that pruning spared; None where nothing was pruned yet.

    A pruned trial would have taken as many steps as the longest completed one.
    """
    made = np.array(steps, dtype=np.float64)
    pruned, completed = (
        made[np.array([each is status for each in statuses], dtype=bool)]
        for status in (TrialStatus.PRUNED, TrialStatus.COMPLETED)
    )
    full = completed.max(initial=0.0)
    if not pruned.size or not full:
        return None
    saved = float((full - np.minimum(pruned, full)).sum())
    return saved / (saved + float(pruned.sum() + completed.sum()))


def thinned(ordered: Sequence[Ranked], most: int) -> list[Ranked]:
    """Keep the best twentieth of what may be shown and an even sample of the rest.

    Args:
        ordered: trials or their places, best first.
        most: how many may be shown.
    """
    if len(ordered) <= most:
        return list(ordered)
    front = most // 20
    rest = ordered[front:]
    places = most - front
    return [*ordered[:front], *(rest[index * len(rest) // places] for index in range(places))]
