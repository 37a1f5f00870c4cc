"""Any Optuna sampler as a searcher: in memory, reseeded for each trial, rebuilt on resume.

Optuna's own storage is never used. A sampler is seeded from (seed, number) before every
suggestion, so that a resumed sweep suggests what an uninterrupted one would have. Under a
scheduler with rungs it is shown the highest rung that has enough scores.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import optuna
from optuna.samplers import (
    BaseSampler,
    BruteForceSampler,
    CmaEsSampler,
    GPSampler,
    GridSampler,
    NSGAIIISampler,
    NSGAIISampler,
    QMCSampler,
    RandomSampler,
    TPESampler,
)
from optuna.samplers._tpe import _truncnorm
from optuna.trial import TrialState
from scipy.special import log_ndtr

from sweeper.errors import SweeperError
from sweeper.model.changed import changed
from sweeper.model.encoding import Json, Value
from sweeper.model.feasibility import excesses, raised
from sweeper.model.lifecycle import ENDED, TrialStatus
from sweeper.model.objective import Objective
from sweeper.model.randomness import seed_from, unit
from sweeper.model.space import SearchSpace
from sweeper.model.trial import TrialRecord
from sweeper.schedule.scheduler import Progress
from sweeper.search.rung_view import RungView
from sweeper.search.searcher import Lesson
from sweeper.search.translation import translate
from sweeper.search.visited import Visited

_ASKS = 16
_FAR = 1e100
_DEAF = (
    CmaEsSampler,
    NSGAIISampler,
    NSGAIIISampler,
    RandomSampler,
    QMCSampler,
    GridSampler,
    BruteForceSampler,
)
_FINISHED = (TrialStatus.COMPLETED, TrialStatus.INFEASIBLE)

optuna.logging.set_verbosity(optuna.logging.WARNING)
# Its own is the same function one number at a time, and takes most of an estimator's time.
_truncnorm._log_ndtr = log_ndtr


class Sampled:
    """Ask an Optuna sampler for suggestions and tell it how their trials ended."""

    def __init__(
        self, space: SearchSpace, objective: Objective, seed: int, sampler: BaseSampler
    ) -> None:
        self._space = space
        self._seed = seed
        self._fresh = self._sampler = sampler
        self._view = RungView(space, objective, short=isinstance(sampler, TPESampler | GPSampler))
        self._single = len(objective.goals) == 1
        self._objective = objective
        self._translations = {name: translate(d) for name, d in space.domains.items()}
        self._conditional = any(d.conditions for d in space.domains.values())
        # These keep something of every trial that they were shown.
        self._notices = self._conditional or isinstance(sampler, GPSampler)
        self._study = optuna.create_study(
            storage=self._view.storage,
            study_name="sweep",
            directions=["minimize" if g.mode == "min" else "maximize" for g in objective.goals],
            sampler=sampler,
            pruner=optuna.pruners.NopPruner(),
        )
        # A sampler that has tried all it knows stops its study, which ends the sweep.
        self._stopped = False
        self._study.stop = self._stop
        self._trials: dict[int, optuna.Trial] = {}
        self._told: set[int] = set()
        # The view counts the earlier trials that were learnt from before our own.
        self._first = 0
        self._memories: dict[int, Json] = {}
        self._study_attrs: dict[str, Any] = {}
        self._visited = Visited(space)

    def suggest(self, number: int) -> Mapping[str, Value] | None:
        if self._visited.exhausted or self._stopped:
            return None
        rejected = 0
        self._view.update()
        while True:
            asked, params = self._ask(number, rejected)
            if params not in self._visited:
                break
            self._study.tell(asked, state=TrialState.FAIL)
            rejected += 1
            if rejected == _ASKS:
                return self._unvisited(number, rejected)
        self._remember(number, asked, rejected)
        self._take(number, asked, params)
        return params

    def _stop(self) -> None:
        self._stopped = True

    def _take(self, number: int, asked: optuna.Trial, params: Mapping[str, Value]) -> None:
        self._trials[number] = asked
        self._visited.add(params)
        self._view.suggested(self._first + number, asked.number, params)

    def memory(self, number: int) -> Json:
        """Give the sampler's own notes on a suggestion, where it made any."""
        return self._memories.pop(number, None)

    def learn(self, lessons: Sequence[Lesson]) -> None:
        """Add an earlier sweep's trials to the study.

        Raises:
            SweeperError: the sampler looks only at what it has suggested itself, or at nothing.
        """
        if isinstance(self._sampler, _DEAF):
            raise SweeperError(
                f"{type(self._sampler).__name__} learns nothing from earlier trials",
                hint='Leave learn_from= out, or use "auto", "gp" or "tpe".',
            )
        for lesson in lessons:
            trial = lesson.trial
            params = self._space.decode(trial.params)
            asked = self._trials[trial.number] = self._add(params, {})
            self._view.suggested(trial.number, asked.number, params)
            self._view.observe(trial)
            for report, rungs in lesson.reports:
                self._view.observe_report(report, rungs)
            self._tell(trial)
            self._told.discard(trial.number)
        self._first = len(lessons)

    def observe(self, trial: TrialRecord) -> None:
        if trial.number not in self._trials and trial.number not in self._told:
            self._restore(trial)
        shifted = changed(trial, number=self._first + trial.number) if self._first else trial
        self._view.observe(shifted)
        if trial.status in ENDED and trial.number not in self._told:
            self._tell(trial)

    def observe_report(self, report: Progress, rungs: Sequence[int]) -> None:
        shifted = changed(report, trial=self._first + report.trial) if self._first else report
        self._view.observe_report(shifted, rungs)

    def _ask(self, number: int, rejected: int) -> tuple[optuna.Trial, dict[str, Value]]:
        if self._view.changes and self._notices:
            # What a sampler found in trials that it is shown no longer, a rebuilt one never saw.
            self._study.sampler = self._sampler = deepcopy(self._fresh)
        reseed(self._sampler, seed_from(self._seed, number, rejected, "sampler"))
        if self._conditional:
            asked = self._study.ask()
        else:
            distributions = {n: t.distribution for n, t in self._translations.items()}
            asked = self._study.ask(fixed_distributions=distributions)

        def draw(name: str, _domain: object) -> Value:
            translation = self._translations[name]
            internal = (
                suggest_from(asked, name, translation.distribution)
                if self._conditional
                else asked.params[name]
            )
            return translation.outward(internal)

        return asked, self._space.build(draw)

    def _unvisited(self, number: int, rejected: int) -> Mapping[str, Value] | None:
        params = self._visited.unvisited(unit(self._seed, number, "unvisited"))
        if params is None:
            return None
        self._memories[number] = {"rejected": rejected, "replaced": True}
        self._take(number, self._add(params, {}), params)
        return params

    def _remember(self, number: int, asked: optuna.Trial, rejected: int) -> None:
        """Keep what a rebuilt sampler would lack: attributes that it wrote, rejected asks."""
        storage, study_id = self._study._storage, self._study._study_id
        attrs = storage.get_trial(asked._trial_id).system_attrs
        now = storage.get_study_system_attrs(study_id)
        study = {k: v for k, v in now.items() if self._study_attrs.get(k) != v}
        self._study_attrs = dict(now)
        quantiles = {
            name: asked.params[name]
            for name, domain in self._space.domains.items()
            if domain.kind == "normal" and name in asked.params
        }
        noted = {"attrs": attrs, "study": study, "rejected": rejected, "internal": quantiles}
        kept = {name: value for name, value in noted.items() if value}
        if kept:
            self._memories[number] = kept

    def _restore(self, trial: TrialRecord) -> None:
        memory = trial.memory or {}
        for _ in range(memory.get("rejected", 0)):
            # Samplers refer to trials by their place, so the rejected ones keep theirs.
            self._study.add_trial(optuna.create_trial(state=TrialState.FAIL))
        for name, value in memory.get("study", {}).items():
            self._study._storage.set_study_system_attr(self._study._study_id, name, value)
            self._study_attrs[name] = value
        params = self._space.decode(trial.params)
        asked = self._add(params, memory.get("attrs", {}), memory.get("internal", {}))
        self._take(trial.number, asked, params)

    def _add(
        self,
        params: Mapping[str, Value],
        attrs: Mapping[str, Json],
        internal: Mapping[str, float] | None = None,
    ) -> optuna.Trial:
        known = {n: t for n, t in self._translations.items() if n in params}
        values = {n: t.inward(params[n]) for n, t in known.items()}
        self._study.add_trial(
            optuna.create_trial(
                state=TrialState.RUNNING,
                params={**values, **(internal or {})},
                distributions={n: t.distribution for n, t in known.items()},
                system_attrs=dict(attrs),
            )
        )
        newest = self._study.get_trials(deepcopy=False)[-1]
        return optuna.Trial(self._study, newest._trial_id)

    def _tell(self, trial: TrialRecord) -> None:
        asked = self._trials.pop(trial.number)
        self._told.add(trial.number)
        self._tell_constraints(asked, trial)
        if isinstance(self._sampler, CmaEsSampler) and (behind := self._behind(trial)):
            self._study.tell(asked, behind)
        elif trial.status in _FINISHED and trial.values is not None:
            self._study.tell(asked, list(trial.values))
        elif raised(trial):
            self._study.tell(asked, state=TrialState.PRUNED)
        elif trial.status is TrialStatus.PRUNED and trial.value is not None and self._single:
            asked.report(trial.value, step=trial.last_step)
            self._study.tell(asked, state=TrialState.PRUNED)
        else:
            self._study.tell(asked, state=TrialState.FAIL)

    def _behind(self, trial: TrialRecord) -> float | None:
        """Give an infeasible trial a value behind all feasible ones; None where it is none.

        An evolution looks only at who is better, and takes no constraints. The further a trial
        lies beyond its bounds, in units of each, the worse; worst is what raised.

        Source: Deb, "An efficient constraint handling method for genetic algorithms", 2000.
        """
        share = 1.0
        if not raised(trial):
            if trial.status not in (*_FINISHED, TrialStatus.PRUNED):
                return None
            known = excesses(self._objective, trial) or {}
            bounds = {c.metric: abs(c.bound) or 1.0 for c in self._objective.constraints}
            beyond = sum(min(max(e, 0.0) / bounds[m], _FAR) for m, e in known.items())
            if beyond == 0.0:
                return None
            share = beyond / (1.0 + beyond)
        worst = -self._objective.first.score(1.0) * sys.float_info.max
        return worst * (0.5 + 0.5 * share)

    def _tell_constraints(self, asked: optuna.Trial, trial: TrialRecord) -> None:
        """Say how far a trial lies beyond each bound, as Optuna's constraints want it."""
        if isinstance(self._sampler, CmaEsSampler):
            # It takes none, and warns of each.
            return
        if raised(trial):
            asked.set_constraint("infeasible", 1.0)
        elif trial.status in (*_FINISHED, TrialStatus.PRUNED):
            known = excesses(self._objective, trial) or {}
            for metric, excess in known.items():
                asked.set_constraint(metric, min(max(excess, -_FAR), _FAR))


def try_out(space: SearchSpace, objective: Objective, sampler: BaseSampler) -> None:
    """Ask a copy of a sampler once: many say only then what they cannot do.

    Raises:
        SweeperError: it has no suggestion for this space and objective; says what it said.
    """
    try:
        Sampled(space, objective, 0, deepcopy(sampler)).suggest(0)
    except Exception as error:
        raise SweeperError(
            f"{type(sampler).__name__} cannot search for this sweep: {str(error).rstrip('.')}",
            hint='Give a sampler that suits its space and its objectives, or use search="auto".',
        ) from error


def suggest_from(asked: optuna.Trial, name: str, distribution: Any) -> Any:
    """Ask for one parameter by the call that belongs to its distribution."""
    if isinstance(distribution, optuna.distributions.CategoricalDistribution):
        return asked.suggest_categorical(name, distribution.choices)
    low, high, log = distribution.low, distribution.high, distribution.log
    if isinstance(distribution, optuna.distributions.IntDistribution):
        return asked.suggest_int(name, low, high, log=log)
    return asked.suggest_float(name, low, high, log=log)


def reseed(sampler: BaseSampler, seed: int) -> None:
    """Seed a sampler and the samplers inside it; Optuna itself offers only a random reseed."""
    for part in vars(sampler).values():
        if isinstance(part, BaseSampler):
            reseed(part, seed)
        generator: Any = getattr(part, "rng", None)
        if hasattr(generator, "seed"):
            generator.seed(seed)
