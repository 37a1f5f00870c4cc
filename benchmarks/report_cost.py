"""The cost of report() in the training function, outside milestones.

One trial on the local backend reports two metrics 50,000 times; beside it, the same loop with
Optuna's trial.report() on an in-memory study. Run: python benchmarks/report_cost.py
"""

from __future__ import annotations

import tempfile
import time

import optuna

import sweeper
from sweeper import sweepable, uniform

REPORTS = 50_000


@sweepable(metric="seconds", mode="min", space={"x": uniform(0.0, 1.0)})
def reports(x: float) -> dict[str, float]:
    """Report as fast as it goes, and return how long that took."""
    begun = time.perf_counter()
    for _ in range(REPORTS):
        sweeper.report(loss=x, accuracy=x)
    return {"seconds": time.perf_counter() - begun}


def peers() -> float:
    """Give the seconds of one report to Optuna's in-memory storage."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    trial = optuna.create_study().ask()
    begun = time.perf_counter()
    for step in range(REPORTS):
        trial.report(0.5, step)
    return (time.perf_counter() - begun) / REPORTS


def main() -> None:
    """Measure both and print them."""
    with tempfile.TemporaryDirectory() as folder:
        sweep = reports.sweep(
            trials=3, search="random", workers=1, progress=False,
            store=f"sqlite:///{folder}/store.db",
        )  # fmt: skip
    values = sorted(trial.value or 0.0 for trial in sweep.trials)
    ours, peer = values[1] / REPORTS, peers()
    print(f"sweeper.report(): {ours * 1e6:6.2f} µs")
    print(f"optuna report():  {peer * 1e6:6.2f} µs (in memory)")
    print(f"ratio:            {peer / ours:6.2f}")


if __name__ == "__main__":
    main()
