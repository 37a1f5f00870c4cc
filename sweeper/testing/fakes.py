"""Fakes and factories for tests: records, a channel that notes what it is told, a searcher."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from sweeper.errors import SweeperError
from sweeper.model.assignment import Decision
from sweeper.model.encoding import Json, Value
from sweeper.model.event import Event, Reported
from sweeper.model.lifecycle import AttemptStatus, SweepStatus, TrialStatus
from sweeper.model.objective import Goal, Mode, Objective
from sweeper.model.randomness import seed_from
from sweeper.model.space import SearchSpace
from sweeper.model.sweep import Options, SweepRecord
from sweeper.model.trial import AttemptRecord, TrialRecord

E = TypeVar("E", bound=SweeperError)

LOSS = Objective(goals=(Goal(metric="loss", mode=Mode.MIN),))
"""A small loss is better."""


def make_sweep(
    name: str = "digits",
    *,
    space: SearchSpace | None = None,
    objective: Objective = LOSS,
    tags: tuple[str, ...] = (),
    created: float = 1_700_000_000.0,
) -> SweepRecord:
    """Make the record of a sweep that nobody drives yet.

    Example:
        >>> make_sweep("mnist").status
        <SweepStatus.RUNNING: 'running'>
    """
    return SweepRecord(
        id=0,
        name=name,
        status=SweepStatus.RUNNING,
        objective=tuple(objective.describe()),
        space=(space or SearchSpace(domains={})).describe(),
        options=Options().describe(),
        seed=7,
        function="package.module:train",
        function_hash="0123456789abcdef",
        provenance={"command": ["train.py"]},
        points=({"origin": "baseline", "params": {"lr": 0.1}},),
        project="tests",
        tags=tags,
        owner="somebody",
        created=created,
        updated=created,
    )


def make_trial(
    number: int,
    params: Mapping[str, Json] | None = None,
    *,
    status: TrialStatus = TrialStatus.WAITING,
    value: float | None = None,
    memory: Json = None,
    origin: str = "search",
) -> TrialRecord:
    """Make the record of a trial; one with a value has it from a single report at step 1.

    Example:
        >>> make_trial(3, {"lr": 0.1}, status=TrialStatus.COMPLETED, value=0.5).values
        (0.5,)
    """
    made = TrialRecord(
        number=number,
        status=status,
        params=params or {},
        seed=seed_from(7, number, "trial"),
        origin=origin,
        memory=memory,
        created=1_700_000_000.0 + number,
    )
    if value is None:
        return made
    values = (value,) if status is TrialStatus.COMPLETED else None
    return replace(made, value=value, values=values, last_step=1)


def make_attempt(
    trial: int, number: int = 1, status: AttemptStatus = AttemptStatus.CREATED
) -> AttemptRecord:
    """Make the record of an attempt.

    Example:
        >>> make_attempt(0).number
        1
    """
    return AttemptRecord(trial=trial, number=number, status=status, created=1_700_000_000.0)


def refused(kind: type[E], act: Callable[[], object]) -> E:
    """Do what must be refused, and give the error with which it was.

    Example:
        >>> from sweeper.model.resources import Resources
        >>> refused(SweeperError, lambda: Resources(cpus=-1)).hint
        'Ask for cpus from 0 up.'

    Raises:
        AssertionError: it was not refused, or without a hint.
    """
    try:
        act()
    except kind as error:
        if not error.hint:
            raise AssertionError(f"{kind.__name__} has no hint: {error}") from error
        return error
    raise AssertionError(f"it was not refused with {kind.__name__}")


class FakeChannel:
    """Note everything that a worker says, and answer its waiting reports from a list.

    Example:
        >>> channel = FakeChannel(answers=[Decision.STOP])
        >>> channel.ask([]), channel.ask([])
        (<Decision.STOP: 'stop'>, <Decision.CONTINUE: 'continue'>)
    """

    def __init__(self, answers: Iterable[Decision] = ()) -> None:
        self.heard: list[Event] = []
        self._answers = list(answers)

    def send(self, events: Sequence[Event]) -> None:
        self.heard.extend(events)

    def ask(self, events: Sequence[Event]) -> Decision:
        self.heard.extend(events)
        return self._answers.pop(0) if self._answers else Decision.CONTINUE

    @property
    def reports(self) -> list[Reported]:
        """The reports so far, in their order."""
        return [event for event in self.heard if isinstance(event, Reported)]


class ListedSearcher:
    """Suggest the configurations of a list, the trial's number being the place.

    Example:
        >>> searcher = ListedSearcher([{"lr": 0.1}, {"lr": 0.2}])
        >>> searcher.suggest(1), searcher.suggest(2)
        ({'lr': 0.2}, None)
    """

    def __init__(self, configurations: Sequence[Mapping[str, Value]]) -> None:
        self._configurations = list(configurations)
        self.observed: list[TrialRecord] = []

    def suggest(self, number: int) -> Mapping[str, Value] | None:
        known = self._configurations
        return known[number] if number < len(known) else None

    def observe(self, trial: TrialRecord) -> None:
        self.observed.append(trial)
