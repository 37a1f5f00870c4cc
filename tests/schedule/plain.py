"""Plain, slow schedulers that remember everything and sort it whenever they are asked."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace
from typing import Any

from sweeper.model.assignment import Decision
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.milestones import Milestones
from sweeper.model.objective import Objective
from sweeper.model.trial import TrialRecord
from sweeper.schedule.scheduler import Progress


class PlainHyperband:
    """One plain ASHA a bracket, and a bracket for each trial."""

    def __init__(
        self, first: int, last: int | None, factor: int, brackets: list[int], kind: str
    ) -> None:
        self.drawn = brackets
        count = max(brackets) + 1
        self.brackets = [PlainASHA(first * factor**b, last, factor, kind) for b in range(count)]

    def of(self, trial: int) -> PlainASHA:
        return self.brackets[self.drawn[trial]]

    def milestones(self, trial: int) -> Milestones:
        return Milestones()

    def decide(self, report: Progress) -> Decision:
        return self.of(report.trial).decide(report)

    def next_resume(self) -> int | None:
        for bracket in self.brackets:
            trial = bracket.next_resume()
            if trial is not None:
                return trial
        return None

    def last_resume(self) -> int | None:
        if any(bracket.completed for bracket in self.brackets):
            return None
        waiting = [rung for bracket in self.brackets for rung in bracket.waits.values()]
        for bracket in self.brackets:
            if waiting and max(waiting) in bracket.waits.values():
                return bracket.last_resume()
        return None

    def observe_end(self, trial: TrialRecord) -> None:
        self.of(trial.number).observe_end(trial)


class PlainASHA:
    """Successive halving by the book: nothing is kept but what was reported and where all stand."""

    def __init__(
        self, first: int, last: int | None, factor: int, kind: str = "stopping",
        delayed: bool = False,
    ) -> None:  # fmt: skip
        self.first, self.last, self.factor = first, last, factor
        self.kind, self.delayed = kind, delayed
        self.seen: dict[int, dict[int, float]] = {}
        self.waits: dict[int, int] = {}
        self.out: set[int] = set()
        self.lengths = [0]
        self.completed: list[int] = []
        self.furthest = 0

    def milestones(self, trial: int) -> Milestones:
        return Milestones()

    def rungs_upto(self, step: int) -> list[int]:
        rungs, rung = [], self.first
        while rung <= step and (self.last is None or rung < self.last):
            rungs.append(rung)
            rung *= self.factor
        return rungs

    def decide(self, report: Progress) -> Decision:
        trial = report.trial
        self.furthest = max(self.furthest, report.step)
        new = [rung for rung in self.rungs_upto(report.step) if rung > report.before]
        for rung in new:
            self.seen.setdefault(rung, {})[trial] = report.score
        if not new or self.is_end(report.step):
            return Decision.CONTINUE
        if self.kind == "promotion" or (self.kind == "auto" and report.checkpoint > 0):
            if self.last is None and not self.gone(new[-1], without=trial):
                return Decision.CONTINUE
            self.waits[trial] = new[-1]
            if self.promotable(new[-1]) != trial:
                return Decision.PAUSE
            del self.waits[trial]
            return Decision.CONTINUE
        for rung in new:
            if self.falls_short(trial, rung):
                self.out.add(trial)
                return Decision.STOP
        return Decision.CONTINUE

    def is_end(self, step: int) -> bool:
        return 0 < self.furthest <= max(self.lengths) <= step

    def falls_short(self, trial: int, rung: int) -> bool:
        passing, seen = self.best(rung), self.seen[rung]
        return bool(passing) and seen[trial] < seen[passing[-1]]

    def ranked(self, seen: dict[int, float]) -> list[int]:
        return sorted(seen, key=lambda trial: (-seen[trial], trial))

    def best(self, rung: int) -> list[int]:
        seen = self.seen[rung]
        return self.ranked(seen)[: len(seen) // self.factor]

    def gone(self, rung: int, without: int | None = None) -> list[int]:
        """Give those who went on from a rung, and came to the next one or may still."""
        return [
            trial
            for trial in self.seen[rung]
            if trial != without
            and (
                any(trial in seen for above, seen in self.seen.items() if above > rung)
                or (trial not in self.out and self.waits.get(trial) != rung)
            )
        ]

    def promotable(self, rung: int) -> int | None:
        if self.delayed and len(self.seen[rung]) < self.factor * (len(self.gone(rung)) + 1):
            return None
        waiting = [trial for trial in self.best(rung) if self.waits.get(trial) == rung]
        return waiting[0] if waiting and waiting[0] == self.ranked_waiting(rung)[0] else None

    def ranked_waiting(self, rung: int) -> list[int]:
        ranked = self.ranked(self.seen[rung])
        return [trial for trial in ranked if self.waits.get(trial) == rung]

    def next_resume(self) -> int | None:
        for rung in sorted(self.seen, reverse=True):
            trial = self.promotable(rung)
            if trial is not None and not self.is_end(rung):
                del self.waits[trial]
                return trial
        return None

    def last_resume(self) -> int | None:
        if self.completed:
            return None
        for rung in sorted(self.seen, reverse=True):
            for trial in self.ranked_waiting(rung):
                del self.waits[trial]
                return trial
        return None

    def observe_end(self, trial: TrialRecord) -> None:
        if trial.status is TrialStatus.COMPLETED:
            self.completed.append(trial.number)
            self.lengths.append(trial.last_step)
        else:
            self.out.add(trial.number)
            self.waits.pop(trial.number, None)


class PlainFronts(PlainASHA):
    """Peel front after front off a rung whenever somebody asks."""

    objective: Objective

    def decide(self, report: Progress) -> Decision:
        scores = tuple(goal.score(report.metrics[goal.metric]) for goal in self.objective.goals)
        return super().decide(replace(report, score=scores))  # type: ignore[arg-type]

    def ranked(self, seen: dict[int, Any]) -> list[int]:
        left, ranked = set(seen), []
        while left:
            front = {
                one for one in left if not any(self.beats(seen[other], seen[one]) for other in left)
            }
            room = {one: self.room(one, front, seen) for one in front}
            ranked += sorted(front, key=lambda one: (-room[one], one))
            left -= front
        return ranked

    def beats(self, ours: tuple[float, ...], theirs: tuple[float, ...]) -> bool:
        return ours != theirs and all(a >= b for a, b in zip(ours, theirs, strict=True))

    def room(self, one: int, front: set[int], seen: dict[int, Any]) -> float:
        total = 0.0
        for place in range(len(seen[one])):
            ordered = sorted(front, key=lambda trial: (seen[trial][place], trial))
            at = ordered.index(one)
            if at in (0, len(ordered) - 1):
                return math.inf
            values = [seen[trial][place] for trial in (ordered[at - 1], ordered[at + 1])]
            spread = self.gap(seen[ordered[-1]][place], seen[ordered[0]][place])
            gap = self.gap(values[1], values[0])
            total += gap if math.isinf(gap) else gap / spread if spread else 0.0
        return total

    def gap(self, high: float, low: float) -> float:
        return 0.0 if high == low else high - low

    def falls_short(self, trial: int, rung: int) -> bool:
        passing = self.best(rung)
        return bool(passing) and trial not in passing


class PlainPASHA(PlainASHA):
    """Rank everything anew whenever a trial comes to the largest rung."""

    def __init__(self, first: int, last: int | None, factor: int, compared: int = 30) -> None:
        super().__init__(first, last, factor, "auto")
        self.top = first * factor
        self.compared = compared
        self.curves: dict[int, dict[int, float]] = {}

    def decide(self, report: Progress) -> Decision:
        self.curves.setdefault(report.trial, {})[report.step] = report.score
        new = [rung for rung in self.rungs_upto(report.step) if rung > report.before]
        for rung in new:
            seen = {**self.seen.get(rung, {}), report.trial: report.score}
            if rung == self.top:
                best = sorted(seen, key=lambda trial: (-seen[trial], trial))[: self.compared]
                if report.trial in best and not self.settled(best, seen, report):
                    self.top *= self.factor
                # What was compared is counted in by the halving itself.
        return super().decide(report)

    def settled(self, best: list[int], seen: dict[int, float], report: Progress) -> bool:
        below = self.seen.get(self.top // self.factor, {})
        before = {trial: below.get(trial, report.score) for trial in best}
        distances = sorted(
            self.distance(seen[one], seen[other])
            for one in best
            for other in best
            if one < other and self.cross_twice(one, other)
        )
        noise = distances[-(-9 * len(distances) // 10) - 1] if distances else 0.0
        then = sorted(best, key=lambda trial: (-before[trial], trial))
        return all(
            one == other or self.distance(seen[one], seen[other]) <= noise
            for one, other in zip(best, then, strict=True)
        )

    def distance(self, one: float, other: float) -> float:
        return 0.0 if one == other else abs(one - other)

    def cross_twice(self, one: int, other: int) -> bool:
        crossings, ahead = 0, 0
        for step in range(1, self.top + 1):
            ours, theirs = self.curves[one].get(step), self.curves[other].get(step)
            if ours is None or theirs is None or ours == theirs:
                continue
            now = 1 if ours > theirs else -1
            crossings += ahead == -now
            ahead = now
        return crossings >= 2

    def promotable(self, rung: int) -> int | None:
        return None if rung >= self.top else super().promotable(rung)

    def last_resume(self) -> int | None:
        for rung in sorted(self.seen, reverse=True):
            for trial in self.ranked_waiting(rung):
                seen = self.seen[rung]
                if any(seen[done] >= seen[trial] for done in self.completed if done in seen):
                    return None
                del self.waits[trial]
                return trial
        return None


class Unpausing:
    """Whoever never pauses a trial has none to resume, and forgets nothing at an end."""

    def milestones(self, trial: int) -> Milestones:
        return Milestones()

    def next_resume(self) -> int | None:
        return None

    def last_resume(self) -> int | None:
        return None

    def observe_end(self, trial: TrialRecord) -> None:
        return


class PlainMedian(Unpausing):
    """Remember all curves, and go through them at every report."""

    def __init__(self, min_steps: int, min_trials: int) -> None:
        self.min_steps, self.min_trials = min_steps, min_trials
        self.curves: dict[int, dict[int, float]] = {}

    def decide(self, report: Progress) -> Decision:
        mine = self.curves.setdefault(report.trial, {})
        mine[report.step] = report.score
        others = [
            statistics.fmean(score for step, score in curve.items() if step <= report.step)
            for trial, curve in self.curves.items()
            if trial != report.trial and report.step in curve
        ]
        if report.step < self.min_steps or len(others) < self.min_trials:
            return Decision.CONTINUE
        stop = max(mine.values()) < statistics.median(others)
        return Decision.STOP if stop else Decision.CONTINUE


class PlainStopIf(Unpausing):
    """Go through a trial's whole curve at every report, and ask another one beside."""

    def __init__(self, then: Any = None, **conditions: Any) -> None:
        self.then = then
        self.plateau = conditions.get("plateau")
        self.min_change = conditions.get("min_change", 0.0)
        self.worse_by = conditions.get("worse_by", math.inf)
        self.low, self.high = conditions.get("outside", (-math.inf, math.inf))
        self.first = conditions.get("min_steps", 1)
        self.curves: dict[int, dict[int, Progress]] = {}

    def decide(self, report: Progress) -> Decision:
        curve = self.curves.setdefault(report.trial, {})
        curve[report.step] = report
        decision = Decision.CONTINUE if self.then is None else self.then.decide(report)
        return Decision.STOP if self.stops(list(curve.values())) else decision

    def stops(self, curve: list[Progress]) -> bool:
        *before, last = curve
        bests: list[Progress] = []
        for report in before:
            least = bests[-1].score + self.min_change if bests else -math.inf
            bests += [report] if report.score > least else []
        at, best = (bests[-1].step, bests[-1].score) if bests else (0, -math.inf)
        gains = last.score > (best + self.min_change if bests else -math.inf)
        stuck = self.plateau is not None and last.step - at >= self.plateau and not gains
        outside = not (self.low <= last.value <= self.high) or math.isinf(last.value)
        return last.step >= self.first and (stuck or outside or best - last.score > self.worse_by)

    def next_resume(self) -> int | None:
        return None if self.then is None else self.then.next_resume()

    def last_resume(self) -> int | None:
        return None if self.then is None else self.then.last_resume()

    def observe_end(self, trial: TrialRecord) -> None:
        if self.then is not None:
            self.then.observe_end(trial)
