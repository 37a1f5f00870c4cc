"""Time many short trials with reports on two CPUs of Ray, here and with Ray Tune.

Run it with: python benchmarks/ray_reports.py [--trials 200] [--reports 10] [--alone]. Both sides
get the same cluster, which has run a few of their own trials before the clock starts; sweeper
records everything in a SQLite store, Ray Tune writes its default files.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import sweeper
from sweeper import sweepable, uniform

_WORKERS = 2
_WARM_UP = 4


@sweepable(metric="loss", mode="min")
def train(x: Annotated[float, uniform(0.0, 1.0)] = 0.5, reports: int = 10) -> float:
    """Report a falling loss as fast as it can."""
    for step in range(1, reports + 1):
        sweeper.report(loss=x / step)
    return x / reports


def sweep_with_sweeper(trials: int, reports: int, folder: str) -> int:
    """Run a sweep over the ray backend; give the number of completed trials."""
    sweep = train.sweep(
        trials=trials,
        search="random",
        backend="ray",
        workers=_WORKERS,
        fixed={"reports": reports},
        seed=1,
        name=f"bench-{trials}",
        store=f"sqlite:///{folder}/store.db",
        progress=False,
    )
    recorded = sweep.trials
    return sum(trial.status == "completed" for trial in recorded)


def sweep_with_tune(trials: int, reports: int, folder: str) -> int:
    """Run the same with Ray Tune as it comes, apart from its reuse of actors."""
    from ray import tune

    def train_for_tune(config: dict[str, float]) -> None:
        for step in range(1, reports + 1):
            tune.report({"loss": config["x"] / step})

    tuner = tune.Tuner(
        train_for_tune,
        param_space={"x": tune.uniform(0.0, 1.0)},
        tune_config=tune.TuneConfig(
            metric="loss",
            mode="min",
            num_samples=trials,
            max_concurrent_trials=_WORKERS,
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(name=f"bench-{trials}", storage_path=folder, verbose=0),
    )
    results: Any = tuner.fit()
    return len(results) - int(results.num_errors)


def timed(run: Callable[[int, int, str], int], trials: int, reports: int) -> float:
    """Warm up, run once, and give the seconds of a trial."""
    with TemporaryDirectory(prefix="bench-") as folder:
        run(_WARM_UP, reports, folder)
        begun = time.perf_counter()
        completed = run(trials, reports, folder)
        seconds = time.perf_counter() - begun
    if completed != trials:
        raise SystemExit(f"{completed} of {trials} trials were completed")
    return seconds / trials


def main() -> None:
    """Run both and print the ratio."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--reports", type=int, default=10)
    parser.add_argument("--alone", action="store_true", help="leave Ray Tune out")
    given = parser.parse_args()
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

    import ray

    ray.init(
        address="local",
        num_cpus=_WORKERS,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
    )
    ours = timed(sweep_with_sweeper, given.trials, given.reports)
    print(f"sweeper   {ours * 1e3:8.1f} ms a trial, {ours * given.trials:7.2f} s in all")
    if not given.alone:
        theirs = timed(sweep_with_tune, given.trials, given.reports)
        print(f"Ray Tune  {theirs * 1e3:8.1f} ms a trial, {theirs * given.trials:7.2f} s in all")
        print(f"ratio     {theirs / ours:8.1f}")
    ray.shutdown()


if __name__ == "__main__":
    main()
