"""A data set that lies once on each machine, and that all trials read where it lies.

Run it with: python examples/shared_dataset.py [BACKEND], for instance local, ray or ray:auto.
It needs NumPy.
"""

from __future__ import annotations

import sys
from typing import Annotated

import numpy as np

import sweeper
from sweeper import loguniform, sweepable


def make_points() -> dict[str, np.ndarray]:
    """Make the data; called once, where the sweep is launched."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(200_000, 20))
    return {"x": x, "y": x @ np.arange(20.0) + generator.normal(size=len(x))}


# At the top of the script, so that a resume from the shell shares it too.
sweeper.share("points", make_points)


@sweepable(metric="loss", mode="min")
def fit(penalty: Annotated[float, loguniform(1e-3, 1e6)] = 1.0) -> float:
    """Fit by ridge regression on the first half, and measure on the second."""
    points = sweeper.shared("points")
    half = len(points["y"]) // 2
    x, y = points["x"][:half], points["y"][:half]
    weights = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y)
    return float(np.mean((points["x"][half:] @ weights - points["y"][half:]) ** 2))


def main() -> None:
    """Launch the sweep."""
    backend = sys.argv[1] if len(sys.argv) > 1 else "local"
    sweep = fit.sweep(trials=20, backend=backend)
    best = sweep.best_trial
    if best is not None:
        print(f"The best of {len(sweep.trials)} trials: {best.params}, loss {best.value:.4f}")


if __name__ == "__main__":
    main()
