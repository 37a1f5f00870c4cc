"""Attempts in virtual time: what happens is in order, and between two events no time is lost."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Sequence
from functools import partial

from sweeper.backend import BackendRequest
from sweeper.clock import Clock
from sweeper.model.assignment import Assignment, Decision
from sweeper.model.event import AttemptKey, Ended, Event, Failure, Started
from sweeper.model.lifecycle import AttemptStatus, Outcome
from sweeper.model.resources import Resources
from sweeper_simulated.attempt import SimulatedAttempt
from sweeper_simulated.cluster import Cluster, Machine, Slot, Tenancy
from sweeper_simulated.output import WrittenTo
from sweeper_simulated.settings import Simulation, simulation_from
from sweeper_simulated.timeline import Timeline

_HEARD_WITHIN = 0.1
_MOST_EVENTS = 4096
_REAL_SECONDS = 0.1
_HOUR = 3600.0


def open_backend(request: BackendRequest) -> SimulatedBackend:
    """Open the simulated backend; its argument is the number of workers, or settings."""
    return simulation_from(request.argument).open(request)


class SimulatedBackend:
    """Any number of workers in virtual time, all on the thread that calls events().

    Time stands still while the controller works. events() moves it on to what happens next, and
    returns with a report that waits, an end or a change of the capacity at the very moment of it,
    and soon with a start, from which an attempt's time runs. Nothing follows from other reports
    before: they are heard along with it, or a tenth of a real second after the first of them, so
    that people see them.
    """

    near = True

    def __init__(self, settings: Simulation, resources: Resources) -> None:
        self.clock: Timeline = Timeline()
        self._settings = settings
        self._cluster = Cluster(settings, resources)
        self._live: dict[AttemptKey, SimulatedAttempt] = {}
        self._queue: deque[SimulatedAttempt] = deque()
        self._asking: set[AttemptKey] = set()
        self._running: SimulatedAttempt | None = None
        self._heard: list[Event] = []
        self._until = 0.0
        self._turn_ends = 0.0
        self._idle = threading.Event()
        self._writing = WrittenTo(self._write)

    def keep_time(self, since: float) -> Clock:
        """Give the virtual clock, set to this moment."""
        self.clock.start = since
        return self.clock

    def capacity(self) -> int:
        return max(1, self._cluster.capacity)

    def start(self, assignment: Assignment) -> None:
        attempt = SimulatedAttempt(self, assignment, self._settings.cost)
        attempt.turn = partial(self._go_on, attempt)
        self._live[attempt.key] = attempt
        self._queue.append(attempt)
        self._fill()

    def events(self, timeout: float) -> Sequence[Event]:
        before = self.clock.moment
        deadline = before + timeout
        self._until = before if self._asking or self._heard else deadline
        self._turn_ends = time.monotonic() + _REAL_SECONDS
        with self._writing:
            early = self._play()
        if not self._heard and not early and timeout > 0:
            if deadline == self._until < self.clock.next_moment() < float("inf"):
                self.clock.move_to(deadline)
            elif self.clock.moment == before:
                # Nothing can happen until the controller, or somebody in real time, does something.
                self._idle.wait(min(timeout, _REAL_SECONDS))
        heard, self._heard = self._heard, []
        return heard

    def answer(self, key: AttemptKey, decision: Decision) -> None:
        if key in self._asking:
            self._asking.remove(key)
            attempt = self._live[key]
            attempt.decision = decision
            self.wake(attempt, 0.0)

    def stop(self, key: AttemptKey, grace: float) -> None:
        attempt = self._live.get(key)
        if attempt is None:
            return
        attempt.request_stop()
        self.answer(key, Decision.STOP)
        lose = partial(
            self._lose, attempt, Outcome.LOST_WORKER, "it was killed: it did not end in its grace"
        )
        if grace > 0:
            self.clock.plan(grace, lose, attempt)
        else:
            with self._writing:
                lose()

    def close(self) -> None:
        """End all attempts at once; what they still say is heard by nobody."""
        with self._writing:
            for attempt in list(self._live.values()):
                attempt.kill()
        self._live.clear()
        self._queue.clear()
        self._asking.clear()

    # Time moves on.

    def _play(self) -> bool:
        """Let happen what does until somebody is to hear of it; True where it took too long."""
        step = self.clock.step
        while step(self._until):
            if len(self._heard) >= _MOST_EVENTS or time.monotonic() >= self._turn_ends:
                return True
        return False

    def _fill(self) -> None:
        """Give those that wait for a slot one."""
        while self._queue:
            number = self._cluster.lend()
            if number is None:
                return
            attempt = self._queue.popleft()
            if attempt.over:
                self._cluster.give_back(number)
                continue
            slot = self._cluster.slots[number]
            attempt.take_slot(number, slot)
            self._tempt_fate(attempt, slot)
            self.wake(attempt, self._settings.startup / slot.machine.speed)

    def _free(self, attempt: SimulatedAttempt) -> None:
        """Take an attempt that has ended off the stage."""
        self._live.pop(attempt.key, None)
        self._asking.discard(attempt.key)
        if attempt.slot_number >= 0:
            machine = attempt.slot.machine
            machine.busy -= 1
            machine.tenancy.over = not machine.busy
            self._cluster.give_back(attempt.slot_number)
            self._fill()

    # What attempts ask of their stage.

    def wake(self, attempt: SimulatedAttempt, delay: float) -> None:
        """Let an attempt go on after so many seconds."""
        self.clock.plan(delay, attempt.turn, attempt)

    def wake_again(self, attempt: SimulatedAttempt) -> None:
        """Let an attempt go on behind those whose turn it is now, or else ahead of all others.

        How quick this machine is must not change who comes first.
        """
        if self.clock.next_moment() <= self.clock.moment:
            self.wake(attempt, 0.0)
        else:
            self.clock.plan_first(attempt.turn, attempt)

    def _go_on(self, attempt: SimulatedAttempt) -> None:
        self._running = attempt
        attempt.go_on()
        self._running = None

    def take(self, attempt: SimulatedAttempt, events: Sequence[Event]) -> bool:
        """Take events, and say whether others are to have their turn now."""
        self._heard += events
        if isinstance(events[0], Started):
            self._until = min(self._until, self.clock.moment + _HEARD_WITHIN)
        if isinstance(events[-1], Ended):
            self._until = self.clock.moment
            attempt.over = True
            self._free(attempt)
            return False
        return (
            self.clock.next_moment() <= self.clock.moment
            or len(self._heard) >= _MOST_EVENTS
            or time.monotonic() >= self._turn_ends
        )

    def ask(self, attempt: SimulatedAttempt, events: Sequence[Event]) -> None:
        """Take events, and wake this attempt when its answer is here; until then, time stands."""
        self._heard += events
        self._until = self.clock.moment
        self._asking.add(attempt.key)

    def _write(self, stream: str, text: str) -> None:
        attempt = self._running
        if attempt is None or attempt.trial is None or attempt.over:
            return
        attempt.trial.log(stream, text)
        if time.monotonic() >= self._turn_ends:
            attempt.trial.flush()

    # Misfortunes.

    def _tempt_fate(self, attempt: SimulatedAttempt, slot: Slot) -> None:
        settings, machine = self._settings, slot.machine
        machine.busy += 1
        if machine.spot and settings.spot and machine.busy == 1:
            machine.tenancy = Tenancy()
            machine.tenancies += 1
            draw = random.Random(f"spot/{settings.seed}/{machine.number}/{machine.tenancies}")
            delay = draw.expovariate(settings.spot / _HOUR)
            self.clock.plan(delay, partial(self._take_away, machine), machine.tenancy)
        if settings.loss:
            seed, number = attempt.assignment.seed, attempt.key.attempt
            draw = random.Random(f"loss/{settings.seed}/{seed}/{number}")
            delay = draw.expovariate(settings.loss / _HOUR)
            self.clock.plan(delay, partial(self._lose_worker, attempt), attempt)

    def _lose(self, attempt: SimulatedAttempt, outcome: Outcome, why: str) -> None:
        """Kill an attempt and say so."""
        attempt.kill()
        failure = Failure(type="WorkerLost", message=why)
        ended = Ended(
            key=attempt.key,
            time=self.clock.now(),
            status=AttemptStatus.LOST,
            outcome=outcome,
            failure=failure,
        )
        self._heard.append(ended)
        self._until = self.clock.moment
        self._free(attempt)

    def _lose_worker(self, attempt: SimulatedAttempt) -> None:
        number, name = attempt.slot_number, attempt.slot.machine.name
        self._cluster.worker_gone(number)
        back = partial(self._worker_back, number)
        self.clock.plan(self._settings.away, back, self._cluster.slots[number])
        self._lose(attempt, Outcome.LOST_WORKER, f"its simulated worker on {name} died")

    def _worker_back(self, number: int) -> None:
        self._cluster.worker_back(number)
        self._capacity_changed()

    def _take_away(self, machine: Machine) -> None:
        """Give the attempts of a machine notice, and take it away when that is over."""
        self._cluster.machine_gone(machine)
        for attempt in self._on(machine):
            attempt.preempt()
        self.clock.plan(self._settings.notice, partial(self._gone, machine), machine)

    def _gone(self, machine: Machine) -> None:
        for attempt in self._on(machine):
            self._lose(attempt, Outcome.PREEMPTED, f"{machine.name} was taken away")
        self.clock.plan(self._settings.away, partial(self._machine_back, machine), machine)

    def _machine_back(self, machine: Machine) -> None:
        self._cluster.machine_back(machine)
        self._capacity_changed()

    def _capacity_changed(self) -> None:
        self._until = self.clock.moment
        self._fill()

    def _on(self, machine: Machine) -> list[SimulatedAttempt]:
        numbers = machine.slots
        return [one for one in self._live.values() if one.slot_number in numbers]
