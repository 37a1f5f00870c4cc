"""How quick the simulated backend is, and what a very large sweep on it takes.

Reports: 100 workers run 500 trials of 100 reports each, on a store in a file: without a scheduler;
with each report waiting for the decision of one that stops nobody (the median rule, before it has
seen enough trials) or most trials early on (the median rule, StopIf, ASHA). What counts is the
processor time of the whole process, from the launch to the recorded end, without imports; of five
runs the best. The large sweep: 20,000
trials on 500 workers under ASHA, each with a start-up cost, for each search that is named; it runs
in a process of its own, whose peak memory is its.

Run: python benchmarks/simulated_sweeps.py [reports] [random] [auto] [tpe]
"""

from __future__ import annotations

import math
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Annotated, Any

import sweeper
from sweeper import loguniform, sweepable, uniform
from sweeper.schedule import ASHA, Median, StopIf

WORKERS, TRIALS, EPOCHS = 500, 20_000, 81
REPORTS, REPORTING, RUNS = 100, 500, 5
JUDGES: dict[str, Callable[[], Any]] = {
    "nobody": lambda: None,
    "Median, stopping nobody": lambda: Median(min_trials=REPORTING + 1),
    "Median": Median,
    "StopIf(plateau=30)": lambda: StopIf(plateau=30),
    "ASHA": lambda: ASHA(max_steps=REPORTS),
}


@sweepable(metric="loss", mode="min")
def trains(
    lr: Annotated[float, loguniform(1e-5, 1.0)] = 1e-3,
    momentum: Annotated[float, uniform(0.0, 1.0)] = 0.9,
    dropout: Annotated[float, uniform(0.0, 0.8)] = 0.1,
    decay: Annotated[float, loguniform(1e-8, 1e-2)] = 1e-4,
    epochs: int = EPOCHS,
) -> None:
    """Come down to a floor that the configuration sets, at a pace of its own."""
    floor = (math.log10(lr) + 2.5) ** 2 / 20 + (momentum - 0.8) ** 2 + (dropout - 0.2) ** 2
    floor -= math.log10(decay) / 100
    for epoch in range(1, epochs + 1):
        sweeper.sleep(20.0 + 40.0 * momentum)
        sweeper.report(loss=floor + 1.0 / epoch)


def reporting(scheduler: Any, trials: int = REPORTING) -> tuple[int, float]:
    """Give how many reports were made, and the processor seconds of all that it took."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.process_time()
        sweep = trains.sweep(
            trials=trials, search="random", scheduler=scheduler, backend="simulated:100",
            fixed={"epochs": REPORTS}, seed=1, progress=False,
            store=f"sqlite:///{folder}/store.db",
        )  # fmt: skip
        took = time.process_time() - begun
        return sum(trial.last_step for trial in sweep.trials), took


def large(search: str) -> str:
    """Run the large sweep here, and say what it took."""
    with tempfile.TemporaryDirectory() as folder:
        begun, cpu = time.perf_counter(), time.process_time()
        sweep = trains.sweep(
            trials=TRIALS, search=search, scheduler="asha", seed=1, progress=False,
            backend=f"simulated:{WORKERS},startup=30,spread=0.2",
            store=f"sqlite:///{folder}/store.db",
        )  # fmt: skip
        wall, spent = time.perf_counter() - begun, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        simulated = sweep.history()[-1].seconds / 3600
        steps = sum(trial.last_step for trial in sweep.trials)
    return (
        f"search={search!r}: {wall:.0f} s of wall clock, {spent:.0f} s of processor, peak memory "
        f"{peak:.0f} MB; {TRIALS:,} trials, {steps:,} reports, {simulated:.1f} simulated hours"
    )


def main() -> None:
    """Measure what is asked for, and print it."""
    asked = sys.argv[1:] or ["reports", "random", "auto"]
    if asked[0] == "large":
        print(large(asked[1]))
        return
    if "reports" in asked:
        reporting(None, trials=1)  # What is imported once is no part of it.
        for judge, make in JUDGES.items():
            runs = [reporting(make()) for _ in range(RUNS)]
            made, took = min(runs, key=lambda run: run[1])
            print(f"judged by {judge}: {made:,} reports, {made / took:,.0f} a CPU second")
    for search in [name for name in asked if name != "reports"]:
        print(f"{TRIALS:,} trials under ASHA on {WORKERS} simulated workers")
        subprocess.run([sys.executable, __file__, "large", search], check=True)


if __name__ == "__main__":
    main()
