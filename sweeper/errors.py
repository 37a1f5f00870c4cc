"""Every error that sweeper raises on purpose, as one tree with a message and a hint.

SweeperError
├── SpaceError           a search space that cannot be searched
├── SweepExists          a name that was to be new is taken
├── SweepNotFound        a name that was to exist does not
├── SweepMismatch        a resumed sweep differs from the recorded one
├── SweepBusy            another process drives this sweep
├── BackendUnavailable   a backend cannot run what was asked
├── StoreError           the store cannot be opened, read or written
│   ├── StoreUnavailable the store is away: locked, full, or its server gone
│   └── LeaseLost        another controller has taken this sweep over
├── LifecycleError       a transition that the lifecycle does not know
└── AllTrialsFailed      the sweep ended without a single result

TrialStopped             ends a trial's function; no error, hence a BaseException
Infeasible               raised by a function whose configuration cannot be used; no error of ours
"""

from __future__ import annotations


class SweeperError(Exception):
    """Say what was expected, what came, and what to do about it.

    Example:
        >>> error = SweeperError("trials is -1", hint="Ask for at least one trial.")
        >>> str(error)
        'trials is -1\\nAsk for at least one trial.'
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class SpaceError(SweeperError):
    """A search space that cannot be searched; names the parameter and the remedy."""


class SweepExists(SweeperError):
    """The name of a new sweep is already taken in its store."""


class SweepNotFound(SweeperError):
    """No sweep of this name lies in the store."""


class SweepMismatch(SweeperError):
    """The sweep to be resumed was recorded with something else; says what differs."""


class SweepBusy(SweeperError):
    """Another living process drives this sweep; says which."""


class BackendUnavailable(SweeperError):
    """The backend cannot run what was asked; says what to install, start or change."""


class StoreError(SweeperError):
    """The store cannot be opened, read or written."""


class StoreUnavailable(StoreError):
    """The store is away for now: locked, full, or its server gone; it may come back."""


class LeaseLost(StoreError):
    """Another controller has taken the sweep over, so this one writes nothing more."""


class LifecycleError(SweeperError):
    """A transition that the lifecycle tables do not know, with the story of that trial."""


class AllTrialsFailed(SweeperError):
    """The sweep ended without a single result; shows the most common traceback."""


class TrialStopped(BaseException):
    """End the running trial because the scheduler or a person has decided so.

    It derives from BaseException so that a training function's ``except Exception``
    does not swallow it. Clean up in ``finally`` and let it pass.
    """


class Infeasible(Exception):
    """End the running trial because its configuration cannot be used; say why.

    Raise it in a training function. The trial ends as infeasible: it has no value, is not
    retried and is no failure, and searchers learn to keep away from its like.

    Example:
        >>> raise Infeasible("the model does not fit on the device")
        Traceback (most recent call last):
        sweeper.errors.Infeasible: the model does not fit on the device
    """
