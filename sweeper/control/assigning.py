"""Which trial a free worker gets: one that waits, one to be resumed, or a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from sweeper.control.asking import milestones_of
from sweeper.control.judging import last_reported
from sweeper.control.ledger import Ledger
from sweeper.errors import SpaceError
from sweeper.model.assignment import Assignment, Inherited
from sweeper.model.code import Code
from sweeper.model.encoding import Json, Value
from sweeper.model.event import SCHEDULED, TRIAL_COPIED, AttemptKey
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.milestones import NO_MILESTONES
from sweeper.model.randomness import seed_from
from sweeper.model.space import SearchSpace
from sweeper.model.sweep import Options, SweepRecord
from sweeper.model.trial import COPY, Copied, TrialRecord
from sweeper.schedule.scheduler import Copying, Noting, Pausing, Scheduler
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
        self.copying = self.scheduler if isinstance(self.scheduler, Copying) else None
        self.offered: list[int] = []

    def assign(self, free: int) -> list[Assignment]:
        """Give up to so many assignments; each is in the ledger as a new attempt."""
        if self.copying is not None:
            self._allow(self.copying)
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
        if self.copying is not None:
            return self._of_population(self.copying)
        resumed = self._resumed()
        if resumed is not None:
            return resumed
        new = self._new()
        return self._last_resumed() if new is None else new

    def _new(self) -> int | None:
        """Give a new trial of the searcher's, where there may be one."""
        if self.exhausted or self._left() == 0:
            return None
        return self._new_trial(self.next_number)

    def _left(self) -> int | None:
        """Say how many more trials there may be; None for any number."""
        wanted = self.options.trials
        return None if wanted is None else max(0, wanted - self.next_number)

    def _of_population(self, copying: Copying) -> int | None:
        """Give a copy, else a new trial, else a paused one: who has come least far goes first."""
        number = self._copied(copying)
        if number is None:
            self._allow(copying)
            number = self._new() if copying.wants_new() else None
            self._allow(copying)
        if number is None:
            number = self._resumed()
        return self._last_resumed() if number is None else number

    def _allow(self, copying: Copying) -> None:
        copying.allow(self._left(), new=not self.exhausted)

    def _copied(self, copying: Copying) -> int | None:
        """Give a copy in the place of a trial whose attempt has ended."""
        self._allow(copying)
        for copy in copying.copies():
            replaced = self.ledger.trials.get(copy.replaces)
            if replaced is None or replaced.status is not TrialStatus.PAUSED:
                continue
            step = self.ledger.saved.newest(copy.parent, upto=copy.step)
            if step:
                return self._copy(copying, replace(copy, step=step))
            copying.keep(copy.replaces)
        return None

    def _copy(self, copying: Copying, copy: Copied) -> int:
        number = self.next_number
        params = copying.explore(copy, self.space, number)
        written = self._written(number, params)
        self._ended(self.ledger.end_held(copy.replaces, TrialStatus.PRUNED))
        self._add(number, written, COPY, asdict(copy))
        text = (
            f"it goes on from trial {copy.parent}'s checkpoint of step {copy.step}, in the place "
            f"of trial {copy.replaces}"
        )
        key = AttemptKey(number, 1)
        self.ledger.changes.event(self.ledger.trials[number].created, TRIAL_COPIED, text, key)
        return number

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
        if self.copying is not None:
            self.copying.observe_start(trial)

    def _written(self, number: int, params: Mapping[str, Value]) -> dict[str, Json]:
        complete = {**params, **self.space.fixed}
        problem = self.space.problem_of(complete)
        if problem is not None:
            raise SpaceError(
                f"the configuration suggested for trial {number} lies outside the space: {problem}",
                hint="A searcher suggests each active parameter once, and no other.",
            )
        return self.space.encode(complete)

    def _assignment(self, number: int) -> Assignment:
        attempt = self.ledger.start(number)
        trial = self.ledger.trials[number]
        if self.rung_aware is not None:
            self.searcher.observe(trial)
        inherited = self._inherited(trial.copied)
        begun = 0 if inherited is None else inherited.step
        return Assignment(
            key=AttemptKey(number, attempt.number),
            sweep=self.sweep.name,
            params=self.space.decode(trial.params),
            seed=trial.seed,
            code=self.code,
            metrics=self.goals.metrics,
            folder=self._folder(number),
            milestones=milestones_of(self.scheduler, number) if self.scheduler else NO_MILESTONES,
            resources=self.options.resources,
            timeout=self.options.timeout,
            grace=self.options.grace,
            mode=self.goals.first.mode,
            identity=f"{self.sweep.name}/{self.sweep.created}",
            keep_checkpoints=self.options.keep_checkpoints,
            recorded_step=max(begun, self.ledger.saved.newest(number)),
            inherited=inherited,
            lends=self.copying is not None,
            replicates=self.options.replicates,
            finished=trial.replicates,
            reported=last_reported(trial),
        )

    def _folder(self, number: int) -> str:
        return f"{self.options.artifacts}/{self.sweep.name}/trial-{number:05d}"

    def _ended(self, trial: TrialRecord) -> None:
        self.searcher.observe(trial)
        if self.scheduler is not None:
            self.scheduler.observe_end(trial)

    def _inherited(self, copied: Copied | None) -> Inherited | None:
        if copied is None:
            return None
        folder = self._folder(copied.parent) if self.options.artifacts else ""
        return Inherited(trial=copied.parent, step=copied.step, folder=folder)
