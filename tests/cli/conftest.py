"""A store with one finished sweep, and a way to call the shell in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

import sweeper
from sweeper import choice, loguniform, sweepable
from sweeper.cli.main import main


@sweepable(metric="loss", mode="min", space={"lr": loguniform(1e-3, 1.0), "k": choice(["a", "b"])})
def train(lr: float = 0.01, k: str = "a") -> float:
    """Print something, report, and fail for large rates."""
    print(f"training with {k}")
    for step in range(1, 4):
        sweeper.report(step=step, loss=lr / step, accuracy=1 - lr)
    if lr > 0.5:
        raise KeyError("lr")
    return lr


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command answered."""

    code: int
    out: str
    err: str


Shell = Callable[..., Ran]


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], sqlite_url: str, monkeypatch: Any) -> Shell:
    """Run a command against this test's store."""
    monkeypatch.setenv("SWEEPER_STORE", sqlite_url)

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        code = main(arguments)
        captured = capsys.readouterr()
        return Ran(code=code, out=captured.out, err=captured.err)

    return run


@pytest.fixture
def finished(sqlite_url: str) -> sweeper.Sweep:
    """Give a sweep of eight trials, some of which failed."""
    return train.sweep(
        trials=8, search="random", seed=3, name="rates", backend="inline", store=sqlite_url,
        retries=0, progress=False, project="demo", tags=["first"],
        points=[{"lr": 0.9, "k": "b"}],
    )  # fmt: skip
