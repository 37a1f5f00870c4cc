"""Run attempts in reused child processes, one slot each."""

from __future__ import annotations

import selectors
from collections.abc import Sequence

from sweeper.backend import BackendRequest
from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.errors import SweeperError
from sweeper.model.assignment import Assignment, Decision
from sweeper.model.event import AttemptKey, Ended, Event
from sweeper.model.lifecycle import AttemptStatus, Outcome
from sweeper.model.resources import Resources
from sweeper.model.setup import Setup
from sweeper_local.process import ChildProcess
from sweeper_local.slots import Slot, find_gpus, make_slots, require_one_machine


def open_backend(request: BackendRequest) -> LocalBackend:
    """Open the local backend for trials of the requested size.

    Raises:
        BackendUnavailable: this machine has no room for even one such trial.
    """
    require_one_machine(request.resources, request.setup)
    gpus = find_gpus() if request.resources.gpus else []
    slots = make_slots(request.resources, request.workers, gpus)
    return LocalBackend(slots, request.resources, setup=request.setup)


# A child shows every few seconds that it lives; one that is silent for so long is stuck or frozen.
SILENCE_SECONDS = 300.0


class LocalBackend:
    """Child processes of this machine, reused between attempts, replaced after a death."""

    near = True

    def __init__(
        self,
        slots: Sequence[Slot],
        resources: Resources,
        clock: Clock = SYSTEM_CLOCK,
        setup: Setup | None = None,
    ) -> None:
        self._slots = slots
        self._resources = resources
        self._setup = setup or Setup()
        self._clock = clock
        self._idle: list[ChildProcess] = []
        self._leaving: list[ChildProcess] = []
        self._busy: dict[AttemptKey, ChildProcess] = {}
        self._selector = selectors.DefaultSelector()

    def capacity(self) -> int:
        return len(self._slots)

    def start(self, assignment: Assignment) -> None:
        child = self._idle.pop() if self._idle else self._spawn()
        self._busy[assignment.key] = child
        child.assign(assignment)

    def _spawn(self) -> ChildProcess:
        taken = {child.slot.number for child in self._busy.values()}
        free = [slot for slot in self._slots if slot.number not in taken]
        if not free:
            raise SweeperError(
                f"all {len(self._slots)} slots of the local backend are busy",
                hint="A controller starts no more attempts than capacity().",
            )
        child = ChildProcess(free[0], self._resources, self._clock, self._setup)
        for handle in child.handles():
            self._selector.register(handle, selectors.EVENT_READ, child)
        return child

    def events(self, timeout: float) -> Sequence[Event]:
        ready = self._selector.select(self._patience(timeout)) if self._selector.get_map() else []
        heard: list[Event] = []
        for child in dict.fromkeys(key.data for key, _ in ready):
            heard += self._hear(child)
        for child in [c for c in self._busy.values() if self._is_due(c)]:
            child.kill()
        return heard

    def _patience(self, timeout: float) -> float:
        deadlines = [c.kill_at for c in self._busy.values() if c.kill_at is not None]
        if not deadlines:
            return timeout
        return max(0.0, min(timeout, min(deadlines) - self._clock.elapsed()))

    def _is_due(self, child: ChildProcess) -> bool:
        now = self._clock.elapsed()
        silent = now - child.heard_at > SILENCE_SECONDS
        return silent or (child.kill_at is not None and now >= child.kill_at)

    def _hear(self, child: ChildProcess) -> list[Event]:
        events, gone = child.read()
        events = events or child.read_streams()
        for event in events:
            if isinstance(event, Ended):
                self._free(child, leaving=event.outcome is Outcome.PREEMPTED)
                if self._is_used_up(event):
                    gone = True
        if gone:
            events = [*events, *child.end_of_attempt()]
            self._forget(child)
        return events

    def _is_used_up(self, ended: Ended) -> bool:
        """Tell whether the process of an attempt is to serve no other one."""
        if self._setup.fresh_process is not None:
            return self._setup.fresh_process
        # What went wrong on a GPU may have spoilt it for everything else in the process.
        return self._resources.gpus > 0 and ended.status is AttemptStatus.FAILED

    def _free(self, child: ChildProcess, *, leaving: bool) -> None:
        if child.key is not None:
            self._busy.pop(child.key, None)
        child.key = None
        # A child that was told to go ends by itself, and must not get another attempt.
        (self._leaving if leaving else self._idle).append(child)

    def _forget(self, child: ChildProcess) -> None:
        for handle in child.handles():
            self._selector.unregister(handle)
        self._busy = {key: busy for key, busy in self._busy.items() if busy is not child}
        self._idle = [idle for idle in self._idle if idle is not child]
        self._leaving = [leaving for leaving in self._leaving if leaving is not child]
        child.close()

    def answer(self, key: AttemptKey, decision: Decision) -> None:
        if key in self._busy:
            self._busy[key].decide(key, decision)

    def stop(self, key: AttemptKey, grace: float) -> None:
        child = self._busy.get(key)
        if child is None:
            return
        if grace <= 0:
            child.kill()
            return
        child.ask_to_stop(key)
        due = self._clock.elapsed() + grace
        child.kill_at = due if child.kill_at is None else min(child.kill_at, due)

    def close(self) -> None:
        for child in [*self._busy.values(), *self._idle, *self._leaving]:
            self._forget(child)
        self._selector.close()
        self._selector = selectors.DefaultSelector()
