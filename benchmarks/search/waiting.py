"""How much of the workers' time is lost to deciding, where one controller decides for all.

    OMP_NUM_THREADS=1 python -m benchmarks.search.waiting

Workers hold a slot for so many seconds, report, and wait until they have their next trial. Each
decision is really made, and its CPU time goes by on the virtual clock, one after the other.
What recording and starting cost is not in it: see benchmarks/noop_trials.py.
"""

from __future__ import annotations

import argparse
import heapq
import time
from typing import Any

import numpy as np

from benchmarks.search.cost import space_of
from benchmarks.search.ours import OBJECTIVE, Ours
from sweeper.schedule import ASHA
from sweeper.search.auto import settled
from sweeper.search.named import make_searcher

_RUNGS = (1, 3, 9, 27)


def lost_share(kind: str, workers: int, seconds: float, slots: int) -> tuple[float, float]:
    """Give the share of worker time that was lost, and the mean milliseconds a decision."""
    space, asha = space_of(options=True), ASHA(type="promotion")
    described = settled({"kind": kind}, space, OBJECTIVE, asha.describe())
    ours = Ours(space, make_searcher(described, space, OBJECTIVE, 7), asha, _RUNGS[-1])
    values: dict[int, float] = {}
    rungs: dict[int, int] = {}
    # Slots end at different times from the start, as they do on a real cluster.
    rng = np.random.default_rng(0)
    free = [(float(rng.random() * seconds), worker) for worker in range(workers)]
    heapq.heapify(free)
    held: dict[int, int] = {}
    busy_until, lost, costs = 0.0, 0.0, []
    for _ in range(slots):
        now, worker = heapq.heappop(free)
        began = time.process_time()
        if worker in held:
            _report(ours, held[worker], values, rungs)
        start = ours.next()
        spent = time.process_time() - began
        assert start is not None
        if start.params is not None:
            parts: list[Any] = [start.params[f"float{i}"] for i in range(4)]
            values[start.trial] = -sum(map(float, parts))
        held[worker] = start.trial
        busy_until = max(busy_until, now) + spent
        lost += busy_until - now
        costs.append(1000.0 * spent)
        heapq.heappush(free, (busy_until + seconds, worker))
    return lost / (lost + slots * seconds), float(np.mean(costs))


def _report(ours: Ours, trial: int, values: dict[int, float], rungs: dict[int, int]) -> None:
    """Let a trial go from one rung to the next in a slot."""
    place = rungs.get(trial, 0)
    step, rungs[trial] = _RUNGS[place], place + 1
    decision = ours.report(trial, step, values[trial])
    if step == _RUNGS[-1]:
        ours.complete(trial, values[trial])
    elif decision == "continue":
        # It would go on in this slot; here its next slot waits until somebody asks for it.
        _report(ours, trial, values, rungs)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--slots", type=int, default=15, help="for each worker, and 300 at least")
    parser.add_argument("--search", default="auto")
    given = parser.parse_args()
    print("| workers | trials of | time lost | ms a decision |\n|---|---|---|---|")
    for workers in (8, 100):
        for seconds in (1.0, 10.0, 60.0):
            share, cost = lost_share(
                given.search, workers, seconds, max(given.slots * workers, 300)
            )
            print(f"| {workers} | {seconds:g} s | {100 * share:.2f} % | {cost:.1f} |", flush=True)


if __name__ == "__main__":
    main()
