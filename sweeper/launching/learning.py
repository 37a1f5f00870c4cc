"""Learning from an earlier sweep: which of its trials fit, and how a searcher hears of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sweeper.errors import SweeperError
from sweeper.model.encoding import Json, Value
from sweeper.model.feasibility import broken, told
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import Goal, Objective
from sweeper.model.prior import Prior
from sweeper.model.space import SearchSpace
from sweeper.model.sweep import SweepRecord
from sweeper.model.trial import TrialRecord
from sweeper.schedule.scheduler import Progress, Scheduler
from sweeper.search.named import pruning_of
from sweeper.search.searcher import Learning, Lesson, Searcher
from sweeper.store import questions
from sweeper.store.priors import list_priors
from sweeper.store.questions import Curve
from sweeper.store.store import Store

_SHOWN = (TrialStatus.COMPLETED, TrialStatus.INFEASIBLE, TrialStatus.PRUNED)
_MOST_REPORTS = 100


def learnt_from(
    store: Store, name: str, space: SearchSpace, objective: Objective
) -> tuple[dict[str, Json], tuple[Prior, ...]]:
    """Take from an earlier sweep what fits the present space, as it stands now.

    Raises:
        SweepNotFound: the store has none of this name.
        SweeperError: it was after something else, or none of its trials fits.
    """
    earlier = questions.find_sweep(store, name)
    _check_alike(earlier, objective)
    curves = {c.trial: c for c in questions.curves(store, earlier.id, objective.first.metric)}
    ended = [t for t in questions.list_trials(store, earlier.id) if t.status in _SHOWN]
    found: list[Prior] = []
    for trial in ended:
        prior = _prior(len(found), trial, curves.get(trial.number), space, objective)
        if prior is not None:
            found.append(prior)
    if not found:
        raise SweeperError(
            f"learn_from={name!r}: none of its {len(ended)} ended trials lies in this space",
            hint="Its parameters count by their names: each of the space's must be there, and "
            "within its bounds.",
        )
    return {"sweep": name, "used": len(found), "of": len(ended)}, tuple(found)


def _check_alike(earlier: SweepRecord, objective: Objective) -> None:
    if earlier.goals().goals != objective.goals:
        raise SweeperError(
            f"learn_from={earlier.name!r}: that sweep was after {earlier.goals()}, "
            f"this one is after {objective}",
            hint="Learn from a sweep of the same metric and mode.",
        )


def _prior(
    number: int,
    trial: TrialRecord,
    curve: Curve | None,
    space: SearchSpace,
    objective: Objective,
) -> Prior | None:
    """Give a trial in the terms of the present sweep; None where it does not fit."""
    params = _params(space, trial.params)
    known = told(objective, trial.summary, trial.result, trial.values)
    status = trial.status
    if params is None:
        return None
    if trial.values is not None:
        # What counts is what is demanded now.
        wrong = broken(objective, known)
        if wrong is not None and wrong.missing:
            return None
        status = TrialStatus.COMPLETED if wrong is None else TrialStatus.INFEASIBLE
    reports = [] if curve is None else list(zip(curve.steps, curve.values))
    return Prior(
        number=number,
        params=params,
        status=status,
        value=trial.value,
        values=trial.values,
        told=known,
        last_step=trial.last_step,
        curve=tuple(_thinned(reports)),
    )


def _params(space: SearchSpace, written: Mapping[str, Json]) -> dict[str, Json] | None:
    """Map a configuration by name into a space; None where it is incomplete or lies outside."""
    ours = {n: v for n, v in written.items() if n in space.domains or n in space.fixed}
    try:
        given = space.decode(ours)
    except (SweeperError, ValueError, KeyError, TypeError):
        return None
    if any(given[name] != value for name, value in space.fixed.items() if name in given):
        return None
    params: dict[str, Value] = dict(space.fixed)
    for name, domain in space.domains.items():
        if space.active(name, params):
            if name not in given:
                return None
            params[name] = domain.as_drawn(given[name])
    return None if space.problem_of(params) is not None else space.encode(params)


def _thinned(reports: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Keep the first of many reports and ever fewer of the later ones, and the last."""
    if len(reports) <= _MOST_REPORTS:
        return reports
    growth = (len(reports) - 1) ** (1 / (_MOST_REPORTS - 1))
    places = {round(growth**i) for i in range(_MOST_REPORTS)} | {0}
    return [reports[place] for place in sorted(places)]


def teach(sweep: SweepRecord, store: Store, searcher: Searcher, given: Mapping[str, Any]) -> None:
    """Let a new searcher learn what its sweep has kept of an earlier one.

    Raises:
        SweeperError: the searcher learns from no earlier trials.
    """
    learnt = sweep.priors or (list_priors(store, sweep.id) if sweep.id else ())
    if not learnt:
        return
    if not isinstance(searcher, Learning):
        asked = sweep.asked().search
        chosen = f", which is {asked['chosen']!r} here," if "chosen" in asked else ""
        raise SweeperError(
            f"search={asked['kind']!r}{chosen} learns nothing from earlier trials",
            hint='Leave learn_from= out, or use "gp" or "tpe".',
        )
    # One of its own: to be asked for its rungs may move a scheduler.
    scheduler, goal = pruning_of(sweep, given.get("scheduler")), sweep.goals().first
    searcher.learn([Lesson(p.as_trial(), _reports(p, scheduler, goal)) for p in learnt])


def _reports(
    prior: Prior, scheduler: Scheduler | None, goal: Goal
) -> Sequence[tuple[Progress, tuple[int, ...]]]:
    """Give the reports of a prior that came to a rung, with those rungs."""
    found: list[tuple[Progress, tuple[int, ...]]] = []
    before = 0
    for step, value in prior.curve if scheduler is not None else ():
        rungs = tuple(scheduler.milestones(0).rungs(before, step)) if scheduler else ()
        if rungs:
            report = Progress(
                trial=prior.number, step=step, value=value, score=goal.score(value), before=before
            )
            found.append((report, rungs))
        before = step
    return found


def taught(learn_from: Mapping[str, Json]) -> str:
    """Say how much of an earlier sweep is learnt from."""
    return "Learns from {used} of the {of} ended trials of sweep '{sweep}'.".format(**learn_from)
