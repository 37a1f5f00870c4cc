"""Run attempts in reused child processes, one slot each."""

from __future__ import annotations

import selectors
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from sweeper.backend import BackendRequest, refuse_argument
from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.model.assignment import Assignment, Decision
from sweeper.model.event import AttemptKey, Ended, Event
from sweeper.model.lifecycle import AttemptStatus, Outcome
from sweeper.model.resources import Resources
from sweeper.model.setup import Setup
from sweeper.worker.mapped import Shelf
from sweeper.worker.sharing import shared_values
from sweeper_local.pace import Pace
from sweeper_local.process import ChildProcess
from sweeper_local.slots import Slot, find_gpus, make_slots, require_one_machine


def open_backend(request: BackendRequest) -> LocalBackend:
    """Open the local backend for trials of the requested size.

    Raises:
        BackendUnavailable: this machine has no room for even one such trial, or is given an
            argument.
    """
    refuse_argument(request, "local")
    require_one_machine(request.resources, request.setup)
    gpus = find_gpus() if request.resources.gpus else []
    slots = make_slots(request.resources, request.workers, gpus)
    return LocalBackend(slots, request.resources, setup=request.setup)


# A child shows every few seconds that it lives; one that is silent for so long is stuck or frozen.
SILENCE_SECONDS = 300.0


# An attempt that runs for so long holds nothing ready behind it: another slot may be free.
RECALL_SECONDS = 0.1


class LocalBackend:
    """Child processes of this machine, reused between attempts, replaced after a death.

    Attempts beyond the slots wait in _ready, or behind the one that a child runs: a child that
    need not wait for its controller goes through many short attempts in the time of one.
    """

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
        self._pace = Pace()
        self._ready: deque[Assignment] = deque()
        self._children: list[ChildProcess] = []
        self._leaving: list[ChildProcess] = []
        self._said: list[Event] = []
        self._shelf = Shelf()
        self._selector = selectors.DefaultSelector()

    def capacity(self) -> int:
        return len(self._slots)

    def ahead(self) -> int:
        # A process that serves one attempt, or whose GPU one may spoil, has none behind it.
        if self._setup.fresh_process or self._resources.gpus:
            return 0
        return self._pace.depth * len(self._slots)

    def start(self, assignment: Assignment) -> None:
        places = {name: self._shelf.place(name, v) for name, v in shared_values().items()}
        self._ready.append(replace(assignment, shared=places) if places else assignment)
        if not all(child.handed for child in self._children):
            self._hand_out()
        elif len(self._children) < len(self._slots):
            self._spawn()
            self._hand_out()

    def _hand_out(self) -> None:
        """Give every idle child an attempt, and what is left to those that have the fewest."""
        given: dict[ChildProcess, list[Assignment]] = {}
        for child in self._children:
            if not child.handed and self._ready:
                given[child] = [self._ready.popleft()]
        room = self._pace.depth
        turned_since = self._clock.elapsed() - RECALL_SECONDS / 2
        quick = [child for child in self._children if child.turned_at > turned_since]
        for child in sorted(quick, key=lambda child: len(child.handed)):
            mine = given.setdefault(child, [])
            share = max(0, room + 1 - len(child.handed) - len(mine))
            mine += [self._ready.popleft() for _ in range(min(share, len(self._ready)))]
        for child, assignments in given.items():
            if assignments:
                child.assign(assignments)
                self._listen_to_streams(child)

    def _spawn(self) -> None:
        taken = {child.slot.number for child in self._children}
        slot = next(slot for slot in self._slots if slot.number not in taken)
        child = ChildProcess(slot, self._resources, self._clock, self._setup)
        for handle in child.handles():
            self._selector.register(handle, selectors.EVENT_READ, child)
        self._children.append(child)
        self._listen_to_streams(child)

    def _listen_to_streams(self, child: ChildProcess) -> None:
        """Hear a child's streams only where they can be no other attempt's than its last one's."""
        known = self._selector.get_map()
        wanted = len(child.handed) <= 1
        for handle in child.stream_handles():
            if wanted and handle not in known:
                self._selector.register(handle, selectors.EVENT_READ, child)
            elif not wanted and handle in known:
                self._selector.unregister(handle)

    def events(self, timeout: float) -> Sequence[Event]:
        if self._ready:
            self._fill_slots()
        heard, self._said = self._said, []
        patience = 0.0 if heard else self._patience(timeout)
        ready = self._selector.select(patience) if self._selector.get_map() else []
        for child in dict.fromkeys(key.data for key, _ in ready):
            heard += self._hear(child)
        for child in [child for child in self._children if child.handed]:
            self._watch(child)
        return heard

    def _fill_slots(self) -> None:
        idle = sum(not child.handed for child in self._children)
        for _ in range(min(len(self._ready) - idle, len(self._slots) - len(self._children))):
            self._spawn()
        self._hand_out()

    def _patience(self, timeout: float) -> float:
        deadlines = [child.kill_at for child in self._children if child.kill_at is not None]
        deadlines += [
            child.turned_at + RECALL_SECONDS for child in self._children if _is_holding(child)
        ]
        if not deadlines:
            return timeout
        return max(0.0, min(timeout, min(deadlines) - self._clock.elapsed()))

    def _watch(self, child: ChildProcess) -> None:
        now = self._clock.elapsed()
        if now - child.heard_at > SILENCE_SECONDS or (
            child.kill_at is not None and now >= child.kill_at
        ):
            child.kill()
        elif _is_holding(child) and now - child.turned_at >= RECALL_SECONDS:
            self._pace.slow_down()
            child.recall()

    def _hear(self, child: ChildProcess) -> list[Event]:
        turned_at, handed = child.turned_at, len(child.handed)
        events, gone = child.read()
        events = events or self._heard_streams(child)
        ends = [event for event in events if isinstance(event, Ended)]
        if ends:
            self._pace.note(child.turned_at - turned_at, len(ends))
        for key in child.returned:
            self._take_back(child, key)
        child.returned.clear()
        # A child that was told to go ends by itself, and must not get another attempt.
        child.leaving |= any(event.outcome is Outcome.PREEMPTED for event in ends)
        if child.leaving and child in self._children:
            self._children.remove(child)
            self._leaving.append(child)
        if gone or any(self._is_used_up(event) for event in ends):
            events = [*events, *child.end_of_attempt()]
            self._forget(child)
        elif handed > 1:
            self._listen_to_streams(child)
        return events

    def _is_used_up(self, ended: Ended) -> bool:
        """Tell whether the process of an attempt is to serve no other one."""
        if self._setup.fresh_process is not None:
            return self._setup.fresh_process
        # What went wrong on a GPU may have spoilt it for everything else in the process.
        return self._resources.gpus > 0 and ended.status is AttemptStatus.FAILED

    def _heard_streams(self, child: ChildProcess) -> list[Event]:
        return child.read_streams() if len(child.handed) <= 1 else []

    def _take_back(self, child: ChildProcess, key: AttemptKey) -> None:
        is_to_end = key in child.kill_times
        assignment = child.forget(key)
        if assignment is None:
            return
        if is_to_end:
            self._said.append(_never_begun(key, self._clock))
        else:
            self._ready.append(assignment)

    def _forget(self, child: ChildProcess) -> None:
        known = self._selector.get_map()
        for handle in [*child.handles(), *child.stream_handles()]:
            if handle in known:
                self._selector.unregister(handle)
        # What it had not begun, another child may.
        for assignment in list(child.handed):
            self._take_back(child, assignment.key)
        for group in (self._children, self._leaving):
            if child in group:
                group.remove(child)
        child.close()

    def _child_of(self, key: AttemptKey) -> ChildProcess | None:
        everybody = [*self._children, *self._leaving]
        return next((c for c in everybody if any(a.key == key for a in c.handed)), None)

    def answer(self, key: AttemptKey, decision: Decision) -> None:
        child = self._child_of(key)
        if child is not None:
            child.decide(key, decision)

    def stop(self, key: AttemptKey, grace: float) -> None:
        for assignment in [waiting for waiting in self._ready if waiting.key == key]:
            self._ready.remove(assignment)
            self._said.append(_never_begun(key, self._clock))
        child = self._child_of(key)
        if child is None:
            return
        due = self._clock.elapsed() + max(0.0, grace)
        child.kill_times[key] = min(due, child.kill_times.get(key, due))
        if key != child.key:
            child.take_back(key)
        elif grace <= 0:
            child.kill()
        else:
            child.ask_to_stop(key)

    def close(self) -> None:
        for child in [*self._children, *self._leaving]:
            child.handed.clear()
            self._forget(child)
        self._ready.clear()
        self._shelf.clear()
        self._selector.close()
        self._selector = selectors.DefaultSelector()


def _is_holding(child: ChildProcess) -> bool:
    return len(child.handed) > 1 and not child.recalled


def _never_begun(key: AttemptKey, clock: Clock) -> Ended:
    return Ended(key=key, time=clock.now(), status=AttemptStatus.STOPPED, outcome=Outcome.PAUSED)
