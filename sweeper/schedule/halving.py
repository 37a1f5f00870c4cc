"""A ladder of rungs: the part that every kind of successive halving shares."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from sweeper.model.assignment import Decision
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.milestones import Milestones
from sweeper.model.trial import TrialRecord
from sweeper.schedule.rung import FrontRung, Rung
from sweeper.schedule.scheduler import Progress
from sweeper.schedule.scoring import Scoring


class Rule(StrEnum):
    """What becomes of a trial that is not among the best of its rung."""

    AUTO = "auto"  # it pauses where it has a checkpoint to go on from, else it stops
    STOPPING = "stopping"  # it stops for good
    PROMOTION = "promotion"  # it pauses, and goes on once it is among the best


class Halving:
    """Let the best share of the trials past each rung, now or later.

    Its state follows from what was reported and from who waits, in whatever order it is told:
    so it can be rebuilt at any point. Where nobody has said how long a training is, the first
    trial at each rung goes on, so that nobody is paused at the very end, with nothing left to
    do, before it is known where the end is. From the rung called top nobody is promoted.
    """

    def __init__(
        self,
        milestones: Milestones,
        share: int,
        rule: Rule,
        *,
        delayed: bool = False,
        scoring: Scoring | None = None,
    ) -> None:
        self.milestones = milestones
        self._scoring = scoring or Scoring("Halving", None)
        self.top: int | None = None
        self._share = share
        self._rule = rule
        self._delayed = delayed
        self.rungs: dict[int, Rung] = {}
        self._highest: dict[int, int] = {}
        self._dropped: set[int] = set()
        self.completed: set[int] = set()
        self._length = 0
        self._furthest = 0

    def decide(self, report: Progress) -> Decision:
        """Judge a report at the rungs that it crosses."""
        trial = report.trial
        self._furthest = max(self._furthest, report.step)
        standing = self._highest.get(trial)
        if standing is not None and report.step > standing:
            # Whoever reports beyond a rung waits there no more.
            self.rungs[standing].go_on(trial)
        crossed = list(self.milestones.crossed(report.before, report.step))
        if not crossed:
            return Decision.CONTINUE
        known = [self._come(report, milestone) for milestone in crossed]
        if all(known):
            return self.rungs[crossed[-1]].standing(trial)
        return self._judged(report, crossed)

    def _come(self, report: Progress, milestone: int) -> bool:
        """Let a trial come to a rung; tells whether it had come there before."""
        trial, rung = report.trial, self.rungs.get(milestone)
        if rung is None:
            kind = FrontRung if self._scoring.by_dominance else Rung
            rung = self.rungs[milestone] = kind(self._share, delayed=self._delayed)
        if trial in rung:
            return True
        if isinstance(rung, FrontRung):
            rung.come_with(trial, self._scoring.scores(report))
        else:
            rung.come(trial, self._scoring.score(report))
        below = self._highest.get(trial, 0)
        if below > milestone:
            rung.go_on(trial)
            return False
        if below:
            self.rungs[below].go_on(trial)
        self._highest[trial] = milestone
        return False

    def _judged(self, report: Progress, crossed: list[int]) -> Decision:
        trial, rung = report.trial, self.rungs[crossed[-1]]
        if self._is_end(report.step):
            rung.go_on(trial)
        elif self._promotes(report.checkpoint):
            scouts = self.milestones.last is None and not rung.anybody_went_on
            if scouts or self._promotable(crossed[-1]) == trial:
                rung.go_on(trial)
        elif any(self.rungs[milestone].is_below(trial) for milestone in crossed):
            rung.leave(trial)
        else:
            rung.go_on(trial)
        return rung.standing(trial)

    def _promotes(self, checkpoint: int) -> bool:
        return self._rule is Rule.PROMOTION or (self._rule is Rule.AUTO and checkpoint > 0)

    def _is_end(self, step: int) -> bool:
        """Tell whether a training that has come to this step is known to be over.

        That is so where a trial has completed there, and none has ever come further.
        """
        return 0 < self._furthest <= self._length <= step

    def _promotable(self, milestone: int) -> int | None:
        if self.top is not None and milestone >= self.top:
            return None
        return self.rungs[milestone].promotable()

    def next_resume(self) -> int | None:
        """Give the best of the highest rung at which somebody may go on."""
        for milestone in sorted(self.rungs, reverse=True):
            trial = self._promotable(milestone)
            if trial is not None and not self._is_end(milestone):
                self.rungs[milestone].go_on(trial)
                return trial
        return None

    def last_resume(self) -> int | None:
        """Give the best of the highest rung at which anybody waits, if nobody has completed."""
        found = None if self.completed else self.furthest_waiting()
        if found is None:
            return None
        milestone, trial = found
        self.rungs[milestone].go_on(trial)
        return trial

    def furthest_waiting(self) -> tuple[int, int] | None:
        """Give the highest rung at which anybody waits, and the best one there."""
        for milestone in sorted(self.rungs, reverse=True):
            trial = self.rungs[milestone].first()
            if trial is not None:
                return milestone, trial
        return None

    def take_up(self, paused: Collection[int]) -> None:
        """Learn who waits, once everything that was reported has been told."""
        waiting = frozenset(paused)
        for trial, milestone in self._highest.items():
            rung = self.rungs[milestone]
            if trial in self._dropped:
                rung.leave(trial)
            elif trial in waiting:
                rung.wait(trial)
            else:
                rung.go_on(trial)

    def observe_end(self, trial: TrialRecord) -> None:
        """Forget a trial that waits; learn from one that has completed how long they are."""
        if trial.status is TrialStatus.COMPLETED:
            self.completed.add(trial.number)
            self._length = max(self._length, trial.last_step)
            if trial.number in self._highest:
                self.rungs[self._highest[trial.number]].go_on(trial.number)
            return
        self._dropped.add(trial.number)
        if trial.number in self._highest:
            self.rungs[self._highest[trial.number]].leave(trial.number)
