"""What a sweep costs beside its trials on Ray: the driver's memory and processor, gaps, data.

Run it with: python benchmarks/ray_footprint.py [memory] [gap] [idle] [data]; all by default.
memory: what the driver's memory grows by for each trial that has ended, with 10 reports each.
gap: from the last report of a trial to the first line of the next one in the same process.
idle: processor time of the driver and of the hub while trials run and say nothing (--running how
many).
data: how many pages of a shared array 100 trials bring into memory of their node.

Measured on two quiet cores: 3.4 KB of memory a trial (15 where each trial's task has a name of its
own, of which Ray keeps counts for ever); a gap of 7.2 ms (median; 27 before the end of a trial went
with its task's result); 1.2 % of a core for 100 silent trials (3.4 before the hub held back what
does not press), and 2.6 to 3.7 for their hub; one copy of what 100 trials read.
"""

from __future__ import annotations

import argparse
import gc
import os
import threading
import time
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil
import ray

import sweeper
from sweeper import sweepable, uniform

SPACE = {"x": uniform(0.0, 1.0)}
SHARED_BYTES = 500_000_000


@sweepable(metric="loss", mode="min", space=SPACE)
def reports_its_times(x: float = 0.5) -> float:
    """Report ten times, with the time of the first line and of each report."""
    first = time.time()
    for _ in range(10):
        sweeper.report(loss=x, first=first, last=time.time())
    return x


@sweepable(metric="loss", mode="min", space=SPACE)
def says_nothing(x: float = 0.5, seconds: float = 60.0) -> float:
    """Report once, and then train in silence."""
    sweeper.report(loss=x)
    time.sleep(seconds)
    return x


@sweepable(metric="loss", mode="min", space=SPACE)
def reads_columns(x: float = 0.5) -> dict[str, float]:
    """Read all of a shared array, and tell in which place of which shared memory it lies."""
    columns = sweeper.shared("columns")
    where = {"place": -1.0, "file": -1.0}
    for line in Path("/proc/self/maps").read_text().splitlines():
        span, _, offset, _, inode, *path = line.split(maxsplit=5)
        start, end = (int(bound, 16) for bound in span.split("-"))
        if start <= columns.ctypes.data < end and path and "/dev/shm" in path[0]:
            place = columns.ctypes.data - start + int(offset, 16)
            where = {"place": float(place), "file": float(inode)}
    return {"loss": x + float(columns.sum()), **where}


def swept(function: Any, trials: int, folder: str, **given: Any) -> Any:
    """Run a sweep on the cluster of this process."""
    return function.sweep(
        trials=trials, search="random", baseline=False, backend="ray", seed=1, progress=False,
        store=f"sqlite:///{folder}/store.db", name=f"{function.__name__}-{trials}", **given,
    )  # fmt: skip


def memory(folder: str) -> None:
    """Compare what the driver holds after some trials and after many."""
    process, held = psutil.Process(), []
    for trials in (300, 500, 2500):
        swept(reports_its_times, trials, folder)
        gc.collect()
        held.append(process.memory_info().rss)
    grown = (held[2] - held[1]) / (2500 - 500)
    print(f"memory: {grown / 1e3:.1f} KB of the driver a trial; {held[2] / 1e6:.0f} MB in all")


def gap(folder: str) -> None:
    """Time from the last report of a trial to the first line of the next one in its process."""
    swept(reports_its_times, 20, folder)
    sweep = swept(reports_its_times, 400, folder)
    spans: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for trial in sweep.trials:
        spans[trial.attempts[0].pid].append(
            (trial.summary["first"]["min"], trial.summary["last"]["last"])
        )
    gaps = [b[0] - a[1] for own in spans.values() for a, b in pairwise(sorted(own))]
    print(
        f"gap: median {median(gaps) * 1e3:.1f} ms, nine tenths below "
        f"{quantiles(gaps, n=10)[-1] * 1e3:.1f} ms, {len(gaps)} gaps in {len(spans)} processes"
    )


def idle(folder: str, running: int) -> None:
    """Measure the driver's processor time while so many trials run and say nothing."""
    sweep = swept(says_nothing, running, folder, cpus=0.01, wait=False, fixed={"seconds": 3600.0})
    pause, process, hub = threading.Event(), psutil.Process(), _hub()
    while sum(trial.status == "running" for trial in sweep.trials) < running or not all(
        trial.last_step for trial in sweep.trials
    ):
        pause.wait(5.0)
    pause.wait(5.0)
    for _ in range(3):
        begun, before = time.perf_counter(), [sum(p.cpu_times()[:2]) for p in (process, hub)]
        pause.wait(20.0)
        seconds = time.perf_counter() - begun
        driver, its_hub = (
            100 * (sum(p.cpu_times()[:2]) - used) / seconds
            for p, used in zip((process, hub), before)
        )
        print(
            f"idle: {running} trials run, {driver:.2f} % of a core, its hub {its_hub:.2f} %",
            flush=True,
        )
    sweep.stop()
    sweep.wait()


def _hub() -> psutil.Process:
    """Give the process of the sweep's hub, which calls itself by what it does."""
    for process in psutil.Process().children(recursive=True):
        if "".join(process.cmdline()[:1]).startswith("ray::Hub"):
            return process
    raise SystemExit("the sweep has no hub")


def data(folder: str) -> None:
    """Let 100 trials read a shared array, and count the copies of it on the node."""
    sweeper.share("columns", np.ones(SHARED_BYTES // 8))
    before = _object_store()
    sweep = swept(reads_columns, 100, folder)
    taken = _object_store() - before
    results = [trial.result or {} for trial in sweep.trials]
    places = {(result["file"], result["place"]) for result in results}
    if (-1.0, -1.0) in places:
        raise SystemExit("a trial read a copy of its own")
    print(
        f"data: {len(sweep.trials)} trials read {SHARED_BYTES / 1e6:.0f} MB at {len(places)} "
        f"place; the node's object store holds {taken / SHARED_BYTES:.2f} copies"
    )


def _object_store() -> float:
    """Give the bytes that lie in the shared memory of this machine's clusters of this process."""
    total: float = ray.cluster_resources()["object_store_memory"]
    return total - float(ray.available_resources().get("object_store_memory", 0.0))


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", nargs="*", default=["memory", "gap", "data", "idle"])
    parser.add_argument("--running", type=int, default=100)
    given = parser.parse_args()
    # Ray's workers stand back behind everything else that runs on a machine, unless told not to.
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0"}
    ray.init(
        address="local",
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
    )
    for what in given.what:
        with TemporaryDirectory(prefix="bench-") as folder:
            if what == "idle":
                idle(folder, given.running)
            else:
                {"memory": memory, "gap": gap, "data": data}[what](folder)
    ray.shutdown()


if __name__ == "__main__":
    main()
