"""Run attempts as Ray tasks, on this machine or on a cluster."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import ray
from ray import exceptions

from sweeper.backend import BackendRequest
from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.errors import BackendUnavailable
from sweeper.model.assignment import Assignment, Decision
from sweeper.model.event import AttemptKey, Ended, Event, read_events
from sweeper.model.lifecycle import AttemptStatus, Outcome
from sweeper.model.resources import Resources
from sweeper.model.setup import Setup
from sweeper_ray.arrivals import Arrival, Arrivals
from sweeper_ray.client import is_cut
from sweeper_ray.cluster import Cluster, join
from sweeper_ray.ends import HUB_IS_GONE, end_by, failed, lost, never_began, preempted, told_of
from sweeper_ray.gang import Live
from sweeper_ray.hub import LEAVE, start_hub
from sweeper_ray.machines import Held, Machines
from sweeper_ray.refused import why_not_opened
from sweeper_ray.tasks import Parcel, Tasks, kill, let_go

_CLOSE_SECONDS = 10.0
_LOOK_SECONDS = 1.0
_TOGETHER_SECONDS = 5.0
_AWAY_SECONDS = 15 * 60.0
_AGAIN_SECONDS = 5.0
_BEGIN_SECONDS = 1.0
_LATELY_SECONDS = 4.0  # a fresh process begins in less, and nodes are read every other second
_MOST_LATELY = 1_000
_SILENT_SECONDS = 60.0
_ANSWER_SECONDS = 30.0  # after 60, Ray ends a process whose cluster has gone


def open_backend(request: BackendRequest) -> RayBackend:
    """Open the Ray backend for trials of the requested size.

    Its argument is a cluster's address: "auto", "10.0.0.5:6379", "ray://host:10001". Without
    one, $RAY_ADDRESS counts, or else a cluster is started on this machine and taken down at the
    end. A Ray that is initialised in this process already is used as it is, and left as it is.

    Raises:
        BackendUnavailable: there is no such cluster, or no node of it has room for a trial.
    """
    cluster = join(request.argument, request.setup)
    try:
        return RayBackend(cluster, request.resources, request.workers, setup=request.setup)
    except BaseException as error:
        known = isinstance(error, exceptions.RuntimeEnvSetupError) or is_cut(error)
        cluster.leave()
        if known:
            raise why_not_opened(error) from error
        raise


class RayBackend:
    """One Ray task for each attempt and node, and one hub through which they speak.

    Where the hub dies, what its workers were about to say is lost: all attempts that run end
    as lost, and a new hub serves those that are started afterwards. Where the cluster's head goes
    away, they end as lost too, and the cluster is joined again when it is back.
    """

    def __init__(
        self,
        cluster: Cluster,
        resources: Resources,
        workers: int | None = None,
        clock: Clock = SYSTEM_CLOCK,
        setup: Setup | None = None,
    ) -> None:
        self._cluster = cluster
        self._workers = workers
        self._clock = clock
        self._machines = Machines(cluster, resources, clock)
        self._machines.require()
        self._tasks = Tasks(resources, setup or Setup(), cluster.task_environment)
        self._live: dict[AttemptKey, Live] = {}
        self._delayed: dict[AttemptKey, Assignment] = {}
        self._unheard: list[Event] = []
        self._arrivals = Arrivals()
        self._looked_at = clock.elapsed()
        self._away_since: float | None = None
        self._ended_at: deque[float] = deque(maxlen=_MOST_LATELY)
        self._closed = False
        self._listen_anew()

    def _listen_anew(self) -> None:
        self._hub = start_hub(self.capacity())
        self._position = 0
        self._read_on()

    def _read_on(self) -> None:
        self._read_at = self._clock.elapsed()
        self._reading = self._hub.read.remote(self._position)
        self._arrivals.expect(self._reading)

    def capacity(self) -> int:
        room = 0
        if self._away_since is None:
            with self._noticing_a_cut():
                room = self._machines.capacity()
        return max(1, room if self._workers is None else min(room, self._workers))

    def standing(self) -> str:
        if self._away_since is not None:
            return "the head of the cluster is away"
        running = sum(0 in live.nodes for live in self._live.values())
        waiting, lately = len(self._live) - running, self._clock.elapsed() - _LATELY_SECONDS
        since = [live.since for live in self._live.values() if 0 not in live.nodes]
        changing = sum(time >= lately for time in [*since, *self._ended_at])
        return self._machines.standing(Held(running=running, waiting=waiting, changing=changing))

    def notices(self) -> Sequence[str]:
        return self._machines.notices()

    def start(self, assignment: Assignment) -> None:
        self._delayed[assignment.key] = assignment
        if self._away_since is None:
            with self._noticing_a_cut():
                self._submit(assignment)

    def _submit(self, assignment: Assignment) -> None:
        key = assignment.key
        try:
            parcel = self._tasks.pack(assignment)
        except Exception as error:
            if is_cut(error):
                raise
            del self._delayed[key]
            self._unheard.append(failed(key, self._clock, error))
            return
        if assignment.resources.nodes > 1:
            self._cluster.require()
        self._hand_over(key, parcel)

    def _hand_over(self, key: AttemptKey, parcel: Parcel) -> None:
        live = self._tasks.submit(parcel, self._hub, self._machines.away_from())
        self._live[key] = live
        self._delayed.pop(key, None)
        live.since = self._clock.elapsed()
        for task in live.tasks:
            self._arrivals.expect(task, key)

    def events(self, timeout: float) -> Sequence[Event]:
        deadline = self._clock.elapsed() + timeout
        while True:
            with self._noticing_a_cut():
                self._look()
                self._kill_due()
            patience = self._next_due(deadline) - self._clock.elapsed()
            with self._noticing_a_cut():
                self._hear(0.0 if self._unheard else max(0.0, patience))
            if self._unheard or self._clock.elapsed() >= deadline:
                heard, self._unheard = self._unheard, []
                return heard

    def _next_due(self, deadline: float) -> float:
        return min([deadline, *(live.due for live in self._live.values())])

    def _kill_due(self) -> None:
        now = self._clock.elapsed()
        for live in self._live.values():
            if live.recall_at is not None and now >= live.recall_at:
                live.recall_at = None
                if not live.nodes:
                    live.recalled, live.kill_at = True, now
            if live.kill_at is not None and now >= live.kill_at:
                self._kill(live)

    def _kill(self, live: Live) -> None:
        """Kill what is left of an attempt, and again until it is over."""
        kill(live)
        live.kill_at = self._clock.elapsed() + _AGAIN_SECONDS

    def _look(self) -> None:
        """Look now and then whether the head is there, and whether nodes have to go."""
        if self._clock.elapsed() - self._looked_at < _LOOK_SECONDS:
            return
        self._looked_at = self._clock.elapsed()
        if self._away_since is not None:
            self._come_back(self._away_since)
        elif self._cluster.is_away():
            self._lose_cluster()
        elif any(node.draining for node in self._machines.nodes()):
            self._leave_nodes()
        for live in self._live.values():
            if live.waits_in_vain(self._machines.forgiven):
                live.misplaced = True
                self._kill(live)

    def _leave_nodes(self) -> None:
        """Tell whoever runs on a node that has to go, so that it saves while it can."""
        deadlines = self._cluster.deadlines()
        for key, live in self._live.items():
            going = [deadlines[node] for node in live.nodes.values() if node in deadlines]
            if not going or live.preempted or live.stopping:
                continue
            live.preempted = True
            self._hub.stop.remote(key, LEAVE)
            left = [until - self._clock.now() for until in going if until]
            live.kill_by(self._clock.elapsed() + max(0.0, min([live.grace, *left])))

    def _hear(self, patience: float) -> None:
        """Wait for the hub, or for a task that is over without having said so."""
        arrived = self._arrivals.take(patience)
        if self._away_since is not None:
            return
        try:
            for reading in (there for there in arrived if there.ref is self._reading):
                self._accept(*reading.result())
                self._read_on()
            self._reap([there for there in arrived if there.key in self._live])
            if self._clock.elapsed() - self._read_at > _SILENT_SECONDS:
                ray.get(self._hub.ready.remote(), timeout=_ANSWER_SECONDS)
                self._read_at = self._clock.elapsed()
        except HUB_IS_GONE as error:
            self._lose_hub(error)

    def _reap(self, over: Sequence[Arrival]) -> None:
        """Take in what tasks that are over have said last, behind all that they said before."""
        if any(self._is_behind(there) for there in over):
            self._cluster.require()
            unread = self._hub.read_now.remote(self._position)
            self._accept(*ray.get(unread, timeout=_ANSWER_SECONDS))
        for there in over:
            live = self._live.get(there.key)
            if live is None or there.ref not in live.left:
                continue
            rank = live.tasks.index(there.ref)
            live.over.add(rank)
            if there.error is None:
                self._take_last_words(live, rank, there.result()[1])
            else:
                live.ends[rank] = end_by(there.key, there.error, self._clock)
            if there.error is not None and not live.left and not live.misplaced:
                # Nobody is left to take the answer to what it may have asked.
                self._hub.stop.remote(there.key)
            self._close_up(there.key, live)

    def _is_behind(self, there: Arrival) -> bool:
        """Tell whether the hub may have heard what is not known here yet."""
        live = self._live[there.key]
        return live.is_gang or there.error is not None or live.heard < there.result()[0]

    def _take_last_words(self, live: Live, rank: int, lines: Sequence[str]) -> None:
        for event in read_events(lines):
            if isinstance(event, Ended):
                live.ends[rank] = event
            else:
                live.note(event)
                self._unheard.append(event)

    def _accept(self, first: int, lines: Sequence[str]) -> None:
        """Take the lines that are new, of attempts that have not ended."""
        new = lines[max(0, self._position - first) :]
        self._position = max(self._position, first + len(lines))
        for event in read_events(new):
            live = self._live.get(event.key)
            if live is not None:
                live.heard += 1
                live.note(event)
                self._unheard.append(event)

    def _close_up(self, key: AttemptKey, live: Live) -> None:
        """Let the ranks of an attempt end together; tell its end once they have."""
        if not live.ends:
            return
        if live.is_gang and live.left:
            if live.is_settled and not live.closing:
                live.closing = True
                live.closed_by = next(rank for rank in live.ends if live.settles(rank))
                if not live.misplaced:
                    self._hub.stop.remote(key)
            if live.closing and not live.has_its_time:
                live.kill_by(self._clock.elapsed() + _TOGETHER_SECONDS)
            return
        ended = live.end
        let_go(live)
        if live.is_misplaced_by(ended):
            self._hand_over(key, live.parcel)
            return
        del self._live[key]
        self._ended_at.append(self._clock.elapsed())
        if live.is_preempted_by(ended):
            ended = preempted(ended)
        if live.recalled and ended.status is AttemptStatus.LOST:
            ended = never_began(ended)
        if not live.stopping:
            self._machines.ended(live.outcomes(ended))
        self._unheard.append(ended)

    def _lose_hub(self, error: BaseException) -> None:
        if self._cluster.is_away() or self._cluster.is_gone():
            self._lose_cluster()
            return
        ray.kill(self._hub)  # where it only does not answer
        for live in self._live.values():
            kill(live)
            let_go(live)
        self._lose_all("HubDied", told_of(error, "HubDied"))
        self._listen_anew()

    @contextmanager
    def _noticing_a_cut(self) -> Iterator[None]:
        """Take what a client raises that is cut off from its cluster for the loss of that."""
        try:
            yield
        except Exception as error:
            if not is_cut(error):
                raise
            self._lose_cluster()

    def _lose_all(self, name: str, message: str, outcome: Outcome = Outcome.LOST_WORKER) -> None:
        self._unheard += [lost(k, self._clock, name, message, outcome) for k in self._live]
        self._live.clear()

    def _lose_cluster(self) -> None:
        if self._away_since is not None:
            return
        self._away_since = self._clock.elapsed()
        self._machines.tell("the head of the Ray cluster went away; waiting for it to come back")
        message = "the head of the cluster went away"
        self._lose_all("HeadDied", message, Outcome.LOST_NODE)

    def _come_back(self, since: float) -> None:
        if not self._cluster.rejoin():
            waited = self._clock.elapsed() - since
            if not self._cluster.can_rejoin or waited > _AWAY_SECONDS:
                raise BackendUnavailable(
                    "the head of the Ray cluster went away",
                    hint="When it is back, go on with: sweeper resume NAME.",
                )
            return
        self._away_since = None
        self._tasks.forget()
        self._machines.forget()
        self._listen_anew()
        self._machines.tell("the Ray cluster is back")
        delayed, self._delayed = self._delayed, {}
        for assignment in delayed.values():
            self.start(assignment)

    def answer(self, key: AttemptKey, decision: Decision) -> None:
        if key in self._live:
            with self._noticing_a_cut():
                self._hub.answer.remote(key, decision.value)

    def stop(self, key: AttemptKey, grace: float) -> None:
        if self._delayed.pop(key, None) is not None:
            self._unheard.append(never_began(lost(key, self._clock, "HeadDied", "")))
        live = self._live.get(key)
        if live is None:
            return
        live.stopping = True
        with self._noticing_a_cut():
            self._end(key, live, grace)

    def _end(self, key: AttemptKey, live: Live, grace: float) -> None:
        if grace <= 0:
            live.recall_at = None
            self._kill(live)
            return
        self._hub.stop.remote(key)
        live.kill_by(self._clock.elapsed() + grace)
        if not live.nodes:
            # What waits for room has nothing to save, and would wait out its grace.
            live.recall_at = self._clock.elapsed() + _BEGIN_SECONDS

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            if self._away_since is None:
                with self._noticing_a_cut():
                    self._end_all()
        finally:
            self._live.clear()
            self._cluster.leave()

    def _end_all(self) -> None:
        self._cluster.require()
        tasks = [task for live in self._live.values() for task in live.left]
        for live in self._live.values():
            kill(live)
            let_go(live)
        if tasks:
            ray.wait(tasks, num_returns=len(tasks), timeout=_CLOSE_SECONDS)
        ray.kill(self._hub)
