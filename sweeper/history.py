"""How a sweep got better with time: every value of its objective, and the space dominated."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import NamedTuple

from sweeper.errors import SweeperError
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import Objective
from sweeper.model.pareto import Front, Scores, hypervolume
from sweeper.model.sweep import SweepRecord
from sweeper.model.trial import TrialRecord
from sweeper.store import questions
from sweeper.store.store import Store


class Moment(NamedTuple):
    """One value in the history of a sweep; best is the best value so far."""

    seconds: float
    trial: int
    step: int
    value: float
    best: float


class Volume(NamedTuple):
    """What the completed trials dominate together once one more has completed."""

    seconds: float
    trial: int
    volume: float


def history_of(store: Store, sweep: SweepRecord) -> list[Moment]:
    """List the values of the first objective as they came, with the best so far.

    What infeasible trials tell is never the best, nor what is not finite; it is NaN before there
    is one.
    """
    goal = sweep.goals().first
    trials = questions.list_trials(store, sweep.id)
    unusable = {trial.number for trial in trials if trial.status is TrialStatus.INFEASIBLE}
    told = questions.reports_in_order(store, sweep.id, goal.metric)
    last = {trial: value for _, trial, _, value in told}
    # What a function only returns was in no report; what it reported last is not told twice.
    returned = [
        (trial.ended or 0.0, trial.number, trial.last_step, _first(trial))
        for trial in _completed(store, sweep)
        if last.get(trial.number) != _first(trial)
    ]
    best = math.nan
    moments = []
    for moment, number, step, value in sorted([*told, *returned]):
        if number not in unusable and goal.better(value, best):
            best = value
        moments.append(Moment(moment - sweep.created, number, step, value, best))
    return moments


def volumes_of(
    store: Store, sweep: SweepRecord, reference: Mapping[str, float] | None
) -> list[Volume]:
    """List the hypervolume after each trial that completed, in the order of their ends.

    Raises:
        SweeperError: the reference does not name each objective once.
    """
    objective = sweep.goals()
    completed = sorted(
        _completed(store, sweep), key=lambda trial: (trial.ended or 0.0, trial.number)
    )
    scores = [objective.scores(trial.values or ()) for trial in completed]
    worst = _reference(objective, scores, reference)
    front, volume, volumes = Front(), 0.0, []
    for trial, found in zip(completed, scores):
        if front.add(found):
            volume = hypervolume(front.members, worst)
        volumes.append(Volume((trial.ended or 0.0) - sweep.created, trial.number, volume))
    return volumes


def _completed(store: Store, sweep: SweepRecord) -> list[TrialRecord]:
    """List the trials that have a value, in the order in which they ended."""
    listed = sorted(questions.list_trials(store, sweep.id), key=lambda trial: trial.ended or 0.0)
    return [t for t in listed if t.status is TrialStatus.COMPLETED and t.values]


def _first(trial: TrialRecord) -> float:
    return trial.values[0] if trial.values else math.nan


def _reference(
    objective: Objective, found: Sequence[Scores], given: Mapping[str, float] | None
) -> Scores:
    if given is None:
        return tuple(map(min, zip(*found)))
    wanted = list(objective.metrics)
    named = ", ".join(f"{metric!r}: …" for metric in wanted)
    hint = f"Give the worst value that counts of each: reference={{{named}}}."
    if not isinstance(given, Mapping) or set(given) != set(wanted):
        raise SweeperError(f"reference = {given!r} does not name the objectives {wanted}", hint)
    if not all(isinstance(v, Real) and math.isfinite(v) for v in given.values()):
        raise SweeperError(f"reference = {given!r} is not of finite numbers", hint)
    return objective.scores([given[metric] for metric in objective.metrics])
