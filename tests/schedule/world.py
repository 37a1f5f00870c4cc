"""A world without a store: trials that report in any order, workers, failures and resumes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from sweeper.model.assignment import Decision
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.trial import TrialRecord
from sweeper.schedule.scheduler import Progress
from sweeper.testing.fakes import make_trial
from sweeper.testing.scheduler import make_report


@dataclass(kw_only=True)
class World:
    """Trials of one length with scores drawn from a seed, and what has become of them.

    A scheduler is asked as the controller asks it. Told to resume, the world makes a new
    scheduler and feeds it what a store would hold, in an order drawn from the seed.
    """

    seed: int
    make: Callable[[], Any]
    workers: int
    trials: int
    length: int
    saves: float = 1.0
    weigh: tuple[float, float] | None = None
    scheduler: Any = None
    history: dict[int, list[Progress]] = field(default_factory=dict)
    running: list[int] = field(default_factory=list)
    paused: set[int] = field(default_factory=set)
    ended: dict[int, TrialRecord] = field(default_factory=dict)
    notes: list[Any] = field(default_factory=list)
    told: list[tuple[Any, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scheduler = self.make()
        self.random = Random(self.seed)

    def run(self, resume_at: set[int] = frozenset()) -> list[tuple[Any, ...]]:
        """Live to the end, and give all that was decided; a resume comes before so many turns."""
        for turn in range(100_000):
            if turn in resume_at:
                self.resume()
            self.fill()
            if not self.running:
                return self.told
            self.go_on(self.random.choice(self.running))
        raise AssertionError("the world does not end")

    def fill(self) -> None:
        """Let every free worker take a paused trial, a new one, or the last one that is left."""
        while len(self.running) < self.workers:
            number = self.scheduler.next_resume()
            if number is None and len(self.history) < self.trials:
                number = len(self.history)
                self.history[number] = []
                self.scheduler.milestones(number)
            elif number is None and not self.running:
                number = self.last_resume()
            self.note()
            if number is None:
                return
            self.told.append(("runs", number))
            self.paused.discard(number)
            self.running.append(number)

    def last_resume(self) -> int | None:
        """Ask whom to train to the end; who never pauses has nobody."""
        ask = getattr(self.scheduler, "last_resume", lambda: None)
        number: int | None = ask()
        return number

    def go_on(self, trial: int) -> None:
        """Let a running trial report, complete, or fail."""
        reports = self.history[trial]
        step = reports[-1].step if reports else 0
        if step >= self.length:
            self.end(trial, TrialStatus.COMPLETED)
            return
        if self.random.random() < 0.02:
            self.end(trial, TrialStatus.FAILED)
            return
        report = self.report(trial, step, min(self.length, step + self.random.choice((1, 1, 3))))
        reports.append(report)
        decision = self.scheduler.decide(report)
        self.note()
        self.told.append((trial, report.step, decision))
        if decision is Decision.PAUSE:
            self.running.remove(trial)
            self.paused.add(trial)
        elif decision is Decision.STOP:
            self.end(trial, TrialStatus.PRUNED)

    def report(self, trial: int, before: int, step: int) -> Progress:
        """Make the report of a step; few values, so that many are equal."""
        drawn = Random(f"{self.seed}/{trial}/{step}")
        value = drawn.choice([*map(float, range(6)), 10.0 / step, trial % 5 / step, math.nan])
        saved = step if Random(f"{self.seed}/{trial}").random() < self.saves else 0
        made = make_report(trial, step, value, before)
        metrics = {**made.metrics, "size": float(drawn.randrange(4))}
        made = replace(made, checkpoint=saved, metrics=metrics)
        if self.weigh is None:
            return made
        # As a scheduler of one objective would see it.
        return replace(made, score=self.weigh[0] * made.score + self.weigh[1] * metrics["size"])

    def end(self, trial: int, status: TrialStatus) -> None:
        """Let a trial end for good."""
        self.running.remove(trial)
        record = replace(make_trial(trial, status=status), last_step=self.last_step(trial))
        self.ended[trial] = record
        self.scheduler.observe_end(record)
        self.note()

    def last_step(self, trial: int) -> int:
        """Give the step of a trial's last report."""
        return self.history[trial][-1].step if self.history[trial] else 0

    def note(self) -> None:
        """Keep what the scheduler wants recorded."""
        if hasattr(self.scheduler, "notes"):
            self.notes += self.scheduler.notes()

    def _end_of(self, trial: int) -> list[TrialRecord]:
        return [self.ended[trial]] if trial in self.ended else []

    def resume(self) -> None:
        """Make a new scheduler from the history, in any order of the trials, and from who waits."""
        self.scheduler = self.make()
        if hasattr(self.scheduler, "recall"):
            self.scheduler.recall(list(self.notes))
        stories = [[*self.history[t], *self._end_of(t)] for t in self.history]
        order = [place for place, story in enumerate(stories) for _ in story]
        Random(f"{self.seed}/order").shuffle(order)
        for place in order:
            told = stories[place].pop(0)
            if isinstance(told, Progress):
                # A store does not tell what had been saved when a report came.
                self.scheduler.decide(replace(told, checkpoint=0))
            else:
                self.scheduler.observe_end(told)
        if hasattr(self.scheduler, "take_up"):
            self.scheduler.take_up(frozenset(self.paused))
