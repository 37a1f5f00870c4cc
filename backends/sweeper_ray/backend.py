"""Run attempts as Ray tasks, on this machine or on a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import ray
from ray import exceptions

from sweeper.backend import BackendRequest
from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.model.assignment import Assignment, Decision
from sweeper.model.code import Code
from sweeper.model.event import AttemptKey, Ended, Event, read_events
from sweeper.model.resources import Resources
from sweeper.worker.code import dumps
from sweeper_ray.attempt import run_attempt
from sweeper_ray.cluster import Cluster, join
from sweeper_ray.ends import end_of, failed, lost
from sweeper_ray.hub import start_hub

_CLOSE_SECONDS = 10.0


def open_backend(request: BackendRequest) -> RayBackend:
    """Open the Ray backend for trials of the requested size.

    Its argument is a cluster's address: "auto", "10.0.0.5:6379", "ray://host:10001". Without
    one, a cluster is started on this machine and taken down at the end. A Ray that is
    initialised in this process already is used as it is, and left as it is.

    Raises:
        BackendUnavailable: there is no such cluster, or no node of it has room for a trial.
    """
    cluster = join(request.argument, SYSTEM_CLOCK)
    try:
        cluster.require(request.resources)
        return RayBackend(cluster, request.resources, request.workers)
    except BaseException:
        cluster.leave()
        raise


@dataclass(slots=True)
class _Live:
    """An attempt that has not ended: its task, and when it is to be killed."""

    task: Any
    kill_at: float | None = None


class RayBackend:
    """One Ray task for each attempt, and one hub through which they speak.

    Where the hub dies, what its workers were about to say is lost: all attempts that run end
    as lost, and a new hub serves those that are started afterwards.
    """

    def __init__(
        self,
        cluster: Cluster,
        resources: Resources,
        workers: int | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._cluster = cluster
        self._resources = resources
        self._workers = workers
        self._clock = clock
        self._live: dict[AttemptKey, _Live] = {}
        self._codes: dict[str, Any] = {}
        self._unheard: list[Event] = []
        self._runner = _runner(resources)
        self._closed = False
        self._listen_anew()

    def _listen_anew(self) -> None:
        self._hub = start_hub(f"sweeper-hub-{uuid4().hex[:12]}", self.capacity())
        self._position = 0
        self._reading = self._hub.read.remote(0)

    def capacity(self) -> int:
        room = self._cluster.room(self._resources)
        return max(1, room if self._workers is None else min(room, self._workers))

    def start(self, assignment: Assignment) -> None:
        key = assignment.key
        code = replace(assignment.code, payload=None)
        try:
            parcel = dumps(replace(assignment, code=code))
        # Parameters are the user's own objects, whose pickling may raise anything.
        except Exception as error:  # noqa: BLE001
            self._unheard.append(failed(key, self._clock, error))
            return
        named = self._runner.options(name=f"{assignment.sweep}: trial {key.trial}")
        task = named.remote(parcel, self._put(assignment.code), self._hub)
        self._live[key] = _Live(task)

    def _put(self, code: Code) -> Any:
        if code.digest not in self._codes:
            self._codes[code.digest] = ray.put(code)
        return self._codes[code.digest]

    def events(self, timeout: float) -> Sequence[Event]:
        deadline = self._clock.elapsed() + timeout
        while True:
            self._kill_due()
            heard, self._unheard = self._unheard, []
            now = self._clock.elapsed()
            heard += self._hear(0.0 if heard else max(0.0, self._next_due(deadline) - now))
            if heard or self._clock.elapsed() >= deadline:
                return heard

    def _next_due(self, deadline: float) -> float:
        dues = [live.kill_at for live in self._live.values() if live.kill_at is not None]
        return min([deadline, *dues])

    def _kill_due(self) -> None:
        for live in self._live.values():
            if live.kill_at is not None and self._clock.elapsed() >= live.kill_at:
                live.kill_at = None
                ray.cancel(live.task, force=True)

    def _hear(self, patience: float) -> list[Event]:
        """Wait for the hub, or for a task that is over without having said so."""
        tasks = [live.task for live in self._live.values()]
        ready, _ = ray.wait([self._reading, *tasks], timeout=patience)
        if not ready:
            return []
        try:
            if self._reading in ready:
                return self._read()
            return self._reap(ready)
        except exceptions.RayActorError as error:
            return self._lose_hub(error)

    def _read(self) -> list[Event]:
        first, lines = ray.get(self._reading)
        events = self._accept(first, lines)
        self._reading = self._hub.read.remote(self._position)
        return events

    def _reap(self, tasks: Sequence[Any]) -> list[Event]:
        # The worker's own words come first, and its own end counts.
        first, lines = ray.get(self._hub.read_now.remote(self._position))
        events = self._accept(first, lines)
        over = [key for key, live in self._live.items() if live.task in tasks]
        for key in over:
            events.append(end_of(key, self._live.pop(key).task, self._clock))
            self._hub.stop.remote(key)
        return events

    def _accept(self, first: int, lines: Sequence[str]) -> list[Event]:
        """Take the lines that are new, of attempts that have not ended."""
        new = lines[max(0, self._position - first) :]
        self._position = max(self._position, first + len(lines))
        return list(self._of_live(read_events(new)))

    def _of_live(self, events: Iterable[Event]) -> Iterable[Event]:
        for event in events:
            if event.key in self._live:
                if isinstance(event, Ended):
                    del self._live[event.key]
                yield event

    def _lose_hub(self, error: BaseException) -> list[Event]:
        message = f"the hub of the sweep died: {error}"
        for live in self._live.values():
            ray.cancel(live.task, force=True)
        ends: list[Event] = [lost(key, self._clock, "HubDied", message) for key in self._live]
        self._live.clear()
        self._listen_anew()
        return ends

    def answer(self, key: AttemptKey, decision: Decision) -> None:
        if key in self._live:
            self._hub.answer.remote(key, decision.value)

    def stop(self, key: AttemptKey, grace: float) -> None:
        live = self._live.get(key)
        if live is None:
            return
        if grace <= 0:
            live.kill_at = None
            ray.cancel(live.task, force=True)
            return
        self._hub.stop.remote(key)
        due = self._clock.elapsed() + grace
        live.kill_at = due if live.kill_at is None else min(live.kill_at, due)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        tasks = [live.task for live in self._live.values()]
        for task in tasks:
            ray.cancel(task, force=True)
        if tasks:
            ray.wait(tasks, num_returns=len(tasks), timeout=_CLOSE_SECONDS)
        self._live.clear()
        ray.kill(self._hub)
        self._cluster.leave()


def _runner(resources: Resources) -> Any:
    """Make the remote function for trials of one size.

    A worker that has held a GPU ends with its attempt: CUDA would keep its memory. Retries are
    the controller's, which knows the checkpoints.
    """
    given: dict[str, Any] = {
        "num_cpus": resources.cpus,
        "num_gpus": resources.gpus,
        "max_retries": 0,
        "max_calls": 1 if resources.gpus else 0,
    }
    if resources.memory:
        given["memory"] = resources.memory
    return ray.remote(**given)(run_attempt)
