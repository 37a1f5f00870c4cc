"""The running trial: what a function can ask of it, and how its reports leave."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar

from sweeper.clock import Clock
from sweeper.errors import TrialStopped
from sweeper.model.assignment import Assignment, Decision
from sweeper.model.encoding import Json, Value
from sweeper.model.event import Event, Logged, Measured, Published, Removed, Reported
from sweeper.model.replicate import Replicate, means, replicate_seed, told_as
from sweeper.model.resources import Resources
from sweeper.worker.channel import Channel, Timed
from sweeper.worker.lending import Lending
from sweeper.worker.reported import as_number, as_step, check_name
from sweeper.worker.sending import SENDER
from sweeper.worker.usage import Gauge

LARGEST_BUFFER = 5_000


class RunningTrial:
    """The trial whose function runs here.

    Example:
        >>> import sweeper
        >>> sweeper.trial() is None  # outside a sweep
        True
    """

    def __init__(self, assignment: Assignment, channel: Channel, clock: Clock) -> None:
        self._assignment = assignment
        self._params = assignment.params
        self._channel = channel
        self._clock = clock
        self._timed = channel if isinstance(channel, Timed) else None
        self._largest_buffer = LARGEST_BUFFER if self._timed is None else 1
        self._buffer: list[Event] = []
        self._ahead: list[Event] = []
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._stop_requested = False
        self._preempted = False
        self._stopped = False
        self._finished = list(assignment.finished)
        self._last_step = self._begun = self._finished[-1].step if self._finished else 0
        self._stride = 1
        self._last_metrics: dict[str, float] = {}
        self._known_names: set[str] = set()
        self._milestone = assignment.milestones.after(self._begun)
        self.lending = Lending(assignment)
        self.gauge = Gauge(clock, own_cpu=time.process_time())

    @property
    def number(self) -> int:
        """The number of the trial in its sweep, from 0."""
        return self._assignment.key.trial

    @property
    def attempt(self) -> int:
        """The number of this attempt, from 1."""
        return self._assignment.key.attempt

    @property
    def params(self) -> Mapping[str, Value]:
        """The configuration that the function was called with."""
        return self._params

    def unpacked(self, params: Mapping[str, Value]) -> None:
        """Take the parameters that came in pickled form."""
        self._params = params

    @property
    def seed(self) -> int:
        """The seed of this trial, the same in every attempt; each replicate has its own."""
        return replicate_seed(self._assignment.seed, self.replicate)

    @property
    def replicate(self) -> int:
        """Which of the trial's replicates runs, from 1."""
        return min(len(self._finished) + 1, self._assignment.replicates)

    @property
    def finished(self) -> Sequence[Replicate]:
        """The replicates that have ended, those of earlier attempts included."""
        return self._finished

    @property
    def resources(self) -> Resources:
        """What this trial was given."""
        return self._assignment.resources

    @property
    def rank(self) -> int:
        """The rank of this worker among those that run the trial together, from 0."""
        return self._assignment.place.rank

    @property
    def world_size(self) -> int:
        """How many workers run the trial together, one on each node."""
        return self._assignment.place.size

    @property
    def rendezvous(self) -> str:
        """Where rank 0 meets the others, as host:port; empty where it is alone."""
        return self._assignment.place.address

    @property
    def sweep(self) -> str:
        """The name of the sweep."""
        return self._assignment.sweep

    @property
    def stopping(self) -> bool:
        """Whether the trial is to end: save now, the next report() will raise."""
        return self._stop_requested

    @property
    def should_checkpoint(self) -> bool:
        """Whether it pays to save before the next report: it may end or pause the trial.

        A function that saves where this is true, and reports then, loses no step at a pause.
        Replicates behind the first are decided about once they have ended.
        """
        if self.replicate > 1:
            return self._stop_requested
        pause = self._assignment.milestones.pause_after(self._last_step)
        comes = pause is not None and self._last_step + self._stride >= pause
        return self._stop_requested or comes

    @property
    def preempted(self) -> bool:
        """Whether the trial is to end because its worker has to go."""
        return self._preempted

    @property
    def assignment(self) -> Assignment:
        """What this worker was handed."""
        return self._assignment

    @property
    def last_step(self) -> int:
        """The step of the last report."""
        return self._last_step

    @property
    def last_metrics(self) -> Mapping[str, float]:
        """The newest value of every metric."""
        return self._last_metrics

    @property
    def was_stopped(self) -> bool:
        """Whether report() has raised TrialStopped."""
        return self._stopped

    def report(self, step: int | None, metrics: Mapping[str, object]) -> None:
        """Record metrics at a step, and raise TrialStopped where the trial is to end."""
        reached = self._last_step + 1 if step is None else self.step_of(as_step(step))
        if self._timed is not None:
            self._timed.before_report(reached - self._begun)
        stopping = self._stop_requested
        waits = not stopping and self._milestone is not None and reached >= self._milestone
        # Whatever else is reported at this step, the scheduler judges the objective.
        waits = waits and self._assignment.metrics[0] in metrics and self.replicate == 1
        report = self._noted(reached, metrics, waits=waits)
        if waits:
            self._ask(report)
            return
        self._keep(report)
        if stopping:
            self._raise_stopped()
        if len(self._buffer) >= self._largest_buffer:
            self.flush()

    def end_replicate(self, values: Sequence[float], result: Mapping[str, Json] | None) -> None:
        """Record what the function gave with this seed, and go on to the next one.

        The scheduler decides about the means so far, unless it has seen them as reports of the
        first replicate; TrialStopped is raised where the trial is to end.
        """
        assignment, seed = self._assignment, self.seed
        objectives = dict(zip(assignment.metrics, values))
        told = {**self._last_metrics, **objectives}
        seen = not self._finished and assignment.metrics[0] in self._last_metrics
        step, now = max(self._last_step, self._begun + 1), self._clock.now()
        finite = {name: value for name, value in told.items() if math.isfinite(value)}
        ended = Replicate(seed=seed, step=step, time=now, metrics=finite, result=result)
        self._finished.append(ended)
        self._last_step = self._begun = step
        self._last_metrics = {}
        metrics = {} if seen else means(self._finished, assignment.metrics)
        last, stopping = len(self._finished) >= assignment.replicates, self._stop_requested
        due = self._milestone is not None and step >= self._milestone
        waits = due and not (seen or last or stopping)
        report = Reported(
            key=assignment.key, time=now, step=step, metrics=metrics, waits=waits, replicate=ended
        )
        if waits:
            self._ask(report)
            return
        self._keep(report)
        if stopping and not last:
            self._raise_stopped()
        self.flush()

    def step_of(self, step: int) -> int:
        """Give the trial's step that is this one of the running replicate."""
        return self._begun + step

    def _keep(self, report: Reported) -> None:
        """Send a report with what is sent next, and with it what it was to go ahead of."""
        # In one piece, so that nothing is sent between the two.
        self._buffer.extend([*self._caught_up(), report] if self._ahead else (report,))

    def sleep(self, seconds: float) -> None:
        """Wait, in the time of the backend."""
        if self._timed is None:
            time.sleep(seconds)
        else:
            self._timed.spend(seconds)

    def now(self) -> float:
        """Tell the time as it is recorded, in seconds since 1970-01-01 UTC."""
        return self._clock.now()

    def log(self, stream: str, text: str) -> None:
        """Record a piece of what the attempt wrote."""
        logged = Logged(key=self._assignment.key, time=self._clock.now(), stream=stream, text=text)
        with self._lock:
            self._buffer.append(logged)

    def publish(self, event: Event) -> None:
        """Record something that the attempt has made, at once.

        A checkpoint of a step that is still to be reported goes with that report, so that
        nobody goes on from it whose report was lost.
        """
        with self._lock:
            if self._is_ahead(event):
                self._buffer += self._ahead
                self._ahead = [event]
            elif self._ahead and isinstance(event, Removed):
                self._ahead.append(event)
            else:
                self._buffer.append(event)
        self.flush()

    def _is_ahead(self, event: Event) -> bool:
        if not isinstance(event, Published) or event.kind != "checkpoint":
            return False
        reports = bool(self._known_names) or self._milestone is not None
        return reports and (event.step or 0) > self._last_step

    def _caught_up(self) -> list[Event]:
        """Give the checkpoints whose reports have come, or will not."""
        ahead, self._ahead = self._ahead, []
        return ahead

    def request_stop(self) -> None:
        """Let the next report() raise TrialStopped; called by the backend's receiver."""
        self._stop_requested = True

    def preempt(self) -> None:
        """Let the function save and end, to go on elsewhere; called when the worker must go."""
        # Whoever has to go may be told so more than once; whoever is to end anyway just ends.
        if not self._stop_requested:
            self._preempted = True
        self._stop_requested = True

    def went_on_from(self, step: int) -> None:
        """Take up after a restored checkpoint, up to which everything was reported and decided."""
        self._last_step = max(self._last_step, step)
        for name, (reported, value) in self._assignment.reported.items():
            if reported <= step:
                # A function with nothing left to do is worth what it reported last.
                self._last_metrics.setdefault(name, value)
        self._milestone = self._assignment.milestones.after(self._last_step)

    def flush(self) -> None:
        """Send what is buffered."""
        with self._sending:
            events = self._take()
            if events:
                self._channel.send(events)

    def measure(self) -> None:
        """Sample what is used where it is time for it, and tell it now and then."""
        if self.gauge.is_due:
            self.gauge.sample()
        if self.gauge.is_telling:
            usage = self.gauge.usage()
            measured = Measured(key=self._assignment.key, time=self._clock.now(), usage=usage)
            with self._lock:
                self._buffer.append(measured)

    def begin(self, first: Event) -> None:
        """Send this event and, from now on, what is buffered: soon, or with an answer's wait."""
        self._buffer.append(first)
        if self._timed is None:
            SENDER.serve(self)
        else:
            self.flush()

    def finish(self, last: Sequence[Event]) -> None:
        """Send everything that is left, and these events after it."""
        if self._timed is None:
            SENDER.leave(self)
        with self._sending:
            self._channel.send([*self._take(), *self._caught_up(), *last])

    def _noted(self, step: int, metrics: Mapping[str, object], *, waits: bool) -> Reported:
        values = {name: as_number(name, value) for name, value in metrics.items()}
        told = values
        if self._finished:
            told = {told_as(name, self.replicate): value for name, value in values.items()}
        if not self._known_names.issuperset(told):
            for name in told:
                check_name(name)
            self._known_names.update(told)
        self._stride = max(1, step - self._last_step)
        self.lending.reported(self._last_step, step)
        self._last_step = step
        self._last_metrics.update(values)
        return Reported(
            key=self._assignment.key,
            time=self._clock.now(),
            step=step,
            metrics=told,
            waits=waits,
        )

    def _ask(self, report: Reported) -> None:
        self._milestone = self._assignment.milestones.after(report.step)
        with self._sending:
            decision = self._channel.ask([*self._take(), *self._caught_up(), report])
        if decision is not Decision.CONTINUE:
            self._raise_stopped()

    def _raise_stopped(self) -> None:
        self._stopped = True
        self._stop_requested = True
        raise TrialStopped

    def _take(self) -> list[Event]:
        with self._lock:
            events, self._buffer = self._buffer, []
        return events


_current: ContextVar[RunningTrial | None] = ContextVar("sweeper_trial", default=None)
_running: list[RunningTrial] = []


def current() -> RunningTrial | None:
    """Give the trial that runs here, also in threads which its function started."""
    trial = _current.get()
    if trial is None and len(_running) == 1:
        return _running[0]
    return trial


def forget(trial: RunningTrial) -> None:
    """Run a trial here no more, also where its function can never be left."""
    if trial in _running:
        _running.remove(trial)


class Entered:
    """Make a trial the current one for the length of a with block."""

    def __init__(self, trial: RunningTrial) -> None:
        self._trial = trial

    def __enter__(self) -> RunningTrial:
        self._token = _current.set(self._trial)
        _running.append(self._trial)
        return self._trial

    def __exit__(self, *_error: object) -> None:
        forget(self._trial)
        _current.reset(self._token)
