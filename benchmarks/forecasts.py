"""A forecast beside what then really happened, on this machine and on a simulated cluster.

Run: python benchmarks/forecasts.py
"""

from __future__ import annotations

import random
import sys
import tempfile
from typing import Annotated, Any

import sweeper
from sweeper import choice, loguniform, sweepable
from sweeper.display.wording import duration


@sweepable(metric="val_accuracy", mode="max")
def digits(
    lr: Annotated[float, loguniform(1e-4, 1e-1)] = 1e-3,
    hidden: Annotated[int, choice([32, 64, 128, 256])] = 64,
    epochs: int = 9,
) -> None:
    """Really train a small network on scikit-learn's digits."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split
    from sklearn.neural_network import MLPClassifier

    x, y = load_digits(return_X_y=True)
    x, x_val, y, y_val = train_test_split(x / 16.0, y, random_state=0)
    model = MLPClassifier([hidden, hidden], learning_rate_init=lr, batch_size=32)
    for _ in range(epochs):
        model.partial_fit(x, y, classes=range(10))
        sweeper.report(val_accuracy=model.score(x_val, y_val))


@sweepable(metric="loss", mode="min")
def curves(
    lr: Annotated[float, loguniform(1e-5, 1.0)] = 1e-2,
    width: Annotated[int, choice([1, 2, 4])] = 2,
    epochs: int = 27,
) -> None:
    """Pretend to train for about an hour; wider takes longer."""
    noise = random.Random(sweeper.trial().seed)
    for epoch in range(1, epochs + 1):
        sweeper.sleep(60.0 * width * noise.lognormvariate(0.0, 0.3))
        sweeper.report(loss=abs(lr - 0.01) ** 0.5 + 1 / epoch + noise.gauss(0.0, 0.03))


LOCAL: dict[str, Any] = {"backend": "local", "workers": 2}
CLUSTER: dict[str, Any] = {
    "backend": "simulated:64,startup=30,spread=0.2,loss=0.02",
    "gpus": 1,
    "losses": 20,
}
CASES: list[tuple[str, Any, dict[str, Any], int]] = [
    ("digits, 2 processes, ASHA, 3 probes", digits, {**LOCAL, "scheduler": "asha"}, 3),
    ("digits again, 60 whole trainings", digits, {**LOCAL, "trials": 60}, 0),
    ("64 workers, ASHA, 3 probes", curves, {**CLUSTER, "scheduler": "asha", "trials": 600}, 3),
    ("64 workers again, no pruning", curves, {**CLUSTER, "trials": 400}, 0),
    ("64 workers again, TPE and ASHA", curves,
     {**CLUSTER, "search": "tpe", "scheduler": "asha", "trials": 400}, 0),
    ("64 workers again, for 12 hours", curves, {**CLUSTER, "time": "12h", "trials": 5000}, 0),
]  # fmt: skip


def main() -> None:
    """Forecast each case, run it, and print a row of the table in docs/planning.md."""
    with tempfile.TemporaryDirectory() as folder:
        for name, function, given, probe in CASES:
            arguments = {"trials": 40, "search": "random", "seed": 1, **given}
            arguments["store"] = f"sqlite:///{folder}/store.db"
            ahead = function.plan(**arguments, probe=probe).forecast
            sweep = function.sweep(**arguments, progress=False).overview
            took = sweep.sweep
            cells = [
                name,
                f"{ahead.trials.low:.0f} to {ahead.trials.high:.0f}",
                str(sweep.ended),
                f"{duration(ahead.seconds.low)} to {duration(ahead.seconds.high)}",
                duration(took.active_seconds),
                f"{ahead.gpu_hours.low:.3g} to {ahead.gpu_hours.high:.3g}",
                f"{took.gpu_seconds / 3600:.3g}",
            ]
            sys.stdout.write(f"| {' | '.join(cells)} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
