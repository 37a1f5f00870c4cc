"""Probes: a few trials that really run ahead of a sweep, so that something is known of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from sweeper.launching.launch import launch
from sweeper.launching.prepare import Wanted
from sweeper.model.assignment import Decision
from sweeper.model.milestones import Milestones
from sweeper.model.sweep import SweepRecord
from sweeper.model.trial import TrialRecord
from sweeper.planning.evidence import Evidence, evidence_of
from sweeper.schedule.named import asks_to_save
from sweeper.schedule.scheduler import Progress, Scheduler
from sweeper.search.named import ready_pruning
from sweeper.store import questions

_NO_LIMITS = ("time", "gpu_hours", "target", "patience")


@dataclass(frozen=True)
class Sparing:
    """A sweep's scheduler that lets all go on: they save where its trials would, and end."""

    scheduler: Scheduler

    def milestones(self, trial: int) -> Milestones:
        return self.scheduler.milestones(trial)

    def decide(self, report: Progress) -> Decision:
        return Decision.CONTINUE

    def next_resume(self) -> int | None:
        return None

    def observe_end(self, trial: TrialRecord) -> None:
        return None


def probed(
    wanted: Wanted, sweep: SweepRecord, probe: int, aside: Path
) -> tuple[Evidence | None, str | None]:
    """Run a few trials to their ends, recorded in a store that is soon gone.

    Gives what they tell, or why they tell nothing.
    """
    scheduler = _sparing(wanted, sweep)
    url = f"sqlite:///{aside}/probe.db"
    given = {
        **wanted.given,
        **dict.fromkeys(_NO_LIMITS),
        "trials": probe,
        "name": "probe",
        "resume": "never",
        "search": "random",
        "learn_from": None,
        "scheduler": scheduler,
        "replicates": 1,
        "constraints": None,
        "baseline": False,
        "points": (),
        "store": url,
        "progress": False,
        "wait": True,
        "seed": sweep.seed,
    }
    launched = launch(wanted.function, {}, given)
    try:
        record = questions.find_sweep(launched.store, "probe")
        evidence = evidence_of(launched.store, [record], wanted.objective.metrics)
        trials = questions.list_trials(launched.store, record.id)
    finally:
        launched.store.close()
    if evidence is None:
        error = next((trial.error for trial in trials if trial.error), "it gave no result")
        return None, f"There is no forecast, because every probe failed: {error}"
    if scheduler is not None and evidence.saves is None:
        evidence = replace(evidence, saves=False)
    return evidence, None


def _sparing(wanted: Wanted, sweep: SweepRecord) -> Sparing | None:
    """Give what asks probes for checkpoints, where the sweep's scheduler asks its trials."""
    given = wanted.given.get("scheduler")
    scheduler = ready_pruning(sweep.asked().scheduler, wanted.objective, sweep.seed, given)
    return Sparing(scheduler) if scheduler is not None and asks_to_save(scheduler) else None
