"""Learning curves of really trained configurations, as tables that a simulated cluster replays.

Needs numpy alone, so that other tools' environments can read the same tables.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One hyperparameter of a table: its bounds and scale."""

    name: str
    low: float
    high: float
    log: bool = False
    whole: bool = False

    def unit(self, values: Any) -> Any:
        """Give the places of values in [0, 1]."""
        low, high, values = self.low, self.high, np.asarray(values, dtype=float)
        if self.log:
            low, high, values = math.log(low), math.log(high), np.log(values)
        return (values - low) / (high - low)

    def value(self, unit: float) -> float:
        """Give the value at a place in [0, 1)."""
        if self.log:
            value = math.exp(math.log(self.low) + unit * math.log(self.high / self.low))
        else:
            value = self.low + unit * (self.high - self.low)
        return round(value) if self.whole else value


@dataclass(kw_only=True)
class Task:
    """Configurations with a curve each: scores (larger is better) and seconds by step."""

    name: str
    parameters: Sequence[Parameter]
    places: Any
    scores: Any
    seconds: Any
    distinct: bool = True

    @property
    def steps(self) -> int:
        """The length of a full training."""
        return int(self.scores.shape[1])

    @property
    def full_seconds(self) -> float:
        """How long a full training takes, at the median."""
        return float(np.median(self.seconds[:, -1]))

    @property
    def worst(self) -> float:
        """The worst score that is a number: what a training that diverged is taken for."""
        return float(np.nanmin(self.scores))

    def regret(self, score: float) -> float:
        """Scale a score so that the best known is 0 and a median configuration 1, cut there."""
        best = float(np.nanmax(self.scores))
        median = float(np.nanmedian(self.scores[:, -1]))
        return min(1.0, (best - score) / (best - median))

    def rows(self) -> Rows:
        """Give a fresh finder of the rows of suggestions."""
        return Rows(self)


class Rows:
    """Find the row of a suggestion: the nearest one, by default of those not had yet."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._free = np.ones(len(task.places), dtype=bool)

    def find(self, params: Mapping[str, float]) -> int | None:
        """Give the nearest row in the unit cube; None where all were had."""
        if not self._free.any():
            return None
        wanted = np.array([float(p.unit(params[p.name])) for p in self._task.parameters])
        distances = ((self._task.places - wanted) ** 2).sum(axis=1)
        if self._task.distinct:
            distances[~self._free] = np.inf
        row = int(np.argmin(distances))
        self._free[row] = False
        return row


_LCBENCH = (
    Parameter(name="batch_size", low=16, high=512, log=True, whole=True),
    Parameter(name="learning_rate", low=1e-4, high=0.1, log=True),
    Parameter(name="momentum", low=0.1, high=0.99),
    Parameter(name="weight_decay", low=1e-5, high=0.1),
    Parameter(name="num_layers", low=1, high=5, whole=True),
    Parameter(name="max_units", low=64, high=1024, log=True, whole=True),
    Parameter(name="max_dropout", low=0.0, high=1.0),
)


def lcbench(file: Path) -> list[Task]:
    """Read LCBench; its first epoch is the untrained network and is left out."""
    table = np.load(file, allow_pickle=False)
    known = {parameter.name: parameter for parameter in _LCBENCH}
    parameters = [known[str(name)] for name in table["hp_names"]]
    columns = [p.unit(table["hp"][:, j].astype(float)) for j, p in enumerate(parameters)]
    tasks = []
    for index, name in enumerate(table["names"]):
        seconds = table["seconds"][index].astype(float)
        tasks.append(
            Task(
                name=f"lcbench {name}",
                parameters=parameters,
                places=np.column_stack(columns),
                scores=table["val_accuracy"][index].astype(float)[:, 1:],
                seconds=(seconds - seconds[:, :1])[:, 1:],
            )
        )
    return tasks


_TASKSET = {
    "learning_rate": (1e-8, 10.0),
    "beta1": (1e-4, 1.0),
    "beta2": (1e-6, 1.0),
    "epsilon": (1e-10, 1e3),
    "l1": (1e-8, 10.0),
    "l2": (1e-8, 10.0),
    "linear_decay": (1e-7, 1e-4),
    "exponential_decay": (1e-6, 1e-3),
}


def taskset(file: Path) -> list[Task]:
    """Read TaskSet; a beta is searched as what it lacks to one, on a logarithmic scale."""
    table = np.load(file, allow_pickle=False)
    parameters, columns = [], []
    for j, name in enumerate(map(str, table["hp_names"])):
        values = table["hp"][:, j].astype(float)
        beta = name.startswith("beta")
        low, high = _TASKSET[name]
        parameters.append(
            Parameter(name=f"{name}_gap" if beta else name, low=low, high=high, log=True)
        )
        columns.append(parameters[-1].unit(np.maximum(1.0 - values, low) if beta else values))
    losses = table["valid_loss"].astype(float)[:, :, 1:]
    return [
        Task(
            name=f"taskset {name}",
            parameters=parameters,
            places=np.column_stack(columns),
            scores=-losses[index],
            seconds=np.tile(np.arange(1.0, losses.shape[2] + 1), (losses.shape[1], 1)),
        )
        for index, name in enumerate(map(str, table["tasks"]))
    ]


def load_tasks(folder: Path | None) -> list[Task]:
    """Read every table of a folder; without one, train small networks for a table of our own."""
    if folder is None:
        from benchmarks.search.training import trained_tasks

        return trained_tasks()
    readers = {"lcbench": lcbench, "taskset": taskset}
    found = [
        task
        for file in sorted(folder.glob("*.npz"))
        for task in readers.get(file.stem, any_table)(file)
    ]
    if not found:
        raise SystemExit(f"there is no table, a file .npz, in {folder}")
    return found


def any_table(file: Path) -> list[Task]:
    """Read a table in the benchmark's own form, as write_table() writes it."""
    table = np.load(file, allow_pickle=False)
    parameters = [Parameter(**written) for written in json.loads(str(table["parameters"]))]
    columns = [p.unit(table["hp"][:, j]) for j, p in enumerate(parameters)]
    return [
        Task(
            name=f"{file.stem} {name}",
            parameters=parameters,
            places=np.column_stack(columns),
            scores=table["scores"][index],
            seconds=table["seconds"][index],
        )
        for index, name in enumerate(map(str, table["tasks"]))
    ]


def write_table(file: Path, parameters: Sequence[Parameter], **arrays: Any) -> None:
    """Write tasks, hp, scores (larger is better) and seconds (cumulative) by configuration."""
    np.savez_compressed(file, parameters=json.dumps([asdict(p) for p in parameters]), **arrays)
