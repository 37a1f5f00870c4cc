"""The lifecycles of attempts, trials and sweeps, as tables of data.

attempt   created → launched → running → succeeded | stopped | failed | lost
trial     waiting → running → completed | infeasible | pruned | cancelled | failed
          running → paused → waiting, and back to waiting for a further attempt
sweep     running ⇄ paused → completed | stopped | failed, and from each back to running
"""

from __future__ import annotations

from enum import Enum, IntEnum, StrEnum

from sweeper.errors import LifecycleError


class AttemptStatus(StrEnum):
    """Where an attempt stands: created → launched → running → one of four ends."""

    CREATED = "created"  # recorded, not yet handed to the backend
    LAUNCHED = "launched"  # handed to the backend
    RUNNING = "running"  # its worker has said that it began
    SUCCEEDED = "succeeded"  # the function returned an objective
    STOPPED = "stopped"  # the function was ended by a decision
    FAILED = "failed"  # the function raised or returned nothing usable
    LOST = "lost"  # its worker, node or machine is gone


class Wish(IntEnum):
    """What is to become of a live attempt; a stronger wish replaces a weaker one."""

    NONE = 0  # go on
    PAUSE = 1  # stop now, go on later
    PRUNE = 2  # hopeless: stop for good
    CANCEL = 3  # a person has had enough of it


class TrialStatus(StrEnum):
    """Where a trial stands: waiting → running → an end, paused, or waiting again."""

    WAITING = "waiting"  # recorded, its next attempt has yet to begin
    RUNNING = "running"  # exactly while one attempt lives
    COMPLETED = "completed"  # has its objective
    INFEASIBLE = "infeasible"  # its configuration cannot be used
    PRUNED = "pruned"  # stopped early by the scheduler
    PAUSED = "paused"  # stopped, to go on later
    CANCELLED = "cancelled"  # stopped by a person or a budget
    FAILED = "failed"  # out of further attempts


class SweepStatus(StrEnum):
    """Where a sweep stands: running ⇄ paused → an end, from which it can run again."""

    RUNNING = "running"  # a controller drives it, if its lease lives
    PAUSED = "paused"  # launches nothing until resumed
    COMPLETED = "completed"  # did what it was asked for
    STOPPED = "stopped"  # ended by a person
    FAILED = "failed"  # too many trials failed in a row
    INTERRUPTED = "interrupted"  # never recorded: running, without a live lease


class Outcome(StrEnum):
    """Why an attempt ended."""

    SUCCEEDED = "succeeded"  # the function returned
    INFEASIBLE = "infeasible"  # its configuration cannot be used, or breaks a constraint
    PRUNED = "pruned"  # the scheduler stopped it
    PAUSED = "paused"  # stopped to go on later
    INTERRUPTED = "interrupted"  # its controller went away or was told to
    STOPPED_BY_USER = "stopped_by_user"  # a person cancelled it
    ERROR = "error"  # the function raised
    NOT_A_NUMBER = "not_a_number"  # the objective is not finite
    TIMEOUT = "timeout"  # it ran longer than allowed
    OUT_OF_MEMORY = "out_of_memory"  # the machine had no memory left for it
    LOST_WORKER = "lost_worker"  # its process died
    LOST_NODE = "lost_node"  # its machine died
    PREEMPTED = "preempted"  # its machine was taken away with notice


class Chance(Enum):
    """What a trial needs left in order to get a further attempt."""

    RETRY = "retry"  # a further attempt after the function raised
    LOSS = "loss"  # a further attempt after the worker was lost


A, T = AttemptStatus, TrialStatus

ATTEMPT_NEXT: dict[AttemptStatus, frozenset[AttemptStatus]] = {
    A.CREATED: frozenset({A.LAUNCHED, A.STOPPED, A.FAILED, A.LOST}),
    A.LAUNCHED: frozenset({A.RUNNING, A.STOPPED, A.FAILED, A.LOST}),
    A.RUNNING: frozenset({A.SUCCEEDED, A.STOPPED, A.FAILED, A.LOST}),
    A.SUCCEEDED: frozenset(),
    A.STOPPED: frozenset(),
    A.FAILED: frozenset(),
    A.LOST: frozenset(),
}

LIVE = frozenset({A.CREATED, A.LAUNCHED, A.RUNNING})

TRIAL_AFTER: dict[tuple[AttemptStatus, Wish], TrialStatus | Chance] = {
    (A.SUCCEEDED, Wish.NONE): T.COMPLETED,
    (A.SUCCEEDED, Wish.PAUSE): T.COMPLETED,
    (A.SUCCEEDED, Wish.PRUNE): T.COMPLETED,
    (A.SUCCEEDED, Wish.CANCEL): T.COMPLETED,
    (A.STOPPED, Wish.PAUSE): T.PAUSED,
    (A.STOPPED, Wish.PRUNE): T.PRUNED,
    (A.STOPPED, Wish.CANCEL): T.CANCELLED,
    (A.FAILED, Wish.NONE): Chance.RETRY,
    (A.FAILED, Wish.PAUSE): Chance.RETRY,
    (A.FAILED, Wish.PRUNE): T.PRUNED,
    (A.FAILED, Wish.CANCEL): T.CANCELLED,
    (A.LOST, Wish.NONE): Chance.LOSS,
    (A.LOST, Wish.PAUSE): Chance.LOSS,
    (A.LOST, Wish.PRUNE): T.PRUNED,
    (A.LOST, Wish.CANCEL): T.CANCELLED,
}

TRIAL_NEXT: dict[TrialStatus, frozenset[TrialStatus]] = {
    T.WAITING: frozenset({T.RUNNING, T.CANCELLED}),
    T.RUNNING: frozenset(set(T) - {T.RUNNING}),
    # Completed where it turns out that it was paused at its very end.
    T.PAUSED: frozenset({T.WAITING, T.COMPLETED, T.PRUNED, T.CANCELLED}),
    T.COMPLETED: frozenset(),
    T.INFEASIBLE: frozenset(),
    T.PRUNED: frozenset({T.PAUSED}),  # it waited when its sweep ended, and may wait again
    T.CANCELLED: frozenset({T.WAITING}),
    T.FAILED: frozenset({T.WAITING}),
}

ENDED = frozenset({T.COMPLETED, T.INFEASIBLE, T.PRUNED, T.CANCELLED, T.FAILED})


class Again(StrEnum):
    """What a further attempt of a trial is counted against."""

    RETRIES = "retries"  # what the function did
    LOSSES = "losses"  # what befell its worker, node or machine
    EITHER = "either"  # retries where the function raised, losses where its worker was killed
    FREE = "free"  # nothing: it was to stop, and goes on when its sweep does
    NEVER = "never"  # there is none: once more would end alike, or it is over


RETRY_POLICY: dict[Outcome, Again] = {
    Outcome.ERROR: Again.RETRIES,
    Outcome.TIMEOUT: Again.RETRIES,
    Outcome.OUT_OF_MEMORY: Again.EITHER,
    Outcome.LOST_WORKER: Again.LOSSES,
    Outcome.LOST_NODE: Again.LOSSES,
    Outcome.PREEMPTED: Again.LOSSES,
    Outcome.PAUSED: Again.FREE,
    Outcome.INTERRUPTED: Again.FREE,
    Outcome.NOT_A_NUMBER: Again.NEVER,
    Outcome.STOPPED_BY_USER: Again.NEVER,
    Outcome.PRUNED: Again.NEVER,
    Outcome.SUCCEEDED: Again.NEVER,
    Outcome.INFEASIBLE: Again.NEVER,
}

NEVER_RETRIED = frozenset(o for o, again in RETRY_POLICY.items() if again is Again.NEVER)


def advance_attempt(now: AttemptStatus, then: AttemptStatus, story: str) -> AttemptStatus:
    """Move an attempt on, or raise with its story where the table does not know the move.

    Raises:
        LifecycleError: the attempt cannot go there from here.
    """
    if then not in ATTEMPT_NEXT[now]:
        raise LifecycleError(
            f"{story}: an attempt that is {now} cannot become {then}",
            hint="This is a defect of the backend or of sweeper; please report it.",
        )
    return then


def advance_trial(now: TrialStatus, then: TrialStatus, story: str) -> TrialStatus:
    """Move a trial on, or raise with its story where the table does not know the move.

    Raises:
        LifecycleError: the trial cannot go there from here.
    """
    if then not in TRIAL_NEXT[now]:
        raise LifecycleError(
            f"{story}: a trial that is {now} cannot become {then}",
            hint="This is a defect of the backend or of sweeper; please report it.",
        )
    return then


def trial_after(
    ended: AttemptStatus,
    wish: Wish,
    *,
    chance_left: bool,
    story: str,
    feasible: bool = True,
) -> TrialStatus:
    """Say what becomes of a trial whose attempt has ended.

    Args:
        ended: how the attempt ended.
        wish: the strongest wish written on it.
        chance_left: whether a further attempt is allowed for this kind of end.
        story: who this is about, for the error.
        feasible: whether the configuration of one that succeeded can be used.

    Raises:
        LifecycleError: an attempt cannot end like this.
    """
    after = TRIAL_AFTER.get((ended, wish))
    if after is None:
        raise LifecycleError(
            f"{story}: an attempt cannot end as {ended} with the wish {wish.name.lower()}",
            hint="This is a defect of the backend or of sweeper; please report it.",
        )
    if isinstance(after, Chance):
        return TrialStatus.WAITING if chance_left else TrialStatus.FAILED
    return TrialStatus.INFEASIBLE if after is TrialStatus.COMPLETED and not feasible else after
