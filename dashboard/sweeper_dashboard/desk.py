"""What every page and endpoint works with: the store, its mirrors and the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.model.sweep import SweepRecord
from sweeper.store.store import Store
from sweeper_dashboard.charts import Frames
from sweeper_dashboard.figures.drawing import Importance
from sweeper_dashboard.mirror import Mirrors
from sweeper_dashboard.sheet import Sheets
from sweeper_dashboard.sparks import Sparks

Confirmation: TypeAlias = Callable[[Store, SweepRecord], Mapping[str, Any] | None]
"""Reads what the best trials of a sweep are worth under fresh seeds; whoever serves hands it in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A store opened for looking at."""

    store: Store
    mirrors: Mirrors
    sheets: Sheets
    sparks: Sparks
    clock: Clock = SYSTEM_CLOCK
    importance: Importance | None = None
    confirmation: Confirmation | None = None
    frames: Frames = field(default_factory=Frames)


def open_desk(
    store: Store,
    clock: Clock = SYSTEM_CLOCK,
    importance: Importance | None = None,
    confirmation: Confirmation | None = None,
) -> Desk:
    """Put a store on a desk.

    Args:
        store: an open store.
        clock: tells the time.
        importance: says how much each parameter matters; figures do without where it is None.
        confirmation: reads what confirmations found; none is shown where it is None.
    """
    mirrors = Mirrors(store, clock)
    return Desk(
        store=store,
        mirrors=mirrors,
        sheets=Sheets(mirrors),
        sparks=Sparks(store),
        clock=clock,
        importance=importance,
        confirmation=confirmation,
    )
