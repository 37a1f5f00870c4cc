"""What the trials of a sweep add up to: how many stand where, the best of them, what they took."""

from __future__ import annotations

from collections import Counter

from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import Goal
from sweeper.model.trial import TrialRecord
from sweeper.store.recording import Sums


class Tally:
    """Count trials by their status, and sum up those that have ended.

    longest is the last step of the longest completed trial, furthest that of any, first_errors
    what the failed ones said; since_best counts the trials that brought nothing better.
    """

    def __init__(self, goal: Goal) -> None:
        self.counts: Counter[TrialStatus] = Counter()
        self.best: tuple[int, float] | None = None
        self.failed_in_a_row = 0
        self.first_errors: list[str] = []
        self.since_best = 0
        self.gpu_seconds = 0.0
        self.steps_done = 0
        self.longest = 0
        self.furthest = 0
        self._goal = goal

    def sums(self, active_seconds: float, updated: float) -> Sums:
        """Give what is recorded of the whole sweep."""
        number, value = self.best or (None, None)
        return Sums(
            active_seconds=active_seconds,
            gpu_seconds=self.gpu_seconds,
            best_trial=number,
            best_value=value,
            updated=updated,
        )

    def add(self, trial: TrialRecord) -> None:
        """Add a trial that has ended."""
        begun = trial.copied.step if trial.copied is not None else 0
        self.steps_done += max(0, trial.last_step - begun)
        if trial.status is TrialStatus.FAILED:
            self.failed_in_a_row += 1
            self.first_errors.append(trial.error or "")
        elif trial.status is not TrialStatus.CANCELLED:
            self.failed_in_a_row = 0
            self.since_best += 1
        if trial.status is TrialStatus.COMPLETED and trial.value is not None:
            self.longest = max(self.longest, trial.last_step)
            if self.best is None or self._goal.better(trial.value, self.best[1]):
                self.best = (trial.number, trial.value)
                self.since_best = 0
