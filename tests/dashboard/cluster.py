"""Sweeps as a busy cluster would have recorded them: workers, rungs, losses, two objectives."""

from __future__ import annotations

import heapq
import math
import random
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sweeper.clock import SettableClock
from sweeper.model.domain import Domain
from sweeper.model.event import AttemptKey
from sweeper.model.lifecycle import AttemptStatus, Outcome, SweepStatus, TrialStatus
from sweeper.model.objective import build_objective
from sweeper.model.resources import Resources
from sweeper.model.space import SearchSpace
from sweeper.model.sweep import Options, SweepRecord
from sweeper.model.trial import AttemptRecord, TrialRecord
from sweeper.store.leases import acquire
from sweeper.store.questions import find_sweep
from sweeper.store.recording import Changes, create_sweep
from sweeper.store.store import Store
from tests.dashboard.factory import SPACE, Driven

RUNGS = (1, 3, 9)
STEPS = 27
FACTOR = 3
_STEP_SECONDS = 20.0
_BEGAN = 1_790_000_000.0


@dataclass(slots=True)
class Cluster:
    """What is known of the workers and the rungs while a sweep is made up."""

    driven: Driven
    draw: random.Random
    metrics: tuple[str, ...]
    free: list[tuple[float, int, str]]
    rungs: dict[int, list[float]] = field(default_factory=lambda: {rung: [] for rung in RUNGS})

    def seat(self) -> tuple[float, int, str]:
        """Take the worker that is free first."""
        return heapq.heappop(self.free)

    def leave(self, when: float, slot: int, host: str) -> None:
        """Give a worker back."""
        heapq.heappush(self.free, (when, slot, host))


def run_on_cluster(
    store: Store,
    name: str,
    count: int,
    *,
    metrics: Sequence[str] = ("val_loss",),
    space: dict[str, Domain] | None = None,
    workers: int = 12,
) -> Driven:
    """Record a completed sweep of so many trials under ASHA with factor 3 and rungs 1, 3, 9."""
    driven = _start(store, name, count, tuple(metrics), space or SPACE)
    hosts = [f"node-{1 + slot // 4}" for slot in range(workers)]
    free = [(_BEGAN + slot, slot, host) for slot, host in enumerate(hosts)]
    cluster = Cluster(driven, random.Random(name), tuple(metrics), free)
    changes = Changes()
    made = [_run(cluster, changes, number) for number in range(count)]
    done = [trial for trial in made if trial.status is TrialStatus.COMPLETED]
    if done:
        best = min(done, key=lambda trial: trial.value or math.inf)
        changes.sweep.update(best_trial=best.number, best_value=best.value)
    ended = max((trial.ended or 0.0 for trial in made), default=_BEGAN)
    changes.sweep.update(status=SweepStatus.COMPLETED.value, ended=ended)
    driven.write(changes)
    return driven


def _start(
    store: Store, name: str, count: int, metrics: tuple[str, ...], space: dict[str, Domain]
) -> Driven:
    asha = {"kind": "asha", "min_steps": 1, "max_steps": STEPS, "reduction_factor": FACTOR}
    sweep = SweepRecord(
        id=0,
        name=name,
        status=SweepStatus.RUNNING,
        objective=tuple(build_objective(metrics, ["min"] * len(metrics)).describe()),
        space=SearchSpace(domains=space, fixed={"epochs": STEPS}).describe(),
        options=Options(
            trials=count,
            search={"kind": "tpe"},
            scheduler=asha if len(metrics) == 1 else None,
            resources=Resources(gpus=0.5),
        ).describe(),
        seed=7,
        function="examples.vision:train",
        function_hash="0" * 16,
        provenance={
            "python": "3.12.4",
            "commit": "4f1c2d9",
            "packages": {"torch": "2.9.0", "numpy": "2.4.6"},
        },
        project="vision",
        created=_BEGAN,
        updated=_BEGAN,
    )
    create_sweep(store, sweep)
    found = find_sweep(store, name)
    clock = SettableClock(_BEGAN + 86_400)
    return Driven(store=store, sweep=found, holder=acquire(store, found, clock), clock=clock)


def _run(cluster: Cluster, changes: Changes, number: int) -> TrialRecord:
    draw = cluster.draw
    space = cluster.driven.sweep.search_space()
    params = space.build(lambda _, domain: domain.at(draw.random()))
    losses = _losses(params, draw)
    fails = draw.random() < 0.03
    began, slot, host = cluster.seat()
    pace = _STEP_SECONDS * draw.uniform(0.6, 1.6)
    steps = 1 if fails else _steps(cluster, losses)
    lost = draw.random() < 0.04
    first = began
    if lost:
        gone = began + pace * draw.uniform(0.2, steps)
        _attempt(changes, (number, 1), (host, slot), (began, gone), Outcome.LOST_NODE)
        cluster.leave(gone + draw.uniform(60, 400), slot, host)
        began, slot, host = cluster.seat()
        began = max(began, gone)
    ended = began + pace * steps
    cluster.leave(ended + draw.uniform(0, 3), slot, host)
    trial = _trial(cluster, number, space.encode(params), losses[:steps], fails=fails)
    outcome = {
        TrialStatus.COMPLETED: Outcome.SUCCEEDED,
        TrialStatus.PRUNED: Outcome.PRUNED,
        TrialStatus.FAILED: Outcome.ERROR,
    }[trial.status]
    _attempt(changes, (number, 1 + lost), (host, slot), (began, ended), outcome)
    if not fails:
        _report(cluster, changes, number, losses[:steps], (began, pace))
    made = replace(
        trial,
        attempts=1 + lost,
        losses=int(lost),
        created=first,
        started=first,
        ended=ended,
        duration=pace * steps,
    )
    changes.new_trials[number] = made
    return made


def _steps(cluster: Cluster, losses: list[float]) -> int:
    if len(cluster.metrics) > 1:
        return STEPS
    for rung in RUNGS:
        known = cluster.rungs[rung]
        insort(known, losses[rung - 1])
        if len(known) >= FACTOR and losses[rung - 1] > known[len(known) // FACTOR - 1]:
            return rung
    return STEPS


def _losses(params: dict[str, object], draw: random.Random) -> list[float]:
    lr, dropout = params.get("lr"), params.get("dropout")
    miss = abs(math.log10(lr) + 2.7) if isinstance(lr, float) else draw.random()
    floor = 0.14 + 0.07 * miss**1.6 + draw.random() * 0.05
    if isinstance(dropout, float):
        floor += 0.6 * (dropout - 0.2) ** 2
    if params.get("optimizer") == "sgd":
        floor += 0.04
    speed = 3 + 2 * miss
    return [
        floor + 2.1 * math.exp(-step / speed) + draw.gauss(0, 0.008) for step in range(1, STEPS + 1)
    ]


def _second(params: object, losses: Sequence[float], draw: random.Random) -> float:
    hidden = params.get("hidden", 128) if isinstance(params, dict) else 128
    layers = params.get("n_layers", 4) if isinstance(params, dict) else 4
    return 0.4 + 0.002 * hidden + 0.3 * layers + draw.random() * 0.6 + 0.2 / losses[-1]


def _trial(
    cluster: Cluster, number: int, params: dict[str, object], losses: list[float], *, fails: bool
) -> TrialRecord:
    whole = len(losses) == STEPS
    status = TrialStatus.COMPLETED if whole else TrialStatus.PRUNED
    values = (losses[-1], *(_second(params, losses, cluster.draw) for _ in cluster.metrics[1:]))
    summary = {
        "val_loss": {"last": losses[-1], "min": min(losses), "max": max(losses), "best": losses[-1]}
    }
    summary["val_accuracy"] = {"last": 1 / (1 + losses[-1]), "min": 0.1, "max": 1.0}
    for name, value in zip(cluster.metrics[1:], values[1:], strict=True):
        summary[name] = {"last": value, "min": value, "max": value}
    return TrialRecord(
        number=number,
        status=TrialStatus.FAILED if fails else status,
        params=params,
        seed=number,
        origin="baseline" if number == 0 else "search",
        value=None if fails or len(cluster.metrics) > 1 else losses[-1],
        values=values if len(cluster.metrics) > 1 and whole and not fails else None,
        summary={} if fails else summary,
        last_step=0 if fails else len(losses),
        error="RuntimeError: CUDA out of memory" if fails else None,
    )


def _report(
    cluster: Cluster,
    changes: Changes,
    number: int,
    losses: list[float],
    when: tuple[float, float],
) -> None:
    began, pace = when
    for step, loss in enumerate(losses, start=1):
        moment = began + pace * step
        changes.metrics[number, "val_loss", step] = (loss, moment, 1)
        changes.metrics[number, "val_accuracy", step] = (1 / (1 + loss), moment, 1)


def _attempt(
    changes: Changes,
    key: tuple[int, int],
    place: tuple[str, int],
    when: tuple[float, float],
    outcome: Outcome,
) -> None:
    statuses = {
        Outcome.SUCCEEDED: AttemptStatus.SUCCEEDED,
        Outcome.PRUNED: AttemptStatus.STOPPED,
        Outcome.ERROR: AttemptStatus.FAILED,
        Outcome.LOST_NODE: AttemptStatus.LOST,
    }
    host, slot = place
    changes.new_attempts[AttemptKey(*key)] = AttemptRecord(
        trial=key[0],
        number=key[1],
        status=statuses[outcome],
        outcome=outcome,
        host=host,
        pid=4000 + key[0],
        devices=(str(slot % 4),),
        created=when[0],
        started=when[0],
        ended=when[1],
        error_type="RuntimeError" if outcome is Outcome.ERROR else None,
        error="CUDA out of memory" if outcome is Outcome.ERROR else None,
    )
