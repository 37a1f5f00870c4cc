"""A sweep under asynchronous halving in miniature: workers report in a mixed but fixed order."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from sweeper.control.rebuild import tell_rungs
from sweeper.model.assignment import Decision
from sweeper.model.encoding import Value
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.randomness import unit
from sweeper.model.space import SearchSpace
from sweeper.model.trial import TrialRecord
from sweeper.schedule import ASHA
from sweeper.search.searcher import Remembering, RungAware, Searcher
from sweeper.testing.fakes import make_trial
from sweeper.testing.scheduler import make_report

STEPS = 9
RAISES_AT = 2


class Asynchronous:
    """Let some workers run trials, one step of one of them after another."""

    def __init__(
        self,
        make: Callable[[], Searcher],
        space: SearchSpace,
        loss: Callable[[Mapping[str, Value]], float],
        workers: int = 4,
        infeasible: float = 0.0,
    ) -> None:
        self.infeasible = infeasible
        self.make, self.space, self.loss, self.workers = make, space, loss, workers
        self.searcher = make()
        self.asha = ASHA(max_steps=STEPS)
        self.trials: list[TrialRecord] = []
        self.curves: dict[int, list[float]] = {}
        self.running: list[int] = []
        self.ticks = 0

    def run(self, ticks: int) -> None:
        """Do so many steps; free workers get new trials at once."""
        for _ in range(ticks):
            while len(self.running) < self.workers and self._start():
                continue
            if not self.running:
                return
            self._step(self.running[int(unit(3, self.ticks) * len(self.running))])
            self.ticks += 1

    def _start(self) -> bool:
        number = len(self.trials)
        params = self.searcher.suggest(number)
        if params is None:
            return False
        remembering = self.searcher if isinstance(self.searcher, Remembering) else None
        memory = remembering.memory(number) if remembering else None
        written = json.loads(json.dumps([self.space.encode(params), memory]))
        trial = make_trial(number, written[0], status=TrialStatus.RUNNING, memory=written[1])
        self.trials.append(trial)
        self.searcher.observe(trial)
        self.curves[number] = []
        self.running.append(number)
        return True

    def _step(self, number: int) -> None:
        curve, trial = self.curves[number], self.trials[number]
        step = len(curve) + 1
        value = self.loss(self.space.decode(trial.params)) + 0.5 / step
        if step == RAISES_AT and unit(5, number) < self.infeasible:
            raised = replace(trial, status=TrialStatus.INFEASIBLE, last_step=step - 1)
            self._end(raised)
            return
        curve.append(value)
        report = make_report(number, step, value)
        if isinstance(self.searcher, RungAware):
            tell_rungs(self.searcher, self.asha, report)
        stopped = self.asha.decide(report) is Decision.STOP
        if stopped or step == STEPS:
            status = TrialStatus.PRUNED if stopped else TrialStatus.COMPLETED
            ended = replace(trial, status=status, value=value, last_step=step)
            self._end(replace(ended, values=None if stopped else (value,)))

    def _end(self, trial: TrialRecord) -> None:
        self.trials[trial.number] = trial
        self.running.remove(trial.number)
        self.searcher.observe(trial)

    def rebuilt(self) -> Searcher:
        """Make the searcher that a resume makes, from what is recorded now."""
        searcher = self.make()
        for trial in self.trials:
            waits = trial.status is TrialStatus.RUNNING
            searcher.observe(replace(trial, status=TrialStatus.WAITING) if waits else trial)
        for number, curve in self.curves.items():
            for step, value in enumerate(curve, 1):
                if isinstance(searcher, RungAware):
                    tell_rungs(searcher, self.asha, make_report(number, step, value))
        return searcher
