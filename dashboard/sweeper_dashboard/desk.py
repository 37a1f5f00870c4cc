"""What every page and endpoint works with: the store, its mirrors and the time."""

from __future__ import annotations

from dataclasses import dataclass

from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.store.store import Store
from sweeper_dashboard.mirror import Mirrors


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A store opened for looking at."""

    store: Store
    mirrors: Mirrors
    clock: Clock = SYSTEM_CLOCK


def open_desk(store: Store, clock: Clock = SYSTEM_CLOCK) -> Desk:
    """Put a store on a desk."""
    return Desk(store=store, mirrors=Mirrors(store, clock), clock=clock)
