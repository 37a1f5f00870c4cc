"""Any Optuna pruner as a scheduler: an in-memory study that hears every report."""

from __future__ import annotations

import optuna
from optuna.pruners import BasePruner
from optuna.trial import TrialState

from sweeper.model.assignment import Decision
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.milestones import RUNG_FACTOR, Milestones
from sweeper.model.objective import Goal
from sweeper.model.trial import TrialRecord
from sweeper.schedule.scheduler import Progress


class Pruned:
    """Ask an Optuna pruner at every step; the worker waits for its answer there."""

    def __init__(self, pruner: BasePruner, goal: Goal) -> None:
        self._study = optuna.create_study(
            study_name="sweep",
            direction="minimize" if goal.mode == "min" else "maximize",
            pruner=pruner,
            sampler=optuna.samplers.RandomSampler(seed=0),
        )
        self._trials: list[optuna.Trial] = []
        self._steps: dict[int, set[int]] = {}

    def milestones(self, trial: int) -> Milestones:
        rungs = Milestones(first=1, factor=RUNG_FACTOR)
        return Milestones(first=1, every=1, compares=False, also=rungs)

    def decide(self, report: Progress) -> Decision:
        asked = self._asked(report.trial)
        steps = self._steps.setdefault(report.trial, set())
        if report.step not in steps:
            # A trial that is run again reports again; Optuna keeps, and warns of, the first.
            steps.add(report.step)
            asked.report(report.value, report.step)
        return Decision.STOP if asked.should_prune() else Decision.CONTINUE

    def next_resume(self) -> int | None:
        return None

    def observe_end(self, trial: TrialRecord) -> None:
        asked = self._asked(trial.number)
        if trial.status is TrialStatus.COMPLETED and trial.value is not None:
            self._study.tell(asked, trial.value, skip_if_finished=True)
        elif trial.status is TrialStatus.PRUNED and self._steps.get(trial.number):
            self._study.tell(asked, state=TrialState.PRUNED, skip_if_finished=True)
        else:
            self._study.tell(asked, state=TrialState.FAIL, skip_if_finished=True)
        self._steps.pop(trial.number, None)

    def _asked(self, number: int) -> optuna.Trial:
        # Some pruners choose a bracket by the trial's number, so numbers must agree.
        while len(self._trials) <= number:
            self._trials.append(self._study.ask())
        return self._trials[number]
