"""What a sweep has shown so far: each trial's score at each rung, whoever asked in what order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import Objective
from sweeper.model.trial import TrialRecord
from sweeper.schedule.scheduler import Progress
from sweeper.search.coordinates import Coordinates
from sweeper.search.feasible import Degrees, Likely
from sweeper.search.searcher import Lesson

_FIRST_CAPACITY = 256
_UNDER_WAY = (TrialStatus.WAITING, TrialStatus.RUNNING)


class Level(NamedTuple):
    """One amount of resource: the trials that have a score there, ascending, and the scores.

    A trial is told by its place in the history, behind the earlier sweep's that were learnt from.
    """

    resource: float
    trials: Any
    scores: Any


class RungHistory:
    """Keep what was observed by place, so that the order of arrival leaves no trace.

    A score is the objective with more being better, minus infinity where it is not finite. The
    final values of completed trials form the highest level, whatever number of steps led there.
    Trials that turned out infeasible are on no level; likely says where there may be more of them,
    and is None while there are none.
    """

    def __init__(self, coordinates: Coordinates, objective: Objective) -> None:
        self._coordinates = coordinates
        self._goal = objective.first
        self._capacity = _FIRST_CAPACITY
        self.rows = np.full((self._capacity, coordinates.size), np.nan)
        self._first = 0
        self._known: set[int] = set()
        self.running: set[int] = set()
        self._rungs: dict[int, Any] = {}
        self._steps: dict[int, Any] = {}
        self._finals = np.full(self._capacity, np.nan)
        self._longest = 0
        self.values = 0
        self._levels: list[Level] | None = None
        self.degrees = Degrees(objective)
        self.likely: Likely | None = None

    def learn(self, lessons: Sequence[Lesson]) -> None:
        """Take note of earlier trials: they have the first places, and the sweep's own follow."""
        for lesson in lessons:
            self.observe(lesson.trial)
            for report, rungs in lesson.reports:
                self.observe_report(report, rungs)
        self._first = len(lessons)

    def suggested(self, number: int, row: Any) -> None:
        """Take note of a trial that is to run."""
        place = self._first + number
        self._make_room(place)
        self.rows[place] = row
        self._known.add(place)
        self.running.add(place)

    def observe(self, trial: TrialRecord) -> None:
        """Take note of how a trial stands."""
        place = self._first + trial.number
        if place not in self._known:
            self.suggested(trial.number, self._coordinates.written_row(trial.params))
        if trial.status in _UNDER_WAY:
            self.running.add(place)
        else:
            self.running.discard(place)
        if self.degrees.observe(place, trial):
            self._levels = None
        if trial.status is TrialStatus.COMPLETED:
            self._count(self._finals, place, self._goal.score(trial.value))
            self._longest = max(self._longest, trial.last_step)

    def observe_report(self, report: Progress, rungs: Sequence[int]) -> None:
        """Take note of a score at a rung; of several that one report has passed, at the highest."""
        rung, place = rungs[-1], self._first + report.trial
        self._make_room(place)
        if rung not in self._rungs:
            self._rungs[rung] = np.full(self._capacity, np.nan)
            self._steps[rung] = np.full(self._capacity, np.inf)
        if report.step <= self._steps[rung][place]:
            self._steps[rung][place] = report.step
            self._count(self._rungs[rung], place, report.score)

    def _count(self, scores: Any, place: int, score: float) -> None:
        self.values += bool(np.isnan(scores[place]))
        scores[place] = score
        self._levels = None

    def _make_room(self, place: int) -> None:
        while place >= self._capacity:
            self._capacity *= 2
        for where in (self._rungs, self._steps):
            for rung, known in where.items():
                where[rung] = self._grown(known, np.inf if where is self._steps else np.nan)
        self._finals = self._grown(self._finals, np.nan)
        if len(self.rows) < self._capacity:
            more = np.full((self._capacity - len(self.rows), self._coordinates.size), np.nan)
            self.rows = np.vstack([self.rows, more])

    def _grown(self, known: Any, blank: float) -> Any:
        missing = self._capacity - len(known)
        return np.concatenate([known, np.full(missing, blank)]) if missing else known

    @property
    def has_rungs(self) -> bool:
        """Whether a report has come to a rung."""
        return bool(self._rungs)

    def levels(self) -> list[Level]:
        """Give the levels that have scores, the lowest first."""
        if self._levels is None:
            self._levels = self._gathered()
        return self._levels

    def _gathered(self) -> list[Level]:
        scores = dict(self._rungs)
        if not np.isnan(self._finals).all():
            top = max([self._longest, *scores, 1])
            known = scores.get(top, self._finals)
            scores[top] = np.where(np.isnan(self._finals), known, self._finals)
        found = []
        for rung in sorted(scores):
            trials = np.flatnonzero(~np.isnan(scores[rung]))
            if self.degrees.infeasible:
                trials = np.setdiff1d(trials, sorted(self.degrees.infeasible))
            if len(trials):
                found.append(Level(float(rung), trials, scores[rung][trials]))
        return found

    def acquisition(self, least: int) -> Level | None:
        """Give the highest level with at least so many scores; None where there is none."""
        enough = [level for level in self.levels() if len(level.trials) >= least]
        return enough[-1] if enough else None

    def known(self) -> Any:
        """Give the trials that have a score somewhere, are infeasible or running, ascending."""
        scored = [level.trials for level in self.levels()]
        others = np.array(sorted(self.running | self.degrees.infeasible), dtype=int)
        found: Any = np.unique(np.concatenate([*scored, others]))
        return found

    def pending(self, level: Level) -> Any:
        """Give the running trials that have no score at a level yet, ascending."""
        return np.array(sorted(self.running.difference(level.trials.tolist())), dtype=int)
