"""What a running sweep looks like at a moment, for whoever shows its progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from sweeper.control.budget import share_saved
from sweeper.control.ledger import Ledger
from sweeper.model.encoding import Value
from sweeper.model.lifecycle import ENDED, TrialStatus
from sweeper.model.objective import Goal


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A moment of a sweep; seconds is the time since this launch.

    machines is what the backend says of what is busy, waiting and idle, if it says anything.
    """

    name: str
    goal: Goal
    wanted: int | None
    counts: Mapping[TrialStatus, int]
    best_trial: int | None
    best_value: float | None
    best_params: Mapping[str, Value]
    workers: int
    seconds: float
    seconds_left: float | None
    saved: float | None
    ending: str | None
    machines: str | None = None

    @property
    def ended(self) -> int:
        """How many trials have ended."""
        return sum(count for status, count in self.counts.items() if status in ENDED)


class Observer(Protocol):
    """Whoever shows the progress of a sweep; called on the controller's thread."""

    def update(self, view: View) -> None:
        """Show this moment; called after every tick."""
        ...

    def note(self, text: str) -> None:
        """Show a line that stays."""
        ...

    def end(self, view: View, outcome: str) -> None:
        """Show how the sweep ended; nothing follows."""
        ...


class Silent:
    """Show nothing."""

    def update(self, view: View) -> None:
        return

    def note(self, text: str) -> None:
        return

    def end(self, view: View, outcome: str) -> None:
        return


def seconds_left(ledger: Ledger, wanted: int | None, done: int, seconds: float) -> float | None:
    """Guess how long the rest takes from how long these trials took; None before the first."""
    # Most trials that the scheduler has paused do not go on.
    ended = sum(ledger.tally.counts[s] for s in ENDED) - done + len(ledger.held)
    if wanted is None or ended < 1:
        return None
    left = wanted - ended - done
    return max(0.0, left * seconds / ended)


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What a launch asked for, and how many trials had ended before it."""

    name: str
    goal: Goal
    wanted: int | None
    done_before: int


class Machines(NamedTuple):
    """How many trials run at once, and what the backend says of its machines."""

    workers: int
    standing: str | None


def view_of(
    ledger: Ledger,
    launch: Launch,
    *,
    best_params: Mapping[str, Value],
    machines: Machines,
    seconds: float,
    ending: str | None,
) -> View:
    """Look at a ledger."""
    number, value = ledger.tally.best if ledger.tally.best is not None else (None, None)
    return View(
        name=launch.name,
        goal=launch.goal,
        wanted=launch.wanted,
        counts={status: count for status, count in ledger.tally.counts.items() if count},
        best_trial=number,
        best_value=value,
        best_params=best_params,
        workers=machines.workers,
        machines=machines.standing,
        seconds=seconds,
        seconds_left=seconds_left(ledger, launch.wanted, launch.done_before, seconds),
        saved=share_saved(ledger),
        ending=ending,
    )
