"""Sweep on a Ray cluster; without one, a small one is started on this machine.

Run it with: python examples/ray_cluster.py [TRIALS] [BACKEND], for instance
python examples/ray_cluster.py 200 ray:auto. It needs: pip install "sweepable[ray]"
"""

from __future__ import annotations

import math
import sys
from typing import Annotated

import sweeper
from sweeper import loguniform, randint, sweepable


def load_libraries() -> None:
    """Import once in each worker's process what every trial needs."""
    import json  # noqa: F401 - as torch would be


@sweepable(metric="loss", mode="min", warmup=load_libraries)
def train(
    lr: Annotated[float, loguniform(1e-4, 1.0)] = 0.01,
    depth: Annotated[int, randint(1, 8)] = 3,
    epochs: int = 9,
) -> float:
    """Pretend to train: the closer to a rate of 0.1 and a depth of 5, the better."""
    loss = 1.0
    for epoch in range(1, epochs + 1):
        distance = abs(math.log10(lr) + 1) + abs(depth - 5) / 4
        loss = distance + 1 / epoch
        sweeper.report(loss=loss)
    return loss


def main() -> None:
    """Launch the sweep, or go on with it where it stood."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    backend = sys.argv[2] if len(sys.argv) > 2 else "ray"
    sweep = train.sweep(
        name="on-a-cluster", trials=trials, backend=backend, scheduler="asha", cpus=1
    )
    best = sweep.best_trial
    if best is not None:
        print(f"The best of {len(sweep.trials)} trials: {best.params}, loss {best.value:.3f}")
    where = {attempt.usage.get("node") for trial in sweep.trials for attempt in trial.attempts}
    print(f"They ran on {len(where)} node(s).")


if __name__ == "__main__":
    main()
