"""A plain, slow population based training that goes through everything whenever it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sweeper.model.assignment import Decision
from sweeper.model.milestones import Milestones
from sweeper.model.randomness import unit
from sweeper.model.trial import Copied, TrialRecord
from sweeper.schedule.scheduler import Progress


class PlainPBT:
    """Keep every report and every verdict; who stands where is found anew each time."""

    def __init__(self, population: int, interval: int, quantile: float, seed: int) -> None:
        self.population, self.interval = population, interval
        self.quantile, self.seed = quantile, seed
        self.reports: dict[int, list[Progress]] = {}
        self.records: dict[int, TrialRecord] = {}
        self.ended: set[int] = set()
        self.copied: list[Copied] = []
        self.promised: list[Copied] = []
        self.waiting: dict[int, int] = {}
        self.unjudged: set[int] = set()
        self.left: int | None = None

    def milestones(self, trial: int) -> Milestones:
        return Milestones()

    def observe_start(self, trial: TrialRecord) -> None:
        self.records[trial.number] = trial
        if trial.copied:
            self.copied.append(trial.copied)

    def observe_end(self, trial: TrialRecord) -> None:
        self.ended.add(trial.number)
        self.unjudged.discard(trial.number)
        self.waiting.pop(trial.number, None)
        self.promised = [copy for copy in self.promised if copy.replaces != trial.number]

    def allow(self, left: int | None, *, new: bool) -> None:
        self.left = left

    def training(self) -> list[int]:
        return [number for number in self.records if number not in self.ended]

    def wants_new(self) -> bool:
        return self.left != 0 and len(self.training()) < self.population

    def start(self, trial: int) -> int:
        copied = self.records[trial].copied
        return copied.step if copied else 0

    def compared(self, trial: int) -> Progress | None:
        """Give the last report with which a trial has passed a multiple of the interval."""
        before, found = self.start(trial), None
        for report in self.reports.get(trial, []):
            if report.step // self.interval > before // self.interval:
                found = report
            before = report.step
        return found

    def scores(self) -> dict[int, Progress]:
        """Give what counts for each place: its trial's score, or until then its last one's."""
        found = {}
        for trial in self.training():
            score, copied = self.compared(trial), self.records[trial].copied
            if score is None and copied is not None:
                trial, score = copied.replaces, self.compared(copied.replaces)
            if score is not None:
                found[trial] = score
        return found

    def furthest(self) -> int:
        return max(report.step for known in self.reports.values() for report in known)

    def decide(self, report: Progress) -> Decision:
        trial = report.trial
        known = self.reports.setdefault(trial, [])
        before = known[-1].step if known else self.start(trial)
        known.append(report)
        if report.step // self.interval > before // self.interval:
            self.unjudged.add(trial)
        compared = self.compared(trial)
        if trial not in self.unjudged or compared is None or self.furthest() <= compared.step:
            return Decision.CONTINUE
        self.unjudged.discard(trial)
        parent = self.parent(trial, report.step)
        if parent is not None:
            self.promised.append(Copied(parent=parent.trial, step=parent.step, replaces=trial))
            return Decision.PAUSE
        if self.lets_others(report, compared.step):
            self.waiting[trial] = report.step
            return Decision.PAUSE
        return Decision.CONTINUE

    def parent(self, trial: int, step: int) -> Progress | None:
        scores = self.scores()
        ranked = sorted(scores, key=lambda one: (-scores[one].score, one))
        count = int(len(ranked) * self.quantile)
        if count == 0 or trial not in ranked[-count:]:
            return None
        if self.left is not None and len(self.promised) >= self.left:
            return None
        drawn = int(unit(self.seed, trial, step, "parent") * count)
        for other in ranked[drawn:count] + ranked[:drawn]:
            better = scores[other].score > scores[trial].score
            goes = other in self.training() and all(c.replaces != other for c in self.promised)
            if better and goes and scores[other].step < self.furthest():
                return scores[other]
        return None

    def lets_others(self, report: Progress, step: int) -> bool:
        if not 0 < report.checkpoint < self.furthest():
            return False
        behind = [at for other, at in self.waiting.items() if not self.is_lent(other)]
        return self.is_lent(report.trial) or self.wants_new() or any(at < step for at in behind)

    def is_lent(self, trial: int) -> bool:
        compared = self.compared(trial)
        untaken = [
            self.records[number].copied
            for number in self.training()
            if self.records[number].copied and not self.reports.get(number)
        ]
        return compared is not None and any(
            copy is not None
            and copy.parent == trial
            and compared.step - copy.step >= 2 * self.interval
            for copy in [*untaken, *self.promised]
        )

    def next_resume(self) -> int | None:
        able = [(at, trial) for trial, at in self.waiting.items() if not self.is_lent(trial)]
        return self.go_on(min(able)[1]) if able else None

    def last_resume(self) -> int | None:
        able = [(at, trial) for trial, at in self.waiting.items()]
        return self.go_on(min(able)[1]) if able else None

    def go_on(self, trial: int) -> int:
        del self.waiting[trial]
        return trial

    def copies(self) -> Sequence[Copied]:
        if self.left == 0:
            for copy in list(self.promised):
                self.keep(copy.replaces)
        return list(self.promised)

    def keep(self, trial: int) -> None:
        self.promised = [copy for copy in self.promised if copy.replaces != trial]
        self.waiting[trial] = self.reports[trial][-1].step

    def explore(self, copy: Copied, space: Any, number: int) -> Mapping[str, Any]:
        return {}
