"""Trials that train on several nodes together with torch's DistributedDataParallel.

Run it with: python examples/distributed_trial.py BACKEND [NODES] [GPUS], for instance
python examples/distributed_trial.py ray:auto 2 4. Without GPUS it trains on CPUs.
It needs: pip install "sweepable[ray,torch]"
"""

from __future__ import annotations

import sys
from typing import Annotated

import sweeper
from sweeper import loguniform, sweepable


@sweepable(metric="loss", mode="min")
def train(lr: Annotated[float, loguniform(1e-3, 1.0)] = 0.05, epochs: int = 5) -> float:
    """Fit a line; every rank holds its own part of the points, and gradients are averaged."""
    import torch
    import torch.distributed as dist
    from torch.nn.parallel import DistributedDataParallel

    trial = sweeper.trial()
    together = trial is not None and trial.world_size > 1
    if together:
        # The rank, the world's size and the rendezvous stand in the environment.
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(0)
    model: torch.nn.Module = torch.nn.Linear(1, 1).to(device)
    if together:
        model = DistributedDataParallel(model)
    rank = trial.rank if trial is not None else 0
    x = torch.linspace(-1, 1, 64, device=device).roll(rank).reshape(-1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    loss = torch.tensor(0.0)
    try:
        for _ in range(epochs):
            loss = torch.nn.functional.mse_loss(model(x), 3 * x + 1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if together:
                dist.all_reduce(loss)
            sweeper.report(loss=loss)  # only what rank 0 reports is recorded
    finally:
        if together:
            dist.destroy_process_group()
    return float(loss)


def main() -> None:
    """Launch the sweep."""
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    nodes = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    gpus = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    sweep = train.sweep(trials=2, backend=sys.argv[1], nodes=nodes, gpus=gpus, search="random")
    best = sweep.best_trial
    if best is not None:
        print(f"The best of {len(sweep.trials)} trials on {nodes} nodes each: {best.params}")


if __name__ == "__main__":
    main()
