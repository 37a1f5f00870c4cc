"""A table of our own: small networks really trained on scikit-learn's bundled data.

python -m benchmarks.search.training --out DIR     (some minutes)
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.search.curves import Parameter, Task, any_table, write_table

PARAMETERS = (
    Parameter(name="learning_rate", low=1e-4, high=1.0, log=True),
    Parameter(name="momentum", low=0.0, high=0.99),
    Parameter(name="alpha", low=1e-7, high=1e-1, log=True),
    Parameter(name="batch_size", low=8, high=256, log=True, whole=True),
    Parameter(name="width", low=4, high=128, log=True, whole=True),
)
_CONFIGURATIONS, _EPOCHS = 400, 27


def trained(dataset: str, count: int = _CONFIGURATIONS) -> tuple[Any, Any, Any]:
    """Train random configurations; gives their values, validation scores and seconds by epoch."""
    from sklearn import datasets
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler

    data, target = getattr(datasets, f"load_{dataset}")(return_X_y=True)
    data = StandardScaler().fit_transform(data)
    parts = train_test_split(data, target, test_size=0.4, random_state=0, stratify=target)
    rng = np.random.default_rng(0)
    values = np.array([[p.value(rng.random()) for p in PARAMETERS] for _ in range(count)])
    curves = [_curve(dict(zip((p.name for p in PARAMETERS), row)), parts) for row in values]
    return values, np.array([c[0] for c in curves]), np.array([c[1] for c in curves])


def _curve(params: dict[str, float], parts: list[Any]) -> tuple[list[float], list[float]]:
    from sklearn.neural_network import MLPClassifier

    train, valid, train_target, valid_target = parts
    network = MLPClassifier(
        hidden_layer_sizes=(int(params["width"]),),
        solver="sgd",
        learning_rate_init=params["learning_rate"],
        momentum=params["momentum"],
        alpha=params["alpha"],
        batch_size=min(int(params["batch_size"]), len(train)),
        random_state=0,
    )
    scores, seconds, began = [], [], time.process_time()
    for _ in range(_EPOCHS):
        try:
            network.partial_fit(train, train_target, classes=np.unique(train_target))
            scores.append(float(network.score(valid, valid_target)))
        except ValueError:
            # The weights have left the floats: what follows is no better.
            scores.append(0.0)
        seconds.append(time.process_time() - began)
    return scores, seconds


def make_table(file: Path) -> None:
    """Train on three sets of data and write the table."""
    names = ["digits", "breast_cancer", "wine"]
    found = [trained(name) for name in names]
    write_table(
        file,
        PARAMETERS,
        tasks=np.array(names),
        hp=found[0][0],
        scores=np.array([scores for _, scores, _ in found]),
        seconds=np.array([seconds for _, _, seconds in found]),
    )


def trained_tasks() -> list[Task]:
    """Give the tasks of a table made now."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        make_table(Path(folder) / "trained.npz")
        return any_table(Path(folder) / "trained.npz")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    make_table(folder / "trained.npz")
