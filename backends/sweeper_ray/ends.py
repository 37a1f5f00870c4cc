"""How an attempt ended that could not say so itself, read from what Ray says of its task."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ray
from ray import exceptions

from sweeper.clock import Clock
from sweeper.model.event import AttemptKey, Ended, Failure
from sweeper.model.lifecycle import AttemptStatus, Outcome

ON_REQUEST = "WorkerKilled"
"""What the failure of an attempt is called whose worker was killed as it was asked for."""

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
# Where Ray says nothing, or nothing that helps.
_INSTEAD = {
    ON_REQUEST: "the worker process was killed on request",
    "WorkerDied": "the worker process ended without a word: it crashed, called os._exit(), or "
    "was killed by the system",
}
_LONGEST_MESSAGE = 2_000


def end_of(key: AttemptKey, task: Any, clock: Clock) -> Ended:
    """Say how an attempt ended whose task is over."""
    return end_by(key, _error_of(task), clock)


def end_by(key: AttemptKey, error: BaseException | None, clock: Clock) -> Ended:
    """Say how an attempt ended by the error of its task, if it has one."""
    for kind, name, outcome in _VERDICTS:
        if isinstance(error, kind) or isinstance(getattr(error, "cause", None), kind):
            return lost(key, clock, name, _INSTEAD.get(name) or _message(error), outcome)
    if isinstance(error, exceptions.RayTaskError | exceptions.RuntimeEnvSetupError):
        return failed(key, clock, error)
    message = _message(error) if error else "the worker ended without saying how"
    return lost(key, clock, "WorkerDied", message)


def preempted(ended: Ended) -> Ended:
    """Give the end of a lost attempt as that of one whose node had to go."""
    message = "its node had to go"
    if ended.failure is not None and ended.failure.type != "Preempted":
        message = f"{message}: {ended.failure.message}"
    failure = Failure(type="Preempted", message=message)
    return replace(ended, outcome=Outcome.PREEMPTED, failure=failure)


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


def _error_of(task: Any) -> BaseException | None:
    try:
        ray.get(task, timeout=0)
    # Ray raises the errors of tasks as classes of its own and of the task's.
    except Exception as error:  # noqa: BLE001
        return error
    return None


def _message(error: BaseException | None) -> str:
    return str(error).strip()[:_LONGEST_MESSAGE]
