"""Our searchers and schedulers as methods of the simulated cluster."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.search.curves import Parameter, Task
from benchmarks.search.simulate import Start
from sweeper.control.rebuild import tell_rungs
from sweeper.model.assignment import Decision
from sweeper.model.domain import Domain
from sweeper.model.domains import lograndint, loguniform, randint, uniform
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import Goal, Mode, Objective
from sweeper.model.space import SearchSpace
from sweeper.schedule import ASHA
from sweeper.schedule.scheduler import Progress, Scheduler
from sweeper.search.auto import settled
from sweeper.search.named import make_searcher
from sweeper.search.searcher import Remembering, RungAware, Searcher
from sweeper.testing.fakes import make_trial

OBJECTIVE = Objective(goals=(Goal(metric="score", mode=Mode.MAX),))
_WORDS = {Decision.CONTINUE: "continue", Decision.PAUSE: "pause", Decision.STOP: "stop"}


def space_of(task: Task) -> SearchSpace:
    """Make the search space of a task."""
    return SearchSpace(domains={p.name: _domain(p) for p in task.parameters})


def _domain(parameter: Parameter) -> Domain:
    if parameter.whole:
        make = lograndint if parameter.log else randint
        return make(int(parameter.low), int(parameter.high))
    return (loguniform if parameter.log else uniform)(parameter.low, parameter.high)


class Ours:
    """Join a searcher and a scheduler as the controller does."""

    def __init__(
        self, space: SearchSpace, searcher: Searcher, scheduler: Scheduler | None, steps: int
    ) -> None:
        self._steps = steps
        self._space, self._searcher, self._scheduler = space, searcher, scheduler
        self._hears = isinstance(searcher, RungAware)
        self._trials = []
        self._before: dict[int, int] = {}
        self._resume: int | None = None

    def next(self) -> Start | None:
        resumed = self._scheduler.next_resume() if self._scheduler else None
        if resumed is not None:
            self._observe(resumed, TrialStatus.RUNNING)
            return Start(resumed, None)
        number = len(self._trials)
        params = self._searcher.suggest(number)
        if params is None:
            return None
        memory = self._searcher.memory(number) if isinstance(self._searcher, Remembering) else None
        written = self._space.encode(params)
        self._trials.append(make_trial(number, written, status=TrialStatus.RUNNING, memory=memory))
        if self._hears:
            self._searcher.observe(self._trials[number])
        return Start(number, params)

    def report(self, trial: int, step: int, value: float) -> str:
        if self._scheduler is None:
            return "continue"
        report = Progress(
            trial=trial,
            step=step,
            value=value,
            score=OBJECTIVE.first.score(value),
            before=step - 1,
            metrics={"score": value},
        )
        if self._hears:
            tell_rungs(self._searcher, self._scheduler, report)
        decision = self._scheduler.decide(report)
        if decision is Decision.STOP:
            self._end(trial, TrialStatus.PRUNED, step, value)
        elif decision is Decision.PAUSE:
            self._observe(trial, TrialStatus.PAUSED)
        return _WORDS[decision]

    def complete(self, trial: int, value: float) -> None:
        self._end(trial, TrialStatus.COMPLETED, self._steps, value)

    def _observe(self, trial: int, status: TrialStatus) -> None:
        self._trials[trial] = replace(self._trials[trial], status=status)
        if self._hears:
            self._searcher.observe(self._trials[trial])

    def _end(self, trial: int, status: TrialStatus, step: int, value: float) -> None:
        ended = replace(
            self._trials[trial],
            status=status,
            value=value,
            values=(value,) if status is TrialStatus.COMPLETED else None,
            last_step=step,
        )
        self._trials[trial] = ended
        self._searcher.observe(ended)
        if self._scheduler is not None:
            self._scheduler.observe_end(ended)


def make_ours(task: Task, kind: str, scheduler: str | None, seed: int) -> Ours:
    """Make a searcher and ASHA as a launch does; "promotion" and "stopping" are ASHA's types."""
    space = space_of(task)
    asha = None if scheduler is None else ASHA(type=scheduler)
    described = settled({"kind": kind}, space, OBJECTIVE, None if asha is None else asha.describe())
    return Ours(space, make_searcher(described, space, OBJECTIVE, seed), asha, task.steps)
