"""A cluster on a virtual clock: workers train rows of a task's table, a method decides.

Deciding takes no virtual time. Needs numpy alone, so that any method's environment can run it.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple, Protocol

import numpy as np

from benchmarks.search.curves import Task


class Start(NamedTuple):
    """What a free worker gets: a trial, with parameters where it is a new one."""

    trial: int
    params: Mapping[str, float] | None


class Method(Protocol):
    """A searcher and a scheduler together, asked and told by trial number."""

    def next(self) -> Start | None:
        """Give the next trial, new or to be gone on with; None where there is none now."""
        ...

    def report(self, trial: int, step: int, value: float) -> str:
        """Take a report, larger being better; "continue", "pause" or "stop"."""
        ...

    def complete(self, trial: int, value: float) -> None:
        """Take note that a trial has trained to its end."""
        ...


@dataclass
class Outcome:
    """The best so far over virtual time, in units of one full training, and what was run."""

    times: list[float] = field(default_factory=list)
    regrets: list[float] = field(default_factory=list)
    trials: int = 0
    full: int = 0

    def over_time(self, until: float) -> float:
        """Average the regret over time; 1 before the first report."""
        times = np.minimum(np.array([0.0, *self.times, until]), until)
        return float((np.diff(times) * np.array([1.0, *self.regrets])).sum() / until)

    def at(self, time: float) -> float:
        """Give the regret at a time."""
        place = int(np.searchsorted(self.times, time, side="right"))
        return self.regrets[place - 1] if place else 1.0


class _Cluster:
    def __init__(self, task: Task, method: Method, workers: int, until: float) -> None:
        self.task, self.method = task, method
        self.end = until * task.full_seconds
        self.free = workers
        self.rows: dict[int, int] = {}
        self.found = task.rows()
        self.done: dict[int, int] = {}
        self.queue: list[tuple[float, int, int, int]] = []
        self.order = count()
        self.outcome = Outcome()
        self.worst = task.worst

    def fill(self, now: float) -> None:
        while self.free > 0:
            start = self.method.next()
            if start is None:
                return
            if start.trial not in self.rows:
                row = self.found.find(start.params or {})
                if row is None:
                    return
                self.rows[start.trial] = row
                self.outcome.trials += 1
            self.free -= 1
            self.push(now, start.trial)

    def push(self, now: float, trial: int) -> None:
        step, seconds = self.done.get(trial, 0) + 1, self.task.seconds[self.rows[trial]]
        spent = seconds[step - 1] - (seconds[step - 2] if step > 1 else 0.0)
        heapq.heappush(self.queue, (now + float(spent), next(self.order), trial, step))

    def run(self) -> Outcome:
        self.fill(0.0)
        while self.queue and self.queue[0][0] <= self.end:
            now, _, trial, step = heapq.heappop(self.queue)
            self.report(now, trial, step)
        return self.outcome

    def report(self, now: float, trial: int, step: int) -> None:
        value = float(self.task.scores[self.rows[trial], step - 1])
        self.note(now, value)
        self.done[trial] = step
        value = value if math.isfinite(value) else self.worst
        decision = self.method.report(trial, step, value)
        if step == self.task.steps:
            self.outcome.full += 1
            self.method.complete(trial, value)
        elif decision == "continue":
            self.push(now, trial)
            return
        self.free += 1
        self.fill(now)

    def note(self, now: float, value: float) -> None:
        if not math.isfinite(value):
            return
        regret, known = self.task.regret(value), self.outcome
        if not known.regrets or regret < known.regrets[-1]:
            known.times.append(now / self.task.full_seconds)
            known.regrets.append(regret)


def simulate(task: Task, method: Method, *, workers: int, until: float) -> Outcome:
    """Let a method search a task with so many workers, until so many full trainings' time."""
    return _Cluster(task, method, workers, until).run()
