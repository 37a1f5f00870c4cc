"""The median stopping rule."""

from __future__ import annotations

from sweeper.errors import SweeperError
from sweeper.model.assignment import Decision
from sweeper.model.encoding import Json
from sweeper.model.milestones import RUNG_FACTOR, Milestones
from sweeper.model.trial import TrialRecord
from sweeper.schedule.rank import RunningMedian
from sweeper.schedule.scheduler import Progress


class Median:
    """Stop a trial whose best so far is worse than the median of the others' averages.

    At each step the trial's best score is compared with the median, over all other trials that
    have come as far, of their average score up to that step.

    Example:
        >>> Median(min_steps=3).milestones(trial=0).after(0)
        3

    Args:
        min_steps: no trial is stopped before this step.
        min_trials: nobody is stopped at a step which fewer other trials have reached.

    Raises:
        SweeperError: an argument is no whole number from 1.

    Source: Golovin et al., "Google Vizier: A Service for Black-Box Optimization", KDD 2017.
    """

    def __init__(self, min_steps: int = 1, min_trials: int = 5) -> None:
        for name, value in (("min_steps", min_steps), ("min_trials", min_trials)):
            if type(value) is not int or value < 1:
                raise SweeperError(
                    f"Median got {name} = {value!r}", hint="Use a whole number from 1."
                )
        self._min_steps = min_steps
        self._min_trials = min_trials
        self._averages: dict[int, RunningMedian] = {}
        self._curves: dict[int, _Curve] = {}

    def describe(self) -> dict[str, Json]:
        """Write the scheduler's options as JSON."""
        return {"kind": "median", "min_steps": self._min_steps, "min_trials": self._min_trials}

    def milestones(self, trial: int) -> Milestones:
        first = self._min_steps
        rungs = Milestones(first=first, factor=RUNG_FACTOR)
        return Milestones(first=first, every=1, compares=False, also=rungs)

    def decide(self, report: Progress) -> Decision:
        curve = self._curves.get(report.trial)
        if curve is None:
            curve = self._curves[report.trial] = _Curve()
        judged = curve.judged.get(report.step)
        if judged is None:
            judged = curve.judged[report.step] = self._compared(curve, report)
        median, others = judged
        if report.step < self._min_steps or others < self._min_trials or median is None:
            return Decision.CONTINUE
        return Decision.STOP if curve.best < median else Decision.CONTINUE

    def _compared(self, curve: _Curve, report: Progress) -> tuple[float | None, int]:
        """Count a report in, and give the median of those before it and how many they are."""
        at_step = self._averages.get(report.step)
        if at_step is None:
            at_step = self._averages[report.step] = RunningMedian()
        found = at_step.value, len(at_step)
        curve.add(report.score)
        at_step.add(curve.average)
        return found

    def next_resume(self) -> int | None:
        return None

    def observe_end(self, trial: TrialRecord) -> None:
        self._curves.pop(trial.number, None)


class _Curve:
    """A trial's running average and best, and what it was measured against at each step."""

    def __init__(self) -> None:
        self.best = float("-inf")
        self.judged: dict[int, tuple[float | None, int]] = {}
        self._sum = 0.0
        self._count = 0

    def add(self, score: float) -> None:
        self.best = max(self.best, score)
        self._sum += score
        self._count += 1

    @property
    def average(self) -> float:
        return self._sum / self._count
