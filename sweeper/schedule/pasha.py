"""PASHA: the longest training grows only while longer ones still change the ranking."""

from __future__ import annotations

import heapq
import math
import re
from collections.abc import Collection, Sequence
from itertools import combinations, pairwise

from sweeper.model.assignment import Decision
from sweeper.model.encoding import Json
from sweeper.model.milestones import Milestones
from sweeper.model.trial import TrialRecord
from sweeper.schedule.asha import check_rungs, rule_of, rungs_between
from sweeper.schedule.halving import Halving
from sweeper.schedule.scheduler import Note, Progress

_COMPARED = 30
_SHARE = 0.9
_WRITTEN = re.compile(r"largest rung (\d+)")


class PASHA:
    """Train no longer than it takes to know which trials are the best.

    As ASHA's promotion, with a largest rung, at which everybody waits: the second one at
    first. Whenever a trial comes to it, the best 30 there are ranked by their scores at it and
    at the rung below. Where the rankings differ by more than noise, the next rung becomes the
    largest one. At the end the best of those that wait furthest is trained to the end.
    The noise is the 90th percentile of the distances between trials whose curves have crossed
    twice. A trial without a checkpoint could not go on later, so that no rung is the largest
    for it: it is under ASHA's stopping rule. Without max_steps, the first trial at each rung
    goes on to the end, so that the length of a training is known.

    Example:
        >>> PASHA(min_steps=1, max_steps=81).milestones(trial=0).after(9)
        27

    Args:
        min_steps: the first rung: no trial is stopped before it.
        max_steps: the length of a full training; without it, rungs go on for ever.
        reduction_factor: how many trials come to a rung for each that passes; from 2.

    Raises:
        SweeperError: the steps or the factor make no rungs.

    Source: Bohdal et al., "PASHA: Efficient HPO and NAS with Progressive Resource Allocation",
    ICLR 2023. Only the best 30 are compared, so that a decision stays cheap.
    """

    def __init__(
        self, min_steps: int = 1, max_steps: int | None = None, reduction_factor: int = 3
    ) -> None:
        check_rungs("PASHA", min_steps, max_steps, reduction_factor)
        rule = rule_of("PASHA", "auto")
        self._options: dict[str, Json] = {
            "min_steps": min_steps,
            "max_steps": max_steps,
            "reduction_factor": reduction_factor,
        }
        milestones = rungs_between(min_steps, max_steps, reduction_factor, rule)
        self._halving = Halving(milestones, reduction_factor, rule)
        self._halving.top = min_steps * reduction_factor
        self._factor = reduction_factor
        self._curves: dict[int, dict[int, float]] = {}
        self._scores: dict[int, dict[int, float]] = {}
        self._best: list[tuple[float, int]] = []
        self._retold = False
        self._unwritten: list[Note] = []

    def describe(self) -> dict[str, Json]:
        """Write the scheduler's options as JSON."""
        return {"kind": "pasha", **self._options}

    def milestones(self, trial: int) -> Milestones:
        return self._halving.milestones

    def decide(self, report: Progress) -> Decision:
        self._curves.setdefault(report.trial, {}).setdefault(report.step, report.score)
        for milestone in self._halving.milestones.crossed(report.before, report.step):
            scores = self._scores.setdefault(milestone, {})
            if report.trial not in scores:
                scores[report.trial] = report.score
                if milestone == self._top:
                    self._come(report.trial, report.score)
        return self._halving.decide(report)

    @property
    def _top(self) -> int:
        return self._halving.top or 0

    def _come(self, trial: int, score: float) -> None:
        """Let a trial come to the largest rung, which may be too small for telling who is best."""
        if self._retold:
            return
        entry = (score, -trial)
        if len(self._best) == _COMPARED:
            if entry < self._best[0]:
                return
            heapq.heapreplace(self._best, entry)
        else:
            heapq.heappush(self._best, entry)
        if not self._is_settled():
            self._grow()

    def _grow(self) -> None:
        self._halving.top = self._top * self._factor
        self._unwritten.append(Note(None, f"largest rung {self._top}: the ranking still changes"))
        self._rank()

    def _rank(self) -> None:
        scores = self._scores.get(self._top, {})
        self._best = heapq.nlargest(_COMPARED, ((score, -t) for t, score in scores.items()))
        heapq.heapify(self._best)

    def _is_settled(self) -> bool:
        """Tell whether the best rank at the largest rung as at the one below, but for noise."""
        trials = [-minus for _, minus in self._best]
        now, before = self._scores[self._top], self._scores[self._top // self._factor]
        ranked_now = sorted(trials, key=lambda trial: (-now[trial], trial))
        ranked_before = sorted(trials, key=lambda trial: (-before[trial], trial))
        if ranked_now == ranked_before:
            return True
        noise = self._noise(trials, now)
        return all(
            _distance(now[one], now[other]) <= noise
            for one, other in zip(ranked_now, ranked_before)
        )

    def _noise(self, trials: list[int], now: dict[int, float]) -> float:
        distances = sorted(
            _distance(now[one], now[other])
            for one, other in combinations(trials, 2)
            if self._cross_twice(one, other)
        )
        return distances[math.ceil(_SHARE * len(distances)) - 1] if distances else 0.0

    def _cross_twice(self, one: int, other: int) -> bool:
        ours, theirs = self._curves[one], self._curves[other]
        signs = [
            ours[step] > theirs[step]
            for step in sorted(ours)
            if step <= self._top and step in theirs and ours[step] != theirs[step]
        ]
        return sum(early != late for early, late in pairwise(signs)) >= 2

    def next_resume(self) -> int | None:
        return self._halving.next_resume()

    def last_resume(self) -> int | None:
        """Give the best of the highest rung that anybody waits at, if it is the best there."""
        found = self._halving.furthest_waiting()
        if found is None:
            return None
        milestone, trial = found
        scores = self._scores[milestone]
        done = [scores[t] for t in self._halving.completed if t in scores]
        if done and max(done) >= scores[trial]:
            return None
        self._halving.rungs[milestone].go_on(trial)
        return trial

    def observe_end(self, trial: TrialRecord) -> None:
        self._halving.observe_end(trial)

    def take_up(self, paused: Collection[int]) -> None:
        self._retold = False
        self._rank()
        self._halving.take_up(paused)

    def notes(self) -> Sequence[Note]:
        unwritten, self._unwritten = self._unwritten, []
        return unwritten

    def recall(self, notes: Sequence[Note]) -> None:
        self._retold = True
        for _, text in notes:
            written = _WRITTEN.match(text)
            if written:
                self._halving.top = int(written[1])


def _distance(one: float, other: float) -> float:
    return 0.0 if one == other else abs(one - other)
