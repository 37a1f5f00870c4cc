"""No-op trials per second, beside Optuna with its SQLite storage, in one run on one disk.

Two workers on either side, ten parameters, random search, a SQLite file in the same folder.
Both are timed from a warm import to the last trial recorded, starting their processes
included. Run: python benchmarks/noop_trials.py [FOLDER]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import optuna

from sweeper import sweepable, uniform

TRIALS = 1000
PEER_TRIALS = 120
WORKERS = 2
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


@sweepable(metric="total", mode="min", space={name: uniform(0.0, 1.0) for name in PARAMETERS})
def total(**params: float) -> float:
    """Do nothing worth mentioning."""
    return sum(params.values())


def ours(folder: Path) -> float:
    """Give sweeper's trials per second."""
    begun = time.perf_counter()
    sweep = total.sweep(
        trials=TRIALS, search="random", workers=WORKERS, progress=False, baseline=False,
        store=f"sqlite:///{folder}/sweeper.db",
    )  # fmt: skip
    seconds = time.perf_counter() - begun
    if len(sweep.trials) != TRIALS or sweep.status != "completed":
        raise SystemExit(f"the sweep is {sweep!r}")
    return TRIALS / seconds


def peers(folder: Path) -> float:
    """Give Optuna's trials per second, with as many processes."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = f"sqlite:///{folder}/optuna.db"
    optuna.create_study(study_name="noop", storage=storage)
    each = PEER_TRIALS // WORKERS
    begun = time.perf_counter()
    command = [sys.executable, "-c", PEER, storage, str(each)]
    workers = [subprocess.Popen(command) for _ in range(WORKERS)]
    if any(worker.wait() for worker in workers):
        raise SystemExit("a process of the peer has failed")
    return each * WORKERS / (time.perf_counter() - begun)


def main() -> None:
    """Measure both, alternating, and print the ratio of the medians."""
    place = sys.argv[1] if len(sys.argv) > 1 else None
    found: dict[str, list[float]] = {"sweeper": [], "optuna": []}
    for _ in range(3):
        with tempfile.TemporaryDirectory(dir=place) as folder:
            found["sweeper"].append(ours(Path(folder)))
            found["optuna"].append(peers(Path(folder)))
    middle = {name: sorted(speeds)[1] for name, speeds in found.items()}
    print(f"sweeper: {middle['sweeper']:8.1f} trials/s  {[round(s) for s in found['sweeper']]}")
    print(f"optuna:  {middle['optuna']:8.1f} trials/s  {[round(s, 1) for s in found['optuna']]}")
    print(f"ratio:   {middle['sweeper'] / middle['optuna']:8.1f}")


if __name__ == "__main__":
    main()
