"""Run methods on tasks and write one line of JSON a run; runs that are written are left out.

    python -m benchmarks.search.run --data DIR --workers 8 --until 5 --seeds 10 --out runs.jsonl

Syne Tune's methods run in an environment of their own, whose Python --syne-tune names, into the
same file; without one they are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.search.curves import Task, load_tasks
from benchmarks.search.simulate import Method, simulate

_SYNE_TUNE = "Syne Tune"


def ours(kind: str, scheduler: str | None) -> Callable[[Task, int, int, float], Method]:
    """Make one of our methods, exactly as a launch would."""

    def make(task: Task, seed: int, _workers: int, _until: float) -> Method:
        from benchmarks.search.ours import make_ours

        return make_ours(task, kind, scheduler, seed)

    return make


def optuna_pair(**pruner: int) -> Callable[[Task, int, int, float], Method]:
    """Make Optuna's pair."""

    def make(task: Task, seed: int, _workers: int, _until: float) -> Method:
        from benchmarks.search.peers import OptunaPair

        return OptunaPair(task, seed, **pruner)

    return make


def syne_tune(name: str, rarely: bool = False) -> Callable[[Task, int, int, float], Method]:
    """Make one of Syne Tune's methods."""

    def make(task: Task, seed: int, _workers: int, _until: float) -> Method:
        from benchmarks.search.peers import SyneTune

        return SyneTune(task, seed, name, rarely=rarely)

    return make


def one_epoch(task: Task, seed: int, workers: int, until: float) -> Method:
    """Spend a fifth of the time on first steps."""
    from benchmarks.search.peers import OneEpochThenBest

    return OneEpochThenBest(task, seed, int(0.2 * workers * until * task.steps))


def clairvoyant(task: Task, _seed: int, _workers: int, until: float) -> Method:
    """Know the best row beforehand."""
    from benchmarks.search.peers import Clairvoyant

    return Clairvoyant(task, until)


METHODS: dict[str, Callable[[Task, int, int, float], Method]] = {
    "random": ours("random", None),
    "random + ASHA": ours("random", "promotion"),
    "random + ASHA, stopping": ours("random", "stopping"),
    "sweeper auto + ASHA": ours("auto", "promotion"),
    "sweeper auto + ASHA, stopping": ours("auto", "stopping"),
    "sweeper tpe + ASHA": ours("tpe", "promotion"),
    "sweeper tpe + ASHA, stopping": ours("tpe", "stopping"),
    "sweeper gp + ASHA": ours("gp", "promotion"),
    "sweeper tpe": ours("tpe", None),
    "sweeper gp": ours("gp", None),
    "one epoch, then the best": one_epoch,
    "the best row, known beforehand": clairvoyant,
    "Optuna TPE + halving": optuna_pair(),
    "Optuna TPE + halving (1, 3)": optuna_pair(min_resource=1, reduction_factor=3),
    "Optuna TPE": optuna_pair(min_resource=10**6, reduction_factor=2),
    "Syne Tune ASHA": syne_tune("ASHA"),
    "Syne Tune MOBSTER": syne_tune("MOBSTER"),
    "Syne Tune Hyper-Tune": syne_tune("HyperTune"),
    "Syne Tune MOBSTER, fitted rarely": syne_tune("MOBSTER", rarely=True),
    "Syne Tune Hyper-Tune, fitted rarely": syne_tune("HyperTune", rarely=True),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of tables; without it, own curves")
    parser.add_argument(
        "--methods", default=";".join(METHODS), help="some of them, parted by semicolons"
    )
    parser.add_argument("--tasks", default="", help="only tasks whose names have this in them")
    parser.add_argument("--between", action="store_true", help="join the rows of each table")
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--until", type=float, default=5.0, help="in full trainings' time")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("runs.jsonl"))
    parser.add_argument("--syne-tune", type=Path, help="the Python of its environment")
    given = parser.parse_args()
    if given.syne_tune is not None:
        _run_there(given.syne_tune, given)
    seeds = range(given.first_seed, given.first_seed + given.seeds)
    done = {_key(run) for run in read_runs(given.out)}
    tasks = [task for task in load_tasks(given.data) if given.tasks in task.name]
    if given.between:
        from benchmarks.search.between import between

        tasks = [between(task) for task in tasks]
    named = [name for name in given.methods.split(";") if _is_here(name)]
    for seed, name, task in product(seeds, named, tasks):
        run = {"method": name, "task": task.name, "workers": given.workers, "seed": seed}
        if _key(run) not in done:
            _run(run, task, given.until, given.out)


def _is_here(name: str) -> bool:
    return not name.startswith(_SYNE_TUNE) or find_spec("syne_tune") is not None


def _run_there(python: Path, given: argparse.Namespace) -> None:
    """Run Syne Tune's methods with another Python, on one core as ours."""
    theirs = [name for name in given.methods.split(";") if name.startswith(_SYNE_TUNE)]
    if not theirs:
        return
    options = {**vars(given), "methods": ";".join(theirs)}
    command = [str(python), "-m", "benchmarks.search.run"]
    for name, value in options.items():
        if name == "between":
            command += ["--between"] * value
        elif name != "syne_tune" and value is not None:
            command += [f"--{name.replace('_', '-')}", str(value)]
    subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})


def _run(run: dict[str, Any], task: Task, until: float, out: Path) -> None:
    task.distinct = run["workers"] < len(task.places) / 100
    began = time.process_time()
    method = METHODS[run["method"]](task, run["seed"], run["workers"], until)
    outcome = simulate(task, method, workers=run["workers"], until=until)
    run |= {
        "until": until,
        "over_time": outcome.over_time(until),
        "end": outcome.at(until),
        "cpu_ms_a_trial": 1000 * (time.process_time() - began) / max(outcome.trials, 1),
        **asdict(outcome),
    }
    with out.open("a") as file:
        file.write(json.dumps(run) + "\n")
    print(
        f"{run['method']:32} {run['task']:40} {run['over_time']:.3f} {run['end']:.3f}", flush=True
    )


def _key(run: dict[str, Any]) -> tuple[Any, ...]:
    return run["method"], run["task"], run["workers"], run["seed"]


def read_runs(file: Path) -> Iterator[dict[str, Any]]:
    """Read what runs have written."""
    if file.exists():
        yield from map(json.loads, file.read_text().splitlines())


if __name__ == "__main__":
    main()
