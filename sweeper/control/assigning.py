"""Which trial a free worker gets: one that waits, one to be resumed, or a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sweeper.control.asking import milestones_of
from sweeper.control.ledger import Ledger
from sweeper.errors import SpaceError
from sweeper.model.assignment import Assignment
from sweeper.model.code import Code
from sweeper.model.encoding import Json, Value
from sweeper.model.event import SCHEDULED, AttemptKey
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.milestones import NO_MILESTONES
from sweeper.model.randomness import seed_from
from sweeper.model.space import SearchSpace
from sweeper.model.sweep import Options, SweepRecord
from sweeper.schedule.scheduler import Noting, Pausing, Scheduler
from sweeper.search.searcher import Remembering, RungAware, Searcher


@dataclass(kw_only=True)
class Assigner:
    """Make assignments for free workers; next_number is the number of the next new trial."""

    sweep: SweepRecord
    options: Options
    space: SearchSpace
    code: Code
    searcher: Searcher
    scheduler: Scheduler | None
    ledger: Ledger
    next_number: int = 0
    exhausted: bool = False

    def __post_init__(self) -> None:
        searcher = self.searcher
        self.remembering = searcher if isinstance(searcher, Remembering) else None
        self.rung_aware = searcher if isinstance(searcher, RungAware) else None
        self.goals = self.sweep.goals()
        self.pausing = self.scheduler if isinstance(self.scheduler, Pausing) else None
        self.noting = self.scheduler if isinstance(self.scheduler, Noting) else None
        self.offered: list[int] = []

    def assign(self, free: int) -> list[Assignment]:
        """Give up to so many assignments; each is in the ledger as a new attempt."""
        waiting = self.ledger.waiting() if free > 0 else []
        made: list[Assignment] = []
        while len(made) < free:
            number = waiting.pop(0) if waiting else self._resumed_or_new()
            if number is None:
                break
            made.append(self._assignment(number))
        return made

    def enqueue(self, params: Mapping[str, Json]) -> int:
        """Make a trial of a configuration that somebody asked for; it waits for a worker.

        The points that are to be tried first keep the numbers that they were promised.
        """
        while self.next_number < len(self.sweep.points):
            self._new_trial(self.next_number)
        number = self.next_number
        self._add(number, params, "queued")
        return number

    def _resumed_or_new(self) -> int | None:
        resumed = self._resumed()
        if resumed is not None:
            return resumed
        wanted = self.options.trials
        if not self.exhausted and (wanted is None or self.next_number < wanted):
            new = self._new_trial(self.next_number)
            if new is not None:
                return new
        return self._last_resumed()

    def _resumed(self) -> int | None:
        """Give a paused trial that is to go on; one whose attempt has yet to end comes later."""
        if self.scheduler is not None:
            resumed = self.scheduler.next_resume()
            if resumed is not None and resumed not in self.offered:
                self.offered.append(resumed)
        self.offered = [number for number in self.offered if number in self.ledger.held]
        for number in self.offered:
            if self.ledger.trials[number].status is TrialStatus.PAUSED:
                self.offered.remove(number)
                self.ledger.resume(number)
                return number
        return None

    def _last_resumed(self) -> int | None:
        """Give a paused trial to train to the end, where else the sweep would end."""
        if self.pausing is None or self.ledger.live:
            return None
        number = self.pausing.last_resume()
        if number is None or number not in self.ledger.held:
            return None
        self.ledger.resume(number)
        return number

    def note(self, time: float) -> None:
        """Record what the scheduler has settled."""
        if self.noting is not None:
            for trial, text in self.noting.notes():
                known = None if trial is None else self.ledger.trials.get(trial)
                key = None if known is None else AttemptKey(known.number, known.attempts)
                self.ledger.changes.event(time, SCHEDULED, text, key)

    def _new_trial(self, number: int) -> int | None:
        memory: Json = None
        if number < len(self.sweep.points):
            point = self.sweep.points[number]
            origin, written = point["origin"], point["params"]
        else:
            params = self.searcher.suggest(number)
            if params is None:
                self.exhausted = True
                return None
            if self.remembering is not None:
                memory = self.remembering.memory(number)
            origin, written = "search", self._written(number, params)
        self._add(number, written, origin, memory)
        return number

    def _add(
        self, number: int, written: Mapping[str, Json], origin: str, memory: Json = None
    ) -> None:
        self.next_number = number + 1
        seed = seed_from(self.sweep.seed, number, "trial")
        trial = self.ledger.add(number, written, seed=seed, origin=origin, memory=memory)
        if origin != "search":
            self.searcher.observe(trial)

    def _written(self, number: int, params: Mapping[str, Value]) -> dict[str, Json]:
        complete = {**params, **self.space.fixed}
        problem = self.space.problem_of(complete)
        if problem is not None:
            raise SpaceError(
                f"the searcher's suggestion for trial {number} lies outside the space: {problem}",
                hint="A searcher suggests each active parameter once, and no other.",
            )
        return self.space.encode(complete)

    def _assignment(self, number: int) -> Assignment:
        attempt = self.ledger.start(number)
        trial = self.ledger.trials[number]
        if self.rung_aware is not None:
            self.searcher.observe(trial)
        return Assignment(
            key=AttemptKey(number, attempt.number),
            sweep=self.sweep.name,
            params=self.space.decode(trial.params),
            seed=trial.seed,
            code=self.code,
            metrics=self.goals.metrics,
            folder=f"{self.options.artifacts}/{self.sweep.name}/trial-{number:05d}",
            milestones=milestones_of(self.scheduler, number) if self.scheduler else NO_MILESTONES,
            resources=self.options.resources,
            timeout=self.options.timeout,
            grace=self.options.grace,
            mode=self.goals.first.mode,
            identity=f"{self.sweep.name}/{self.sweep.created}",
            keep_checkpoints=self.options.keep_checkpoints,
            recorded_step=self.ledger.saved.get(number, 0),
        )
