"""What a controller joins: one of each part of a sweep."""

from __future__ import annotations

from dataclasses import dataclass

from sweeper.backend import Backend
from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.control.view import Observer, Silent
from sweeper.model.code import Code
from sweeper.model.space import SearchSpace
from sweeper.model.sweep import LeaseHolder, Options, SweepRecord
from sweeper.schedule.scheduler import Scheduler
from sweeper.search.searcher import Searcher
from sweeper.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a controller joins.

    clock is real: it paces the records and keeps the lease. times tells the sweep's own time, in
    which everything of it is recorded; it is another clock only where time is simulated.
    """

    store: Store
    sweep: SweepRecord
    lease: LeaseHolder
    space: SearchSpace
    options: Options
    code: Code
    backend: Backend
    searcher: Searcher
    scheduler: Scheduler | None
    clock: Clock = SYSTEM_CLOCK
    simulated: Clock | None = None
    observer: Observer = Silent()

    @property
    def times(self) -> Clock:
        """The clock of what is recorded of the sweep."""
        return self.simulated or self.clock
