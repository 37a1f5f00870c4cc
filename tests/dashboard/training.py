"""A training that goes on for as long as nobody stops it."""

from __future__ import annotations

from typing import Annotated

import sweeper
from sweeper import sweepable, uniform


@sweepable(metric="loss", mode="min")
def slow(x: Annotated[float, uniform(0.0, 1.0)] = 0.5) -> float:
    """Report for as long as nobody stops it."""
    for step in range(100_000):
        sweeper.report(loss=x + 1 / (step + 1))
        sweeper.sleep(0.02)
    return x
