"""The contract of a scheduler: from reports it decides who goes on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, runtime_checkable

from sweeper.model.assignment import Decision
from sweeper.model.encoding import Value
from sweeper.model.milestones import Milestones
from sweeper.model.objective import Objective
from sweeper.model.space import SearchSpace
from sweeper.model.trial import Copied, TrialRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A report as a scheduler sees it.

    value is the objective as it was reported; score is the same with more being better, and
    minus infinity for what is not finite. before is the step of the trial's previous report of it,
    0 at first. metrics holds all that was reported at this step so far. checkpoint is the step
    of the trial's newest recorded checkpoint, 0 where it has none.
    """

    trial: int
    step: int
    value: float
    score: float
    before: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)
    checkpoint: int = 0


@runtime_checkable
class Scheduler(Protocol):
    """Decide from reports whether a trial goes on, pauses or stops.

    Only one controller's thread calls a scheduler. It keeps no file: on resume the controller
    makes a new one and feeds it the recorded reports and ends, in their order, ignoring its
    answers. The same report may therefore come twice (a trial that is run again reports again)
    and must then count once. A scheduler that pauses trials is a Pausing one, too.
    """

    def milestones(self, trial: int) -> Milestones:
        """Give the steps at which this trial is to wait for a decision."""
        ...

    def decide(self, report: Progress) -> Decision:
        """Decide on a report of the objective.

        Called for every one. At a milestone the worker waits for the answer; elsewhere a
        decision other than CONTINUE reaches it with one of its later reports.
        """
        ...

    def next_resume(self) -> int | None:
        """Give a paused trial that is to go on, or None.

        Called whenever a worker is free, before a new trial is begun.
        """
        ...

    def observe_end(self, trial: TrialRecord) -> None:
        """Take note that a trial has ended for good."""
        ...


@runtime_checkable
class Pausing(Protocol):
    """A scheduler that pauses trials, and is told what a resume takes up.

    A trial that still waits when its sweep ends has ended as pruned; where the sweep is gone on
    with, it waits again.
    """

    def take_up(self, paused: Collection[int]) -> None:
        """Learn who waits for next_resume(), once all that was recorded has been told.

        Called once, before anything runs, also where nothing was recorded yet.
        """
        ...

    def last_resume(self) -> int | None:
        """Give a paused trial that is to go on because the sweep would else end, or None.

        Called where nothing runs, nobody is to go on otherwise, and nothing new is to begin.
        """
        ...


class Note(NamedTuple):
    """A line of what a scheduler has settled, of a trial or of the whole sweep."""

    trial: int | None
    text: str


@runtime_checkable
class Noting(Protocol):
    """A scheduler that settles more than follows from the reports in whatever order."""

    def notes(self) -> Sequence[Note]:
        """Give what has been settled since the last call; it is recorded with the reports."""
        ...

    def recall(self, notes: Sequence[Note]) -> None:
        """Take back what was recorded, in its order.

        Called once, before any report is told and anything runs; what is told between this
        and take_up() is history.
        """
        ...


@runtime_checkable
class Prepared(Protocol):
    """A scheduler that needs to know its sweep."""

    def prepare(self, seed: int, objective: Objective) -> None:
        """Take the sweep's seed and objective; called once, before anything else."""
        ...


@runtime_checkable
class Copying(Protocol):
    """A scheduler under which new trials go on from other trials' checkpoints.

    It says how many configurations of the searcher's are to be begun, and when. It is told of
    every trial: as it is added, or on resume of the recorded ones, after the notes and ahead of
    the reports.
    """

    def observe_start(self, trial: TrialRecord) -> None:
        """Take note of a trial that is there to be run."""
        ...

    def allow(self, left: int | None, *, new: bool) -> None:
        """Take note of what may begin: how many more trials, and whether the searcher has any.

        None stands for a number that nothing bounds.
        """
        ...

    def wants_new(self) -> bool:
        """Tell whether a trial of a configuration of the searcher's is to begin."""
        ...

    def copies(self) -> Sequence[Copied]:
        """Give the copies to be made; each begins when the one it replaces has paused.

        That one then ends as pruned, of which the scheduler is told. The step is the highest
        that the checkpoint may have.
        """
        ...

    def keep(self, trial: int) -> None:
        """Take note that a trial is not replaced after all: there is nothing to be copied."""
        ...

    def explore(self, copy: Copied, space: SearchSpace, number: int) -> Mapping[str, Value]:
        """Give the configuration of a copy that is to have this number.

        Raises:
            SpaceError: the space has no parameter that may change.
        """
        ...
