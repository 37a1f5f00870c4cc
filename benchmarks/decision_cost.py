"""The cost of a scheduler's decision once 10,000 trials are known, beside Optuna's pruners.

Trials report 27 steps one after the other; timed are the decisions of a thousand more trials.
By dominance, each reports two objectives; a population trains twenty at a time.
Optuna's pruners answer trial.should_prune() on an in-memory study of 2,000 trials at most: its
own bookkeeping takes minutes for more.

Times are those of the processor. Run: python benchmarks/decision_cost.py [TRIALS]
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any

import optuna

from sweeper.model.assignment import Decision
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import build_objective
from sweeper.model.randomness import unit
from sweeper.model.trial import COPY, Copied
from sweeper.schedule import ASHA, PASHA, PBT, Hyperband, Median, Progress, Scheduler, StopIf
from sweeper.schedule.scheduler import Prepared
from sweeper.testing.fakes import LOSS, make_trial
from sweeper.testing.scheduler import make_curve, make_report

STEPS = 27
TIMED = 1_000
MOST_OF_OPTUNA = 2_000
TWO = build_objective(["loss", "size"], ["min", "min"])

OURS: dict[str, Callable[[], Scheduler]] = {
    "ASHA, stopping": lambda: ASHA(max_steps=STEPS, type="stopping"),
    "ASHA, promotion": lambda: ASHA(max_steps=STEPS, type="promotion"),
    "ASHA, delayed": lambda: ASHA(max_steps=STEPS, type="promotion", delayed=True),
    "ASHA, dominance": lambda: ASHA(max_steps=STEPS, type="promotion", metric="dominance"),
    "Hyperband": lambda: Hyperband(max_steps=STEPS),
    "PASHA": lambda: PASHA(max_steps=STEPS),
    "Median": lambda: Median(),
    "StopIf": lambda: StopIf(plateau=30),
}


def reports_of(trial: int) -> list[Progress]:
    """Make the reports of a trial, each with a checkpoint and a size, which stays as it is."""
    size = unit(trial, "size")
    return [
        replace(
            make_report(trial, step, value),
            checkpoint=step,
            metrics={"loss": value, "size": size},
        )
        for step, value in enumerate(make_curve(trial), 1)
    ]


def live(scheduler: Any, trial: int, done: int = 0) -> tuple[int, float, float]:
    """Let a trial report until it may not; gives how often, its seconds, and the longest."""
    spent, longest, count = 0.0, 0.0, 0
    decision = Decision.CONTINUE
    for report in reports_of(trial)[done:]:
        begun = time.thread_time()
        decision = scheduler.decide(report)
        seconds = time.thread_time() - begun
        spent, longest, count = spent + seconds, max(longest, seconds), count + 1
        if decision is not Decision.CONTINUE:
            break
    if decision is not Decision.PAUSE:
        status = TrialStatus.COMPLETED if decision is Decision.CONTINUE else TrialStatus.PRUNED
        scheduler.observe_end(replace(make_trial(trial, status=status), last_step=done + count))
    return count, spent, longest


def ours(make: Callable[[], Scheduler], trials: int) -> tuple[float, float, float]:
    """Give the seconds of a decision, of the longest one, and of asking who goes on."""
    scheduler: Any = make()
    if isinstance(scheduler, Prepared):
        scheduler.prepare(7, TWO)
    reached: dict[int, int] = {}
    counts, spent, longest, asking = 0, 0.0, 0.0, 0.0
    for trial in range(trials + TIMED):
        count, seconds, slowest = live(scheduler, trial)
        reached[trial] = count
        begun = time.thread_time()
        resumed = scheduler.next_resume()
        asked = time.thread_time() - begun
        if trial >= trials:
            counts, spent, longest = counts + count, spent + seconds, max(longest, slowest)
            asking += asked
        while resumed is not None:
            reached[resumed] += live(scheduler, resumed, reached[resumed])[0]
            resumed = scheduler.next_resume()
    return spent / counts, longest, asking / TIMED


class Population:
    """Train twenty members in turn; whoever ends or is replaced makes room for another."""

    def __init__(self, trials: int) -> None:
        self.first_timed = trials
        self.pbt = PBT(20, 4)
        self.pbt.prepare(7, LOSS)
        self.steps: dict[int, int] = {}
        self.waiting: dict[int, int] = {}
        self.begun = 0
        self.decisions: list[float] = []
        self.asking: list[float] = []

    def costs(self) -> tuple[float, float, float]:
        """Give the seconds of a decision, of the longest one, and of asking who goes on."""
        while self.begun < self.first_timed + TIMED:
            self.fill()
            for trial in list(self.steps):
                self.report(trial)
        mean = sum(self.decisions) / len(self.decisions)
        return mean, max(self.decisions), sum(self.asking) / len(self.asking)

    def fill(self) -> None:
        self.pbt.allow(self.first_timed + TIMED - self.begun, new=True)
        begun = time.thread_time()
        copies = list(self.pbt.copies())
        resumed = None if copies else self.pbt.next_resume()
        if self.begun >= self.first_timed:
            self.asking.append(time.thread_time() - begun)
        for copy in copies:
            self.end(copy.replaces, TrialStatus.PRUNED)
            self.begin(copy)
        if resumed is not None:
            self.steps[resumed] = self.waiting.pop(resumed)
        while self.pbt.wants_new():
            self.begin(None)

    def begin(self, copy: Copied | None) -> None:
        trial = make_trial(self.begun, status=TrialStatus.RUNNING)
        if copy is not None:
            trial = replace(trial, origin=COPY, memory=asdict(copy))
        self.pbt.observe_start(trial)
        self.steps[self.begun] = 0 if copy is None else copy.step
        self.begun += 1

    def report(self, trial: int) -> None:
        before = self.steps[trial]
        report = reports_of(trial)[before]
        self.steps[trial] = before + 1
        begun = time.thread_time()
        decision = self.pbt.decide(report)
        if self.begun >= self.first_timed:
            self.decisions.append(time.thread_time() - begun)
        self.pbt.notes()
        if decision is Decision.PAUSE:
            self.waiting[trial] = self.steps.pop(trial)
        elif before + 1 == STEPS:
            self.end(trial, TrialStatus.COMPLETED)

    def end(self, trial: int, status: TrialStatus) -> None:
        step = self.steps.pop(trial, None) or self.waiting.pop(trial)
        self.pbt.observe_end(replace(make_trial(trial, status=status), last_step=step))


def optunas(pruner: optuna.pruners.BasePruner, trials: int, timed: int) -> float:
    """Give the seconds of one should_prune()."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.filterwarnings("ignore")
    study = optuna.create_study(pruner=pruner, sampler=optuna.samplers.RandomSampler(seed=0))
    costs = [cost for number in range(trials + timed) for cost in asked(study, number, trials)]
    return sum(costs) / len(costs)


def asked(study: optuna.Study, number: int, trials: int) -> Iterator[float]:
    """Let a trial report; asking grows with the trials, so that it is spared until it is timed."""
    trial, timed = study.ask(), number >= trials
    last = STEPS if timed or number % 3 == 0 else 1 + 2 * (number % 3)
    pruned = last < STEPS
    for step, value in enumerate(make_curve(number)[:last], 1):
        trial.report(value, step)
        if timed:
            begun = time.thread_time()
            pruned = trial.should_prune()
            yield time.thread_time() - begun
        if timed and pruned:
            break
    state = optuna.trial.TrialState.PRUNED if pruned else optuna.trial.TrialState.COMPLETE
    study.tell(trial, None if pruned else value, state=state)


def main() -> None:
    """Measure all and print them."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print(f"{trials:,} trials known, microseconds")
    print(f"{'':24}{'decision':>10}{'longest':>10}{'who goes on':>13}")
    costs = {}
    for name, make in OURS.items():
        costs[name], longest, asking = ours(make, trials)
        print(f"{name:24}{costs[name] * 1e6:10.2f}{longest * 1e6:10.0f}{asking * 1e6:13.2f}")
    mean, longest, asking = Population(trials).costs()
    print(f"{'PBT':24}{mean * 1e6:10.2f}{longest * 1e6:10.0f}{asking * 1e6:13.2f}")
    fewer = min(trials, MOST_OF_OPTUNA)
    halving = optunas(optuna.pruners.SuccessiveHalvingPruner(1, 3, 0), fewer, 20)
    median = optunas(optuna.pruners.MedianPruner(), fewer, 20)
    print(f"Optuna with {fewer:,} trials known")
    print(f"{'halving':24}{halving * 1e6:10.2f}")
    print(f"{'median':24}{median * 1e6:10.2f}")
    print(f"ratio, halving: {halving / costs['ASHA, stopping']:8.1f}")
    print(f"ratio, median:  {median / costs['Median']:8.1f}")


if __name__ == "__main__":
    main()
