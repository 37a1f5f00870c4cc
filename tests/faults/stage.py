"""A stage for a real controller: a settable clock, a backend moved by hand, a store in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from sweeper import ASHA
from sweeper.clock import SettableClock
from sweeper.control.parts import Parts
from sweeper.controller import Controller
from sweeper.errors import StoreUnavailable
from sweeper.model.code import Code
from sweeper.model.domains import uniform
from sweeper.model.encoding import Value
from sweeper.model.event import AttemptKey, Reported, Started
from sweeper.model.lifecycle import AttemptStatus, Outcome
from sweeper.model.space import SearchSpace
from sweeper.model.sweep import LeaseHolder, Options
from sweeper.model.trial import TrialRecord
from sweeper.schedule.scheduler import Progress, Scheduler
from sweeper.search.random_search import Random
from sweeper.store import questions
from sweeper.store.leases import LEASE_SECONDS, acquire, release
from sweeper.store.recording import create_sweep
from sweeper.store.store import Store
from sweeper.testing.fakes import FakeBackend, make_sweep
from tests.faults.auditor import Audit

NAME = "staged"
STEPS = 4
TICK_SECONDS = 0.6
SPACE = SearchSpace(domains={"x": uniform(0.0, 1.0)})


def loss_at(params: Mapping[str, Value], step: int) -> float:
    """Compute what a trial reports at a step."""
    return float(params["x"] + 1 / step + step % 2)


def computed(trial: TrialRecord, step: int) -> float:
    """Compute what a recorded trial reports at a step."""
    return loss_at(trial.params, step)


class PassingClock(SettableClock):
    """A settable clock that never tells the same time twice, as no real one does."""

    def now(self) -> float:
        self.advance(1e-5)
        return super().now()


class FragileStore(Store):
    """A store in memory whose writes can be lost: before anything is written, or after it all."""

    def __init__(self) -> None:
        self.away: str | None = None
        super().__init__("sqlite:///:memory:")

    @contextmanager
    def writing(self, *given: Any, **options: Any) -> Iterator[Connection]:
        if self.away == "before":
            raise StoreUnavailable("the store is away", hint="A test took it.")
        with super().writing(*given, **options) as connection:
            yield connection
        if self.away == "after":
            raise StoreUnavailable("the store went away unanswered", hint="A test took it.")


class Noting(Random):
    """A searcher that notes what it is told."""

    def __init__(self, space: SearchSpace, seed: int, observed: list[TrialRecord]) -> None:
        super().__init__(space, seed)
        self._noted = observed

    def observe(self, trial: TrialRecord) -> None:
        self._noted.append(trial)
        super().observe(trial)


class Hearing(Noting):
    """A searcher that also notes what it hears at which rungs."""

    def __init__(self, space: SearchSpace, seed: int, observed: list[TrialRecord]) -> None:
        super().__init__(space, seed, observed)
        self.heard: dict[tuple[int, int], float] = {}

    def observe_report(self, report: Progress, rungs: Sequence[int]) -> None:
        self.heard |= {(report.trial, rung): report.value for rung in rungs}


class Stage:
    """One sweep and whoever drives it, one tick after another."""

    def __init__(
        self,
        *,
        room: int = 2,
        asha: str | None = "auto",
        hearing: bool = False,
        kind_of_backend: type[FakeBackend] = FakeBackend,
        **options: Any,
    ) -> None:
        self.clock = PassingClock()
        self.store = FragileStore()
        self.room = room
        self.kind_of_backend = kind_of_backend
        self.asha = asha
        self.kind = Hearing if hearing else Noting
        self.options = Options(**{"trials": 6, "workers": room, **options})
        made = replace(make_sweep(NAME, space=SPACE), options=self.options.describe(), points=())
        self.id = create_sweep(self.store, made)
        self.steps: dict[AttemptKey, int] = {}
        self.over = False
        self.observed: list[TrialRecord] = []
        self.take_over()

    def take_over(self) -> None:
        """Let a new controller take the sweep up."""
        self.backend = self.kind_of_backend(self.room, self.clock)
        sweep = questions.find_sweep(self.store, NAME)
        self.lease: LeaseHolder = acquire(self.store, sweep, self.clock)
        self.scheduler: Scheduler | None = (
            ASHA(max_steps=STEPS, type=self.asha) if self.asha else None
        )
        self.searcher = self.kind(SPACE, sweep.seed, self.observed)
        self.controller = Controller(
            Parts(
                store=self.store,
                sweep=sweep,
                lease=self.lease,
                space=SPACE,
                options=self.options,
                code=Code(path="package.module:train", digest="0"),
                backend=self.backend,
                searcher=self.searcher,
                scheduler=self.scheduler,
                clock=self.clock,
            )
        )
        self.over = self.insisted = self.asked_to_stop = False
        self.controller.take_up()

    def crash(self, *, politely: bool) -> None:
        """Throw the controller away; its lease is given back, or expires."""
        self.backend.close()
        if politely:
            release(self.store, self.id, self.lease)
        else:
            self.clock.advance(LEASE_SECONDS + 1)

    def tick(self, times: int = 1) -> None:
        """Let the controller do some rounds, as many as there is something to do for."""
        for _ in range(times):
            if not self.over:
                self.over = self._tick()
                self.clock.advance(TICK_SECONDS)

    def _tick(self) -> bool:
        try:
            return self.controller.tick()
        except StoreUnavailable:
            # Only somebody who insists on the end is not made to wait for the store.
            if not self.insisted:
                raise
            return True

    def interrupt(self) -> None:
        """Ask the controller to stop; asked twice, to stop at once."""
        self.insisted, self.asked_to_stop = self.asked_to_stop, True
        self.controller.request_interrupt()

    def go_on(self, key: AttemptKey) -> None:
        """Let an attempt do its next thing: begin, report, obey, or succeed."""
        if key in self.backend.waiting:
            return
        if key not in self.steps:
            self.steps[key] = 0
            self.backend.begin(key)
        elif self.backend.told_to_stop(key):
            self.backend.end(key, AttemptStatus.STOPPED, Outcome.PAUSED)
        elif self.steps[key] < STEPS:
            self._report(key)
        else:
            self.backend.succeed(key, loss_at(self.backend.live[key].params, STEPS))

    def _report(self, key: AttemptKey) -> None:
        self.steps[key] += 1
        assignment, step = self.backend.live[key], self.steps[key]
        milestone = assignment.milestones.after(step - 1)
        self.backend.report(
            key, step, waits=milestone == step, loss=loss_at(assignment.params, step)
        )

    def say_stale(self, key: AttemptKey) -> None:
        """Let an attempt that is over speak once more."""
        self.backend.say(Started(key=key, time=self.clock.now(), host="late", pid=2))
        self.backend.say(late_report(key, self.clock.now()))

    def drive_to_end(self) -> None:
        """Let everything go on until the sweep has ended."""
        for _ in range(400):
            if self.over:
                return
            self.tick()
            for key in list(self.backend.live):
                self.go_on(key)
        raise AssertionError("the sweep does not come to its end")

    def audit(self) -> Audit:
        """Read what is recorded."""
        return Audit(self.store, NAME)


def late_report(key: AttemptKey, time: float) -> Reported:
    """Make a report that nobody may believe."""
    return Reported(key=key, time=time, step=STEPS + 5, metrics={"loss": -1.0})
