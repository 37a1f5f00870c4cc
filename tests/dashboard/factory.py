"""Fills a store with sweeps as a controller would have recorded them."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sweeper_dashboard.trials import Trials

from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.model.domain import Domain
from sweeper.model.domains import choice, loguniform, randint, uniform
from sweeper.model.event import AttemptKey
from sweeper.model.lifecycle import AttemptStatus, Outcome, SweepStatus, TrialStatus
from sweeper.model.objective import build_objective
from sweeper.model.space import SearchSpace
from sweeper.model.sweep import LeaseHolder, Options, SweepRecord
from sweeper.model.trial import AttemptRecord, TrialRecord
from sweeper.store.columns import REAL, WHOLE, WORDS, WRITTEN
from sweeper.store.leases import acquire
from sweeper.store.questions import find_sweep
from sweeper.store.recording import Changes, create_sweep, record
from sweeper.store.store import Store

SPACE: dict[str, Domain] = {
    "lr": loguniform(1e-5, 1e-1),
    "weight_decay": loguniform(1e-6, 1e-1),
    "dropout": uniform(0.0, 0.6),
    "batch_size": choice([16, 32, 64, 128, 256]),
    "n_layers": randint(2, 12),
    "hidden": choice([64, 128, 256, 512, 1024]),
    "warmup_fraction": uniform(0.0, 0.2),
    "label_smoothing": uniform(0.0, 0.2),
    "optimizer": choice(["adam", "adamw", "sgd"]),
    "momentum": uniform(0.8, 0.999).when(optimizer="sgd"),
    "activation": choice(["relu", "gelu", "silu"]),
}

TRACEBACK = """Traceback (most recent call last):
  File "/home/ada/train.py", line 41, in train
    loss = step(batch)
  File "/home/ada/train.py", line 22, in step
    raise RuntimeError("CUDA out of memory. Tried to allocate 2.50 GiB")
RuntimeError: CUDA out of memory. Tried to allocate 2.50 GiB
"""

STEPS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Driven:
    """A sweep in a store and the lease under which it is written."""

    store: Store
    sweep: SweepRecord
    holder: LeaseHolder
    clock: Clock

    def write(self, changes: Changes) -> int:
        """Record the changes of one tick, and give the new rev."""
        return record(self.store, self.sweep.id, self.holder, changes, self.clock)


def columns_of(records: Sequence[TrialRecord]) -> Trials:
    """Put trials into columns as they would be read from a store."""
    part = {
        name: [getattr(each, name, None) for each in records] for name in (*WHOLE, *REAL, *WORDS)
    }
    part["status"] = [each.status.value for each in records]
    for name in WRITTEN:
        given = [getattr(each, name) for each in records]
        part[name] = [None if each is None else json.dumps(each) for each in given]
    return Trials.of(part)


def start_sweep(
    store: Store,
    name: str,
    *,
    space: dict[str, Domain] | None = None,
    trials: int = 300,
    metric: str = "val_loss",
    clock: Clock = SYSTEM_CLOCK,
) -> Driven:
    """Record a new, empty sweep that this process drives."""
    now = clock.now()
    domains = SPACE if space is None else space
    sweep = SweepRecord(
        id=0,
        name=name,
        status=SweepStatus.RUNNING,
        objective=tuple(build_objective(metric, "min").describe()),
        space=SearchSpace(domains=domains, fixed={"epochs": STEPS}).describe(),
        options=Options(
            trials=trials, search={"kind": "tpe"}, scheduler={"kind": "asha"}
        ).describe(),
        seed=7,
        function="examples.vision:train",
        function_hash="0" * 16,
        provenance={},
        project="vision",
        tags=("baseline",),
        created=now - 3600,
        updated=now,
    )
    create_sweep(store, sweep)
    made = find_sweep(store, name)
    return Driven(store=store, sweep=made, holder=acquire(store, made, clock), clock=clock)


def add_trials(driven: Driven, numbers: Iterable[int], *, curves: bool = True) -> list[TrialRecord]:
    """Record trials of all kinds, their attempts and, if wanted, their curves."""
    changes = Changes()
    made = [_add_trial(driven, changes, number, curves=curves) for number in numbers]
    done = [t for t in made if t.status is TrialStatus.COMPLETED and t.value is not None]
    best = min(done, key=lambda trial: trial.value or 0.0, default=None)
    known = find_sweep(driven.store, driven.sweep.name).best_value
    if best is not None and (known is None or (best.value or 0.0) < known):
        changes.sweep.update(best_trial=best.number, best_value=best.value)
    driven.write(changes)
    return made


def finish(driven: Driven, status: SweepStatus = SweepStatus.COMPLETED) -> None:
    """Record that a sweep has ended."""
    changes = Changes()
    changes.sweep.update(status=status.value, ended=driven.clock.now())
    driven.write(changes)


def complete(driven: Driven, trial: TrialRecord, value: float) -> TrialRecord:
    """Record that a trial has completed with a value, which is the best from now on."""
    ended = replace(trial, status=TrialStatus.COMPLETED, value=value, ended=driven.clock.now())
    changes = Changes()
    changes.trial(ended)
    changes.sweep.update(best_trial=trial.number, best_value=value)
    driven.write(changes)
    return ended


def _status(number: int, draw: random.Random) -> TrialStatus:
    if number < 3:
        return (TrialStatus.COMPLETED, TrialStatus.FAILED, TrialStatus.RUNNING)[number]
    shares = (0.55, 0.35, 0.05, 0.05)
    kinds = (TrialStatus.COMPLETED, TrialStatus.PRUNED, TrialStatus.FAILED, TrialStatus.RUNNING)
    return draw.choices(kinds, shares)[0]


def _add_trial(driven: Driven, changes: Changes, number: int, *, curves: bool) -> TrialRecord:
    draw = random.Random(f"{driven.sweep.name} {number}")
    space = driven.sweep.search_space()
    params = space.build(lambda _, domain: domain.at(draw.random()))
    status = _status(number, draw)
    steps = STEPS if status is TrialStatus.COMPLETED else draw.choice([1, 3, 9])
    losses = _losses(params, steps, draw)
    began = driven.sweep.created + number
    trial = TrialRecord(
        number=number,
        status=status,
        params=space.encode(params),
        seed=draw.getrandbits(32),
        value=losses[-1] if status is TrialStatus.COMPLETED else None,
        summary=_summary(losses) if status is not TrialStatus.FAILED else {},
        last_step=steps,
        attempts=2 if number == 1 else 1,
        error=TRACEBACK if status is TrialStatus.FAILED else None,
        created=began,
        started=began,
        ended=None if status is TrialStatus.RUNNING else began + 9 * steps,
        duration=9.0 * steps + draw.random(),
    )
    changes.new_trials[number] = trial
    for attempt in range(1, trial.attempts + 1):
        _add_attempt(changes, trial, attempt, began)
    if curves and status is not TrialStatus.FAILED:
        _add_curves(changes, number, losses, began)
    return trial


def _losses(params: dict[str, object], steps: int, draw: random.Random) -> list[float]:
    lr = params.get("lr")
    miss = abs(math.log10(lr) + 2.7) if isinstance(lr, float) else draw.random()
    dropout = params.get("dropout")
    floor = 0.14 + 0.07 * miss**1.6 + (0.25 * dropout if isinstance(dropout, float) else 0.0)
    floor += draw.random() * 0.05
    speed = 4 + 2 * miss
    return [
        floor + 2.1 * math.exp(-step / speed) + draw.gauss(0, 0.008) for step in range(1, steps + 1)
    ]


def _summary(losses: list[float]) -> dict[str, dict[str, float]]:
    last = losses[-1]
    loss = {"last": last, "min": min(losses), "max": max(losses), "step": len(losses)}
    accuracy = 1 / (1 + last)
    return {
        "val_loss": {**loss, "best": min(losses)},
        "val_accuracy": {"last": accuracy, "min": 0.1, "max": accuracy, "step": len(losses)},
    }


def _add_curves(changes: Changes, number: int, losses: list[float], began: float) -> None:
    for step, loss in enumerate(losses, start=1):
        changes.metrics[number, "val_loss", step] = (loss, began + 9 * step, 1)
        changes.metrics[number, "val_accuracy", step] = (1 / (1 + loss), began + 9 * step, 1)


def _add_attempt(changes: Changes, trial: TrialRecord, number: int, began: float) -> None:
    failed = trial.status is TrialStatus.FAILED
    ends = {
        TrialStatus.COMPLETED: (AttemptStatus.SUCCEEDED, Outcome.SUCCEEDED),
        TrialStatus.PRUNED: (AttemptStatus.STOPPED, Outcome.PRUNED),
        TrialStatus.FAILED: (AttemptStatus.FAILED, Outcome.ERROR),
    }
    status, outcome = ends.get(trial.status, (AttemptStatus.RUNNING, None))
    changes.new_attempts[AttemptKey(trial.number, number)] = AttemptRecord(
        trial=trial.number,
        number=number,
        status=status,
        outcome=outcome,
        host="node-3",
        pid=4000 + trial.number,
        created=began,
        started=began + 1,
        ended=trial.ended,
        error_type="RuntimeError" if failed else None,
        error="CUDA out of memory. Tried to allocate 2.50 GiB" if failed else None,
        traceback=TRACEBACK if failed else None,
    )


def add_failures(
    driven: Driven,
    numbers: Iterable[int],
    kind: str,
    message: str,
    outcome: Outcome = Outcome.ERROR,
) -> None:
    """Record trials that failed with one error."""
    changes = Changes()
    for number in numbers:
        draw = random.Random(number)
        space = driven.sweep.search_space()
        began = driven.sweep.created + number
        changes.new_trials[number] = TrialRecord(
            number=number,
            status=TrialStatus.FAILED,
            params=space.encode(space.build(lambda _, domain, at=draw: domain.at(at.random()))),
            seed=number,
            attempts=1,
            failures=1,
            error=f"{kind}: {message}",
            created=began,
            started=began,
            ended=began + 2,
            duration=2.0,
        )
        changes.new_attempts[AttemptKey(number, 1)] = AttemptRecord(
            trial=number,
            number=1,
            status=AttemptStatus.FAILED,
            outcome=outcome,
            host="node-1",
            created=began,
            started=began,
            ended=began + 2,
            error_type=kind,
            error=message,
        )
    driven.write(changes)


def add_log(driven: Driven, trial: int, lines: Iterable[tuple[str, str]]) -> None:
    """Record lines that the first attempt of a trial wrote, each with its stream."""
    changes = Changes()
    for stream, text in lines:
        changes.logs.append(
            {
                "trial": trial,
                "attempt": 1,
                "stream": stream,
                "time": driven.clock.now(),
                "text": f"{text}\n",
            }
        )
    driven.write(changes)


def add_checkpoint(driven: Driven, trial: int, step: int) -> None:
    """Record a checkpoint of a trial."""
    changes = Changes()
    changes.artifacts.append(
        {
            "trial": trial,
            "attempt": 1,
            "kind": "checkpoint",
            "name": f"step-{step}",
            "path": f"/data/sweeps/{driven.sweep.name}/{trial}/step-{step}",
            "step": step,
            "size": 48_211_004,
            "time": driven.clock.now(),
        }
    )
    driven.write(changes)


def add_artifact(driven: Driven, trial: int, path: Path) -> None:
    """Record a file or folder that a trial published."""
    changes = Changes()
    changes.artifacts.append(
        {
            "trial": trial,
            "attempt": 1,
            "kind": "artifact",
            "name": path.name,
            "path": str(path),
            "step": None,
            "size": 1234,
            "time": driven.clock.now(),
        }
    )
    driven.write(changes)


def populate(store: Store, name: str, count: int, *, curves: bool = True) -> Driven:
    """Record a sweep of so many trials that is still running."""
    driven = start_sweep(store, name, trials=count + count // 10)
    add_trials(driven, range(count), curves=curves)
    return driven
