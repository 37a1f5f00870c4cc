"""How an attempt ended that could not say so itself, read from what Ray says of its task."""

from __future__ import annotations

import re
from dataclasses import replace

from ray import exceptions

from sweeper.clock import Clock
from sweeper.model.event import AttemptKey, Ended, Failure
from sweeper.model.lifecycle import AttemptStatus, Outcome

ON_REQUEST = "WorkerKilled"
"""What the failure of an attempt is called whose worker was killed as it was asked for."""

HUB_IS_GONE = (
    exceptions.RayActorError,
    exceptions.GetTimeoutError,
    exceptions.OutOfMemoryError,
    exceptions.RaySystemError,
    exceptions.ObjectLostError,
    ConnectionError,
)
"""What a backend hears whose hub died, or cannot be reached."""

_Verdict = tuple[type[BaseException], str, Outcome]

# The first that fits counts: a task that was cancelled comes wrapped in a task error.
_VERDICTS: tuple[_Verdict, ...] = (
    (exceptions.OutOfMemoryError, "OutOfMemory", Outcome.OUT_OF_MEMORY),
    (exceptions.NodeDiedError, "NodeDied", Outcome.LOST_NODE),
    (exceptions.LocalRayletDiedError, "NodeDied", Outcome.LOST_NODE),
    (exceptions.TaskUnschedulableError, "NodeDied", Outcome.LOST_NODE),
    (exceptions.TaskCancelledError, ON_REQUEST, Outcome.LOST_WORKER),
    (exceptions.WorkerCrashedError, "WorkerDied", Outcome.LOST_WORKER),
    (exceptions.RayActorError, "HubDied", Outcome.LOST_WORKER),
)
# Instead of Ray's own paragraphs, which name its logs, its settings and the command lines of
# whatever else runs on a node.
_INSTEAD = {
    ON_REQUEST: "the worker process was killed on request",
    "WorkerDied": "the worker process ended without a word: it crashed, called os._exit(), or "
    "was killed by the system",
    "NodeDied": "its node{node} died or cannot be reached",
    "OutOfMemory": "its node{node} ran out of memory{memory}",
    "HubDied": "the sweep's hub died or cannot be reached",
}
_NODE = re.compile(r"Node IP: (?P<ip>[^\s,]+), node ID: (?P<id>\w+)", re.IGNORECASE)
_FULL_NODE = re.compile(r"on the node \(IP: (?P<ip>[^\s,]+), ID: (?P<id>\w+)\)")
_MEMORY = re.compile(r"was (\S+) used / (\S+) limit")
_OF_WORKER = re.compile(r"Selected to kill: \(.*?actual memory used=(\S+?)[,)]", re.DOTALL)
_LONGEST_MESSAGE = 2_000


def end_by(key: AttemptKey, error: BaseException, clock: Clock) -> Ended:
    """Say how an attempt ended by the error of its task."""
    for kind, name, outcome in _VERDICTS:
        if isinstance(error, kind) or isinstance(getattr(error, "cause", None), kind):
            return lost(key, clock, name, told_of(error, name), outcome)
    if isinstance(error, exceptions.RayTaskError | exceptions.RuntimeEnvSetupError):
        return failed(key, clock, error)
    return lost(key, clock, "WorkerDied", _message(error))


def told_of(error: BaseException, name: str) -> str:
    """Say in a line of what kind a loss was, and where."""
    said = _message(error, 2 * _LONGEST_MESSAGE)
    node, memory = _NODE.search(said) or _FULL_NODE.search(said), _MEMORY.search(said)
    worker = _OF_WORKER.search(said)
    there = f" {node['id'][:8]} ({node['ip']})" if node else ""
    used = f": {memory[1]} of {memory[2]} were used" if memory else ""
    used += f", {worker[1]} of it by this worker" if memory and worker else ""
    return _INSTEAD[name].format(node=there, memory=used)


def preempted(ended: Ended) -> Ended:
    """Give the end of a lost attempt as that of one whose node had to go."""
    message = "its node had to go"
    if ended.failure is not None and ended.failure.type != "Preempted":
        message = f"{message}: {ended.failure.message}"
    failure = Failure(type="Preempted", message=message)
    return replace(ended, status=AttemptStatus.LOST, outcome=Outcome.PREEMPTED, failure=failure)


def never_began(ended: Ended) -> Ended:
    """Give the end of an attempt that was stopped while it waited for room."""
    return replace(ended, status=AttemptStatus.STOPPED, outcome=Outcome.PAUSED, failure=None)


def lost(
    key: AttemptKey,
    clock: Clock,
    name: str,
    message: str,
    outcome: Outcome = Outcome.LOST_WORKER,
) -> Ended:
    """Write down that an attempt was lost."""
    return Ended(
        key=key,
        time=clock.now(),
        status=AttemptStatus.LOST,
        outcome=outcome,
        failure=Failure(type=name, message=message),
    )


def failed(key: AttemptKey, clock: Clock, error: BaseException) -> Ended:
    """Write down that an attempt could not begin, and why."""
    cause = getattr(error, "cause", None) or error
    failure = Failure(type=type(cause).__qualname__, message=_message(cause), traceback=str(error))
    return Ended(
        key=key,
        time=clock.now(),
        status=AttemptStatus.FAILED,
        outcome=Outcome.ERROR,
        failure=failure,
    )


def _message(error: BaseException, longest: int = _LONGEST_MESSAGE) -> str:
    return str(error).strip()[:longest]
