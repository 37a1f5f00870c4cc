"""No-op trials per second, beside Optuna with its SQLite storage, in one run on one disk.

Two workers on either side, ten parameters, random search, a SQLite file in the same folder; 1,000
trials for us, and no more than the peer can do in a bearable time. The rate is taken from the
first trial that began to the last one recorded, as the stores say; in brackets that of the whole
call, in which processes are started.
Run: python benchmarks/noop_trials.py [FOLDER]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from sweeper import sweepable, uniform

TRIALS = 1000
PEER_TRIALS = 300
WORKERS = 2
ROUNDS = 3
PARAMETERS = [f"x{number}" for number in range(10)]

PEER = """
import sys, optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.load_study(
    study_name="noop", storage=sys.argv[1], sampler=optuna.samplers.RandomSampler()
)
study.optimize(
    lambda t: sum(t.suggest_float(f"x{i}", 0, 1) for i in range(10)), n_trials=int(sys.argv[2])
)
"""


class Rates(NamedTuple):
    """Trials per second: once they run, and of the whole call."""

    steady: float
    whole: float


@sweepable(metric="total", mode="min", space={name: uniform(0.0, 1.0) for name in PARAMETERS})
def total(**params: float) -> float:
    """Do nothing worth mentioning."""
    return sum(params.values())


def ours(folder: Path) -> Rates:
    """Measure sweeper."""
    begun = time.perf_counter()
    sweep = total.sweep(
        trials=TRIALS, search="random", workers=WORKERS, progress=False, baseline=False,
        store=f"sqlite:///{folder}/sweeper.db",
    )  # fmt: skip
    seconds = time.perf_counter() - begun
    attempts = [attempt for trial in sweep.trials for attempt in trial.attempts]
    if len(attempts) != TRIALS or sweep.status != "completed":
        raise SystemExit(f"the sweep is {sweep!r}")
    lasted = max(a.ended for a in attempts) - min(a.started for a in attempts)
    return Rates(TRIALS / lasted.total_seconds(), TRIALS / seconds)


def peers(folder: Path) -> Rates:
    """Measure Optuna, with as many processes."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = f"sqlite:///{folder}/optuna.db"
    study = optuna.create_study(study_name="noop", storage=storage)
    begun = time.perf_counter()
    command = [sys.executable, "-c", PEER, storage, str(PEER_TRIALS // WORKERS)]
    workers = [subprocess.Popen(command) for _ in range(WORKERS)]
    if any(worker.wait() for worker in workers):
        raise SystemExit("a process of the peer has failed")
    seconds = time.perf_counter() - begun
    trials = study.get_trials(deepcopy=False)
    first = min(trial.datetime_start for trial in trials)
    last = max(trial.datetime_complete for trial in trials)
    return Rates(len(trials) / (last - first).total_seconds(), len(trials) / seconds)


def middle(rates: list[Rates]) -> Rates:
    """Give the medians."""
    steady, whole = (sorted(column)[len(rates) // 2] for column in zip(*rates))
    return Rates(steady, whole)


def main() -> None:
    """Measure both, alternating, and print the ratios of the medians."""
    place = sys.argv[1] if len(sys.argv) > 1 else None
    found: dict[str, list[Rates]] = {"sweeper": [], "optuna": []}
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(dir=place) as folder:
            found["sweeper"].append(ours(Path(folder)))
            found["optuna"].append(peers(Path(folder)))
    medians = {name: middle(rates) for name, rates in found.items()}
    for name, rates in medians.items():
        print(f"{name}: {rates.steady:8.1f} trials/s  ({rates.whole:.1f} with start and end)")
    steady, whole = (ours / peers for ours, peers in zip(medians["sweeper"], medians["optuna"]))
    print(f"ratio:   {steady:8.1f}           ({whole:.1f})")


if __name__ == "__main__":
    main()
