"""One simulated attempt: an ordinary function that is held still wherever time passes.

It runs as a greenlet on the controller's thread. A thread of its own for each attempt would do
as well, but handing over to it takes some 27 microseconds there and back, and a greenlet's
switch takes 1: a report may cost 50 in all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from greenlet import GreenletExit, getcurrent, greenlet

from sweeper.clock import Clock
from sweeper.errors import SweeperError
from sweeper.model.assignment import Assignment, Decision
from sweeper.model.encoding import Value
from sweeper.model.event import Ended, Event, Started
from sweeper.worker.context import RunningTrial, forget
from sweeper.worker.run import run
from sweeper_simulated.cluster import Slot
from sweeper_simulated.settings import Cost, is_number

_MOST_REFUSALS = 100


class Stage(Protocol):
    """Where attempts play: it takes their events and wakes them."""

    @property
    def clock(self) -> Clock:
        """The clock of virtual time."""
        ...

    def take(self, attempt: SimulatedAttempt, events: Sequence[Event]) -> bool:
        """Take events, and say whether others are to have their turn now."""
        ...

    def ask(self, attempt: SimulatedAttempt, events: Sequence[Event]) -> None:
        """Take events, and wake this attempt when its answer is here."""
        ...

    def wake(self, attempt: SimulatedAttempt, delay: float) -> None:
        """Wake this attempt after so many seconds."""
        ...

    def wake_again(self, attempt: SimulatedAttempt) -> None:
        """Wake this attempt, which was held still after take(), where its turn comes."""
        ...


class SimulatedAttempt:
    """Run one assignment in a slot, and be the channel of its function.

    over is true from its end on, whether its function ended or it was killed. turn is what its
    stage plans where it is to go on.
    """

    def __init__(self, stage: Stage, assignment: Assignment, cost: float | Cost) -> None:
        self.key = assignment.key
        self.assignment = assignment
        self.slot_number = -1
        self.over = False
        self.trial: RunningTrial | None = None
        self.decision = Decision.CONTINUE
        self.turn: Callable[[], None] = self.go_on
        self._stage = stage
        self._cost = cost
        self._slot: Slot | None = None
        self._greenlet: greenlet | None = None
        self._stopping = False
        self._refusals = 0

    def take_slot(self, number: int, slot: Slot) -> None:
        """Note where it runs."""
        self.slot_number, self._slot = number, slot

    @property
    def slot(self) -> Slot:
        """Where it runs."""
        if self._slot is None:
            raise SweeperError(f"{self.key} has no slot yet", hint="Please report this.")
        return self._slot

    # Called on the controller's side.

    def go_on(self) -> None:
        """Let the function run until it is held still again, or has ended."""
        if self._greenlet is None:
            self._greenlet = greenlet(self._run, getcurrent())
        self._greenlet.switch()

    def request_stop(self) -> None:
        """Let the next report() raise."""
        self._stopping = True
        if self.trial is not None:
            self.trial.request_stop()

    def preempt(self) -> None:
        """Let the function save and end, because its machine goes."""
        if self.trial is not None:
            self.trial.preempt()

    def kill(self) -> None:
        """Let the function go where it stands; what it still says is not heard."""
        self.over = True
        if self._greenlet is not None:
            self._greenlet.throw(GreenletExit)
        if self.trial is not None:
            forget(self.trial)

    # Called by the worker's code beside the function.

    def _run(self) -> None:
        run(self.assignment, self, on_trial=self._enter, clock=self._stage.clock)

    def _enter(self, trial: RunningTrial) -> None:
        self.trial = trial
        if self._stopping:
            trial.request_stop()

    def send(self, events: Sequence[Event]) -> None:
        """Hand events over, and let others have their turn where it is theirs."""
        if self.over:
            self._refuse(events)
            return
        if isinstance(events[0], Started):
            events = [self._placed(events[0]), *events[1:]]
        if self._stage.take(self, events):
            self._refuse_other_thread()
            self._stage.wake_again(self)
            self._switch()

    def ask(self, events: Sequence[Event]) -> Decision:
        """Hand events over, and be held still until the answer is here."""
        if self.over:
            self._refuse(events)
        self._stage.ask(self, events)
        self._switch()
        return self.decision

    def spend(self, seconds: float) -> None:
        """Be held still for so many seconds of a machine of speed 1."""
        if not 0 <= seconds < math.inf:
            raise SweeperError(
                f"sweeper.sleep({seconds!r})", hint="Sleep for a number of seconds from 0 up."
            )
        self._hold_still(seconds / self.slot.machine.speed)

    def before_report(self, step: int) -> None:
        """Be held still for what the cost model says."""
        cost = self._cost
        seconds = cost(self._params(), step) if callable(cost) else cost
        if not seconds:
            return
        if not is_number(seconds):
            raise SweeperError(
                f"the cost model gave {seconds!r} for step {step}",
                hint="Let it give a number of seconds from 0 up.",
            )
        self.spend(float(seconds))

    def _params(self) -> Mapping[str, Value]:
        return self.assignment.params if self.trial is None else self.trial.params

    def _hold_still(self, seconds: float) -> None:
        if self.over:
            self._refuse(())
        self._refuse_other_thread()
        self._stage.wake(self, seconds)
        self._switch()

    def _refuse_other_thread(self) -> None:
        if getcurrent() is not self._greenlet:
            raise SweeperError(
                "simulated time was to pass in a thread that the function has started",
                hint="Call sweeper.report() and sweeper.sleep() from the function's own thread.",
            )

    def _switch(self) -> None:
        own = self._greenlet
        if own is not None and own.parent is not None:
            own.parent.switch()

    def _refuse(self, events: Sequence[Event]) -> None:
        """End a function that was killed; one that will not end is never woken again."""
        if events and isinstance(events[-1], Ended):
            return
        self._refusals += 1
        if self._refusals > _MOST_REFUSALS:
            self._switch()
        raise GreenletExit

    def _placed(self, started: Started) -> Started:
        return replace(started, host=self.slot.machine.name, devices=self.slot.devices)
