"""What a controller joins: one of each part of a sweep."""

from __future__ import annotations

from dataclasses import dataclass, field

from sweeper.backend import Backend, Queueing, Spoken
from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.control.view import Observer, Silent
from sweeper.model.code import Code
from sweeper.model.space import SearchSpace
from sweeper.model.sweep import LeaseHolder, Options, SweepRecord
from sweeper.schedule.scheduler import Scheduler
from sweeper.search.searcher import Independent, Searcher
from sweeper.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a controller joins.

    clock is real: it paces the records and keeps the lease. times tells the sweep's own time, in
    which everything of it is recorded; it is another clock only where time is simulated. The
    last three say which more the backend and the searcher can do.
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
    spoken: Spoken | None = field(init=False)
    queueing: Queueing | None = field(init=False)
    independent: bool = field(init=False)

    def __post_init__(self) -> None:
        # To ask an object which contracts it keeps costs more than most ticks do otherwise.
        backend, searcher = self.backend, self.searcher
        found: dict[str, object] = {
            "spoken": backend if isinstance(backend, Spoken) else None,
            "queueing": backend if isinstance(backend, Queueing) else None,
            "independent": isinstance(searcher, Independent) and searcher.independent,
        }
        for name, value in found.items():
            object.__setattr__(self, name, value)

    @property
    def times(self) -> Clock:
        """The clock of what is recorded of the sweep."""
        return self.simulated or self.clock
