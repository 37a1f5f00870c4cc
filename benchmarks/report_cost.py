"""The cost of report() in the training function, outside milestones.

A trial on the local backend reports two metrics, once in a burst of 4,000 and once in a storm
of 50,000, in which the worker's buffer is full and the store's pace counts. Beside it, the
same burst with Optuna's trial.report() on an in-memory study.

Run: python benchmarks/report_cost.py
"""

from __future__ import annotations

import tempfile
import time

import optuna

import sweeper
from sweeper import sweepable, uniform

BURST = 4_000
STORM = 50_000


@sweepable(metric="seconds", mode="min", space={"x": uniform(0.0, 1.0)})
def reports(x: float, count: int = BURST) -> dict[str, float]:
    """Report as fast as it goes, and return the seconds of one report."""
    begun = time.perf_counter()
    for _ in range(count):
        sweeper.report(loss=x, accuracy=x)
    return {"seconds": (time.perf_counter() - begun) / count}


def ours(count: int) -> float:
    """Give the seconds of one report to sweeper."""
    with tempfile.TemporaryDirectory() as folder:
        sweep = reports.sweep(
            trials=5, search="random", workers=1, progress=False, fixed={"count": count},
            store=f"sqlite:///{folder}/store.db",
        )  # fmt: skip
        return sorted(trial.value or 0.0 for trial in sweep.trials)[2]


def peers() -> float:
    """Give the seconds of one report to Optuna's in-memory storage."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    trial = optuna.create_study().ask()
    begun = time.perf_counter()
    for step in range(BURST):
        trial.report(0.5, step)
    return (time.perf_counter() - begun) / BURST


def main() -> None:
    """Measure all and print them."""
    burst, storm, peer = ours(BURST), ours(STORM), peers()
    print(f"sweeper.report(), burst: {burst * 1e6:6.2f} µs")
    print(f"sweeper.report(), storm: {storm * 1e6:6.2f} µs")
    print(f"optuna report(), burst:  {peer * 1e6:6.2f} µs (in memory)")
    print(f"ratio:                   {peer / burst:6.2f}")


if __name__ == "__main__":
    main()
