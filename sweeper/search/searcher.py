"""The contract of a searcher: which configuration comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from sweeper.model.encoding import Json, Value
from sweeper.model.trial import TrialRecord
from sweeper.schedule.scheduler import Progress


@runtime_checkable
class Searcher(Protocol):
    """Suggest configurations and learn from how their trials ended.

    Only one controller's thread calls a searcher. It keeps no file: on resume the controller
    makes a new one and lets it observe the recorded trials in the order of their numbers, so a
    suggestion must follow from its number and from what was observed, never from how often
    the searcher was asked before.
    """

    def suggest(self, number: int) -> Mapping[str, Value] | None:
        """Give the configuration of trial number; None where the space is exhausted.

        Numbers come in ascending order, each once.
        """
        ...

    def observe(self, trial: TrialRecord) -> None:
        """Take note of a trial that was suggested elsewhere or has ended.

        A trial may be observed several times as its status changes.
        """
        ...


@runtime_checkable
class Independent(Protocol):
    """A searcher whose suggestions do not depend on results, so that they may be had early."""

    independent: bool


@runtime_checkable
class Remembering(Protocol):
    """A searcher that needs more than trials to go on exactly where it stood."""

    def memory(self, number: int) -> Json:
        """Give what is to be recorded beside a suggestion; it comes back as trial.memory."""
        ...


@runtime_checkable
class RungAware(Protocol):
    """A searcher that learns from reports at a scheduler's rungs, before their trials end.

    Such a searcher also observes a trial whenever an attempt of it begins, and when it pauses.
    On resume it observes the recorded trials and then gets the recorded reports, by trial and
    step and no longer in their order of arrival, so that a suggestion must follow from what
    was reported and not from when. A trial that is run again reports again.
    """

    def observe_report(self, report: Progress, rungs: Sequence[int]) -> None:
        """Take note of a report of the objective, the first at or beyond each of these rungs."""
        ...


class Lesson(NamedTuple):
    """A trial of an earlier sweep, and its reports at a scheduler's rungs with those rungs.

    Its number counts the lessons from 0, and has nothing to do with the sweep's own trials.
    """

    trial: TrialRecord
    reports: Sequence[tuple[Progress, Sequence[int]]] = ()


@runtime_checkable
class Learning(Protocol):
    """A searcher that learns from trials of an earlier sweep."""

    def learn(self, lessons: Sequence[Lesson]) -> None:
        """Take note of earlier trials; called at most once, before anything else.

        Raises:
            SweeperError: it cannot learn from any.
        """
        ...
