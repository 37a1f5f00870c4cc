"""The contract of a backend: where attempts run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from sweeper.clock import Clock
from sweeper.errors import BackendUnavailable
from sweeper.model.assignment import Assignment, Decision
from sweeper.model.event import AttemptKey, Event
from sweeper.model.resources import Resources
from sweeper.model.setup import Setup


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendRequest:
    """What a backend is opened with.

    argument is what followed the first colon of its name: "ray:auto" gives "auto". workers is
    the most attempts the sweep will run at once; None leaves it to the backend. setup is what
    the processes of its workers are to find.
    """

    argument: str | None
    resources: Resources
    workers: int | None = None
    setup: Setup = field(default_factory=Setup)


def refuse_argument(request: BackendRequest, name: str) -> None:
    """Be called by a backend that takes no argument.

    Raises:
        BackendUnavailable: it got one.
    """
    if request.argument is not None:
        raise BackendUnavailable(
            f"the {name} backend takes no argument, and got {request.argument!r}",
            hint=f'Write backend="{name}"; how many trials run at once is workers=.',
        )


@runtime_checkable
class Backend(Protocol):
    """Run attempts and say what becomes of them.

    Only one controller's thread calls a backend. No method blocks longer than a moment, apart
    from events(), which waits as long as it is told. A backend keeps no record: whatever it
    forgets with its process is lost, and the controller makes up for it.

    It is found through the entry-point group "sweeper.backends" as a callable that takes a
    BackendRequest, and raises BackendUnavailable where the request can never be met.
    """

    def capacity(self) -> int:
        """Say how many attempts of the requested size can run at once, busy ones included.

        It may change from call to call as nodes come and go; at least 1.
        """
        ...

    def start(self, assignment: Assignment) -> None:
        """Begin an attempt; it is heard of through events().

        Called at most once per attempt key, and never for more attempts than capacity(), plus
        what a Queueing backend takes ahead. What goes wrong with starting it is an Ended event
        with the status failed or lost, no error.
        """
        ...

    def events(self, timeout: float) -> Sequence[Event]:
        """Give what attempts have said since the last call, in the order of each attempt.

        Waits up to timeout seconds for the first event, then returns at once with all there
        is. Exactly one Ended comes for every attempt that was started, after everything else
        of it: also where its process, node or machine died.
        """
        ...

    def answer(self, key: AttemptKey, decision: Decision) -> None:
        """Answer a report that waits; of an attempt that has ended, it does nothing.

        CONTINUE lets the function go on; PAUSE and STOP make report() raise TrialStopped.
        """
        ...

    def stop(self, key: AttemptKey, grace: float) -> None:
        """End an attempt: its next report() raises TrialStopped, and after grace it is killed.

        grace is in seconds; 0 kills at once, with all processes that it started. May be called
        again with less grace; of an attempt that has ended, it does nothing. A killed attempt
        ends as lost.
        """
        ...

    def close(self) -> None:
        """End all attempts at once and let go of everything; may be called twice."""
        ...


@runtime_checkable
class CallerServed(Protocol):
    """A backend whose attempts run on the thread that launched the sweep.

    The launcher calls serve() there while the controller works on another thread.
    """

    def serve(self) -> None:
        """Run attempts as they come until the backend is closed."""
        ...


@runtime_checkable
class Spoken(Protocol):
    """A backend that tells people how its machines stand; called on the controller's thread."""

    def standing(self) -> str:
        """Say in a few words what is busy, waiting and idle, and why; costs next to nothing."""
        ...

    def notices(self) -> Sequence[str]:
        """Give what people should know and has not been said yet, a sentence each."""
        ...


@runtime_checkable
class Timekeeper(Protocol):
    """A backend in which a time of its own passes, because what it runs is simulated.

    Everything that is recorded of the sweep is told in that time, and so is the timeout of
    events(), which may be infinite: its time stands still while the controller works, and
    moves on in events() to whatever happens next. Where nothing can happen before the
    controller does something, events() waits for a moment of real time instead.
    """

    def keep_time(self, since: float) -> Clock:
        """Give the clock of that time, set to this moment; called once, before any start()."""
        ...


@runtime_checkable
class Settings(Protocol):
    """The settings of a backend as a value: what backend= takes beside names and backends."""

    def address(self) -> str:
        """Give the text by which the same backend can be asked for: "simulated:500"."""
        ...

    def open(self, request: BackendRequest) -> Backend:
        """Open a new backend with these settings."""
        ...


@runtime_checkable
class Near(Protocol):
    """A backend whose workers see this machine's files, so that code need not travel."""

    near: bool


def workers_are_far(backend: Backend) -> bool:
    """Tell whether a function must be able to travel to the workers of a backend by value."""
    return not (isinstance(backend, Near) and backend.near)


@runtime_checkable
class Queueing(Protocol):
    """A backend that holds attempts ready, so that short trials need not wait for their turn."""

    def ahead(self) -> int:
        """Say how many attempts beyond capacity() may be started now; 0 where trials are long.

        They are begun in their order as places become free. One that is stopped before it has
        begun ends as stopped; what is ready behind a worker that dies, another one runs.
        """
        ...
