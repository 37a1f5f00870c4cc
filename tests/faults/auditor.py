"""The auditor: reads a store, and says what does not hold of a sweep in it.

It asks sweeper.store.questions alone and knows nothing of how the sweep was driven.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from sweeper.model.event import TRIAL_PAUSED
from sweeper.model.lifecycle import (
    ENDED,
    LIVE,
    NEVER_RETRIED,
    TRIAL_AFTER,
    AttemptStatus,
    Chance,
    SweepStatus,
    TrialStatus,
    Wish,
)
from sweeper.model.sweep import Options, SweepRecord
from sweeper.model.trial import AttemptRecord, TrialRecord
from sweeper.store import questions
from sweeper.store.store import Store

A = AttemptStatus
_SPENT = (TrialStatus.FAILED, TrialStatus.PRUNED, TrialStatus.CANCELLED)
_EXPLAINED = {TrialStatus.PAUSED: (TrialStatus.PAUSED, TrialStatus.WAITING)}


class Audit:
    """One sweep as its store tells it; each check gives a sentence for what does not hold."""

    def __init__(self, store: Store, name: str) -> None:
        self.sweep: SweepRecord = questions.find_sweep(store, name)
        self.options: Options = self.sweep.asked()
        self.goals = {goal.metric: goal.mode.value for goal in self.sweep.goals().goals}
        self.trials: list[TrialRecord] = questions.list_trials(store, self.sweep.id)
        self.attempts: dict[int, list[AttemptRecord]] = defaultdict(list)
        for attempt in questions.list_attempts(store, self.sweep.id):
            self.attempts[attempt.trial].append(attempt)
        self.events = questions.list_events(store, self.sweep.id)
        self.paused = {
            (event["trial"], event["attempt"])
            for event in self.events
            if event["kind"] == TRIAL_PAUSED
        }
        self.curves = {
            trial.number: questions.trial_metrics(store, self.sweep.id, trial.number)
            for trial in self.trials
        }
        self.texts: dict[tuple[int, int], str] = defaultdict(str)
        for trial in self.trials:
            for piece in questions.read_logs(store, self.sweep.id, trial.number):
                if piece.stream == "stdout":
                    self.texts[trial.number, piece.attempt] += piece.text

    def findings(self, *, times_hold: bool = True) -> list[str]:
        """Say all that must hold of any sweep at any time, and does not.

        Times tell nothing where a clock was set back.
        """
        checks = [
            self.numbers(),
            self.attempt_numbers(),
            self.live_attempts(),
            self.ends(),
            self.counters(),
            self.best(),
            self.doubled_events(),
            self.summaries(),
        ]
        if times_hold:
            checks.append(self.overlaps())
        return [finding for check in checks for finding in check]

    def numbers(self) -> Iterator[str]:
        """Each trial stands there once, numbered from 0."""
        found = [trial.number for trial in self.trials]
        if found != list(range(len(found))):
            yield f"the trials are numbered {found}"

    def attempt_numbers(self) -> Iterator[str]:
        """Attempts are numbered from 1 without gaps, and the trial knows how many."""
        for trial in self.trials:
            found = [attempt.number for attempt in self.attempts[trial.number]]
            if found != list(range(1, trial.attempts + 1)):
                yield f"trial {trial.number} counts {trial.attempts} attempts and has {found}"

    def live_attempts(self) -> Iterator[str]:
        """A trial runs exactly while one attempt lives, and nothing runs without a controller."""
        for trial in self.trials:
            live = [a.number for a in self.attempts[trial.number] if a.status in LIVE]
            if len(live) != (trial.status is TrialStatus.RUNNING):
                yield f"trial {trial.number} is {trial.status} with the live attempts {live}"

    def overlaps(self) -> Iterator[str]:
        """Of the same trial, an attempt begins only when the one before has ended."""
        for number, attempts in self.attempts.items():
            for before, after in pairwise(attempts):
                if before.ended is None or before.ended > after.created:
                    yield f"trial {number}: attempt {after.number} began before the last ended"

    def ends(self) -> Iterator[str]:
        """How a trial stands follows from its last attempt, or somebody cancelled it."""
        for trial in self.trials:
            attempts = self.attempts[trial.number]
            if not attempts:
                expected: tuple[TrialStatus, ...] = (TrialStatus.WAITING,)
            elif attempts[-1].status in LIVE:
                expected = (TrialStatus.RUNNING,)
            else:
                expected = self._after(trial, attempts[-1])
            may_be_cancelled = not set(expected) & ENDED
            if trial.status is TrialStatus.CANCELLED and may_be_cancelled:
                continue
            if attempts and (trial.number, attempts[-1].number) in self.paused:
                # Its scheduler lets it go on, or has found at the end that it need not.
                at_end = {TrialStatus.COMPLETED} if trial.last_step == self.furthest() else set()
                expected = tuple(
                    {*expected} - {TrialStatus.WAITING} | {TrialStatus.PRUNED} | at_end
                )
            if trial.status not in expected:
                yield f"trial {trial.number} is {trial.status}, explained is {expected}"
            if (trial.ended is not None) != (trial.status in ENDED):
                yield f"trial {trial.number} is {trial.status} and ended at {trial.ended}"

    def furthest(self) -> int:
        """Give the furthest step that anybody has come to."""
        return max(trial.last_step for trial in self.trials)

    def _after(self, trial: TrialRecord, last: AttemptRecord) -> tuple[TrialStatus, ...]:
        after = TRIAL_AFTER.get((last.status, last.wish))
        if isinstance(after, Chance):
            spent = trial.failures > self.options.retries
            if after is Chance.LOSS:
                spent = trial.losses > self.options.losses
            over = spent or last.outcome in NEVER_RETRIED
            return (TrialStatus.FAILED if over else TrialStatus.WAITING,)
        return () if after is None else _EXPLAINED.get(after, (after,))

    def counters(self) -> Iterator[str]:
        """Failures and losses are those of the attempts, and within what was allowed."""
        for trial in self.trials:
            attempts = self.attempts[trial.number]
            failures = sum(a.status is A.FAILED for a in attempts)
            losses = sum(a.status is A.LOST and a.wish is Wish.NONE for a in attempts)
            if (trial.failures, trial.losses) != (failures, losses):
                yield (
                    f"trial {trial.number} counts {trial.failures} failures and {trial.losses} "
                    f"losses, its attempts {failures} and {losses}"
                )
            spent = failures > self.options.retries or losses > self.options.losses
            if spent and trial.status not in _SPENT:
                had = f"{failures} failures and {losses} losses"
                yield f"trial {trial.number} is {trial.status} after {had}"

    def summaries(self) -> Iterator[str]:
        """Steps lie without gaps, and a trial's summary says what its rows say."""
        for trial in self.trials:
            curves = self.curves[trial.number]
            if set(curves) != set(trial.summary):
                yield f"trial {trial.number} sums up {set(trial.summary)}, has {set(curves)}"
                continue
            for metric, curve in curves.items():
                problem = self._unlike(trial, metric, curve)
                if problem:
                    yield f"trial {trial.number}, {metric}: {problem}"

    def _unlike(self, trial: TrialRecord, metric: str, curve: questions.Curve) -> str | None:
        summary = trial.summary[metric]
        if curve.steps != list(range(1, len(curve.steps) + 1)):
            return f"the steps are {curve.steps}"
        whole = trial.status in (TrialStatus.COMPLETED, TrialStatus.PRUNED)
        if whole and trial.last_step != len(curve.steps):
            return f"the last step is {trial.last_step}, the rows go to {len(curve.steps)}"
        values = [value for value in curve.values if math.isfinite(value)]
        if summary["step"] != trial.last_step or trial.last_step > len(curve.steps):
            return f"it sums up step {summary['step']}, the last one is {trial.last_step}"
        told = {"min": min(values), "max": max(values), "last": curve.values[trial.last_step - 1]}
        if metric in self.goals:
            told["best"] = told[self.goals[metric]]
        for name, value in told.items():
            if summary.get(name) != value:
                return f"its {name} is {summary.get(name)}, the rows say {value}"
        return None

    def best(self) -> Iterator[str]:
        """The best trial is the best of the completed ones."""
        goal = self.sweep.goals().first
        done = [t for t in self.trials if t.status is TrialStatus.COMPLETED and t.value is not None]
        if not done:
            if self.sweep.best_trial is not None:
                yield f"the best trial is {self.sweep.best_trial}, and none is completed"
            return
        best = max(goal.score(trial.value) for trial in done if trial.value is not None)
        named = [trial for trial in done if trial.number == self.sweep.best_trial]
        if not named or goal.score(named[0].value or 0.0) != best:
            yield f"the best trial is {self.sweep.best_trial}, the best score is {best}"
        elif self.sweep.best_value != named[0].value:
            yield f"the best value is {self.sweep.best_value}, the trial's {named[0].value}"

    def doubled_events(self) -> Iterator[str]:
        """Nothing that happened is told twice."""
        told = Counter(
            tuple(event[name] for name in ("time", "kind", "text", "trial", "attempt"))
            for event in self.events
        )
        for event, times in told.items():
            if times > 1:
                yield f"told {times} times: {event}"

    def completion(self) -> Iterator[str]:
        """A sweep that came to its end has tried each trial that was asked for."""
        if self.sweep.status is not SweepStatus.COMPLETED:
            yield f"the sweep is {self.sweep.status}: {self.sweep.reason}"
        if len(self.trials) != self.options.trials:
            yield f"{self.options.trials} trials were asked for, {len(self.trials)} are there"
        left = [trial.number for trial in self.trials if trial.status not in ENDED]
        if left:
            yield f"the trials {left} have not ended"
        if self.sweep.lease is not None:
            yield f"process {self.sweep.lease.pid} still holds the lease"

    def values(self, compute: Callable[[TrialRecord, int], float]) -> Iterator[str]:
        """Values and reports are what the training computes for those parameters and seed."""
        for trial in self.trials:
            reported = [
                (step, value)
                for curve in self.curves[trial.number].values()
                for step, value in zip(curve.steps, curve.values)
            ]
            for step, value in reported:
                if value != compute(trial, step):
                    yield f"trial {trial.number}, step {step}: {value} was never reported"
            completed = trial.status is TrialStatus.COMPLETED
            if completed and trial.value != compute(trial, trial.last_step):
                yield f"trial {trial.number} has the value {trial.value}"

    def printed(self, text_of: Callable[[int], str], longest: int) -> Iterator[str]:
        """Each attempt has printed a beginning of the same text; a completed one all of it."""
        whole = text_of(longest)
        for trial in self.trials:
            for attempt in self.attempts[trial.number]:
                text = self.texts[trial.number, attempt.number]
                complete = attempt.status is A.SUCCEEDED
                if not whole.startswith(text) or (complete and text != whole):
                    yield f"trial {trial.number}, attempt {attempt.number} printed {text!r}"


def unlike(struck: Audit, whole: Audit, *, repeats: str) -> list[str]:
    """Say in what a sweep differs from an uninterrupted one: everything, or suggestions."""
    compared: dict[str, Callable[[TrialRecord], Any]] = {
        "params": lambda trial: trial.params,
        "seed": lambda trial: trial.seed,
    }
    if repeats == "everything":
        compared |= {
            "status": lambda trial: trial.status,
            "value": lambda trial: trial.value,
            "last_step": lambda trial: trial.last_step,
        }
    if repeats == "nothing":
        return []
    return list(_differences(struck.trials, whole.trials, compared))


def _differences(
    ours: Iterable[TrialRecord],
    theirs: Iterable[TrialRecord],
    compared: Mapping[str, Callable[[TrialRecord], Any]],
) -> Iterator[str]:
    for our, their in zip(ours, theirs):
        for name, read in compared.items():
            if read(our) != read(their):
                yield (
                    f"trial {our.number}: {name} is {read(our)}, uninterrupted it is {read(their)}"
                )
