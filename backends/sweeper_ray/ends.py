"""How an attempt ended that could not say so itself, read from what Ray says of its task."""

from __future__ import annotations

from dataclasses import replace

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


def end_by(key: AttemptKey, error: BaseException, clock: Clock) -> Ended:
    """Say how an attempt ended by the error of its task."""
    for kind, name, outcome in _VERDICTS:
        if isinstance(error, kind) or isinstance(getattr(error, "cause", None), kind):
            return lost(key, clock, name, _INSTEAD.get(name) or _message(error), outcome)
    if isinstance(error, exceptions.RayTaskError | exceptions.RuntimeEnvSetupError):
        return failed(key, clock, error)
    return lost(key, clock, "WorkerDied", _message(error))


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


def _message(error: BaseException) -> str:
    return str(error).strip()[:_LONGEST_MESSAGE]
