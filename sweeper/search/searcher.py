"""The contract of a searcher: which configuration comes next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from sweeper.model.encoding import Json, Value
from sweeper.model.trial import TrialRecord


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
class Remembering(Protocol):
    """A searcher that needs more than trials to go on exactly where it stood."""

    def memory(self, number: int) -> Json:
        """Give what is to be recorded beside a suggestion; it comes back as trial.memory."""
        ...
