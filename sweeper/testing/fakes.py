"""Fakes and factories for tests: records, a channel, a searcher, and a backend moved by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from sweeper.clock import Clock, SettableClock
from sweeper.errors import SweeperError
from sweeper.model.assignment import Assignment, Decision
from sweeper.model.encoding import Json, Value
from sweeper.model.event import AttemptKey, Ended, Event, Failure, Reported, Started
from sweeper.model.lifecycle import AttemptStatus, Outcome, SweepStatus, TrialStatus
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
        self.batches: list[list[Event]] = []
        self._answers = list(answers)

    def send(self, events: Sequence[Event]) -> None:
        self.heard.extend(events)
        self.batches.append(list(events))

    def ask(self, events: Sequence[Event]) -> Decision:
        self.send(events)
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


class FakeBackend:
    """A backend whose attempts do nothing by themselves: a test says what becomes of them.

    It keeps the contract of a backend, and refuses what a controller must not do: start an
    attempt twice, more of them than there is room for, or anything after close().

    Example:
        >>> from sweeper.testing.conversation import make_assignment
        >>> from sweeper.testing.functions import doubles
        >>> backend = FakeBackend(room=1)
        >>> backend.start(make_assignment(doubles, folder="/tmp/trial"))
        >>> (key,) = backend.live
        >>> backend.begin(key)
        >>> backend.report(key, 1, waits=True, loss=0.5)
        >>> backend.answer(key, Decision.STOP)
        >>> backend.told_to_stop(key)
        True
        >>> backend.end(key, AttemptStatus.STOPPED, Outcome.PAUSED)
        >>> [type(event).__name__ for event in backend.events(0.0)]
        ['Started', 'Reported', 'Ended']

    Args:
        room: how many attempts run at once.
        clock: tells the times of events.
    """

    near = True

    def __init__(self, room: int = 2, clock: Clock | None = None) -> None:
        self.room = room
        self.live: dict[AttemptKey, Assignment] = {}
        self.started: list[Assignment] = []
        self.answers: list[tuple[AttemptKey, Decision]] = []
        self.stops: list[tuple[AttemptKey, float]] = []
        self.waiting: set[AttemptKey] = set()
        self.closed = False
        self._stopping: set[AttemptKey] = set()
        self._clock = clock or SettableClock()
        self._events: list[Event] = []

    def capacity(self) -> int:
        return self.room

    def start(self, assignment: Assignment) -> None:
        key = assignment.key
        if self.closed:
            raise AssertionError(f"{key} was started after close()")
        if key in [known.key for known in self.started]:
            raise AssertionError(f"{key} was started twice")
        if len(self.live) >= self.room:
            raise AssertionError(f"{key} was started where {self.room} run already")
        self.started.append(assignment)
        self.live[key] = assignment

    def events(self, timeout: float) -> Sequence[Event]:
        heard, self._events = self._events, []
        return heard

    def answer(self, key: AttemptKey, decision: Decision) -> None:
        self.answers.append((key, decision))
        self.waiting.discard(key)
        if decision is not Decision.CONTINUE:
            self._stopping.add(key)

    def stop(self, key: AttemptKey, grace: float) -> None:
        self.stops.append((key, grace))
        if key not in self.live:
            return
        self._stopping.add(key)
        if grace <= 0:
            self.end(key, AttemptStatus.LOST, Outcome.LOST_WORKER)

    def close(self) -> None:
        self.closed = True
        self.live.clear()
        self.waiting.clear()
        self._events.clear()

    def told_to_stop(self, key: AttemptKey) -> bool:
        """Tell whether the next report of an attempt would raise TrialStopped."""
        return key in self._stopping

    def say(self, event: Event) -> None:
        """Let anything be heard, also of an attempt that is no more."""
        self._events.append(event)

    def begin(self, key: AttemptKey) -> None:
        """Let the worker of an attempt say that it begins."""
        self.say(Started(key=key, time=self._clock.now(), host="fake", pid=1))

    def report(self, key: AttemptKey, step: int, *, waits: bool = False, **metrics: float) -> None:
        """Let an attempt report; where it waits, it says nothing more before its answer."""
        if key in self.waiting:
            raise AssertionError(f"{key} waits for an answer and cannot report")
        if waits:
            self.waiting.add(key)
        time = self._clock.now()
        self.say(Reported(key=key, time=time, step=step, metrics=metrics, waits=waits))

    def end(self, key: AttemptKey, status: AttemptStatus, outcome: Outcome, *values: float) -> None:
        """Let a live attempt end, with the values of its objectives where it succeeded."""
        del self.live[key]
        self.waiting.discard(key)
        failed = status in (AttemptStatus.FAILED, AttemptStatus.LOST)
        self.say(
            Ended(
                key=key,
                time=self._clock.now(),
                status=status,
                outcome=outcome,
                values=values or None,
                failure=Failure(type="Fake", message="as a test wanted it") if failed else None,
            )
        )

    def succeed(self, key: AttemptKey, *values: float) -> None:
        """Let a live attempt succeed."""
        self.end(key, AttemptStatus.SUCCEEDED, Outcome.SUCCEEDED, *values)
