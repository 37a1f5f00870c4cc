"""The decorator: an ordinary function becomes sweepable, and stays an ordinary function."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

from sweeper.errors import SweeperError
from sweeper.model.domain import Domain
from sweeper.model.encoding import Value

if TYPE_CHECKING:
    from typing import Unpack

    from sweeper.launching.request import LaunchArguments
    from sweeper.planning.plan import Plan
    from sweeper.sweep import Sweep

P = ParamSpec("P")
R = TypeVar("R")


class Sweepable(Generic[P, R]):
    """A training function that can be called as before, and swept."""

    def __init__(self, function: Callable[P, R], defaults: Mapping[str, Any]) -> None:
        functools.update_wrapper(self, function)
        self.__sweepable__ = function
        self.launch_defaults = dict(defaults)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.__sweepable__(*args, **kwargs)

    def __repr__(self) -> str:
        function = self.__sweepable__
        return f"<sweepable {function.__module__}.{function.__qualname__}>"

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        if instance is None:
            return self
        return types.MethodType(self.__sweepable__, instance)

    def __reduce__(self) -> tuple[Any, ...]:
        return (Sweepable, (self.__sweepable__, self.launch_defaults))

    def sweep(self, **arguments: Unpack[LaunchArguments]) -> Sweep:
        """Launch a sweep over this function, or go on with the recorded one of that name.

        Example:
            >>> train.sweep(trials=200, scheduler="asha", name="digits")  # doctest: +SKIP
            <sweep 'digits': completed, 200 of 200 trials>

        Args:
            **arguments: keyword arguments of sweeper.launching.request.LaunchArguments:
                trials, search, scheduler, backend, workers, cpus, gpus, memory, nodes, accelerator,
                resources, fresh_process, warmup, working_dir, pip, env_vars, metric, mode,
                constraints, name, resume, seed, space, fixed, baseline, points, learn_from,
                replicates, retries, losses, max_failures, time, gpu_hours, target, patience, store,
                artifacts, timeout, grace, project, tags, progress, wait.

        Raises:
            SpaceError: the space cannot be searched.
            SweepExists, SweepNotFound, SweepMismatch, SweepBusy: the name stands for something
                else than what was asked.
            BackendUnavailable: the backend cannot run such trials.
            AllTrialsFailed: the sweep ended without a single result.
        """
        from sweeper.launching.launch import launch
        from sweeper.sweep import Sweep

        return Sweep.launched(launch(self.__sweepable__, self.launch_defaults, arguments))

    def plan(
        self,
        *,
        price: float | None = None,
        probe: int = 0,
        **arguments: Unpack[LaunchArguments],
    ) -> Plan:
        """Say what .sweep() with the same arguments would meet and take; launch nothing.

        Example:
            >>> print(train.plan(trials=200, scheduler="asha", price=2.5))  # doctest: +SKIP

        Args:
            price: of a GPU-hour, for a forecast of the money.
            probe: so many trials are really run first, to their ends, and recorded nowhere;
                without them the forecast rests on earlier sweeps of the function.
            **arguments: those of .sweep().

        Gives a plan: problems, what will run, and a forecast of trials, wall clock, GPU-hours and
        money, each with its 10 % to 90 % range, made by running the sweep on the simulated
        backend. Problems are not raised, but listed, all of them.
        """
        from sweeper.planning.drafting import make_plan

        return make_plan(
            self.__sweepable__, self.launch_defaults, arguments, price=price, probe=probe
        )


@overload
def sweepable(function: Callable[P, R], /) -> Sweepable[P, R]: ...
@overload
def sweepable(
    *,
    metric: str | Sequence[str] | None = None,
    mode: str | Sequence[str] | None = None,
    space: Mapping[str, Domain] | None = None,
    **launch_defaults: Value,
) -> Callable[[Callable[P, R]], Sweepable[P, R]]: ...
def sweepable(function: Callable[..., Any] | None = None, /, **given: Any) -> Any:
    """Mark a training function as sweepable; calling it stays what it was.

    Example:
        >>> from typing import Annotated
        >>> from sweeper.model.domains import loguniform
        >>> @sweepable(metric="loss", mode="min")
        ... def train(lr: Annotated[float, loguniform(1e-4, 1e-1)] = 1e-2) -> float:
        ...     return (lr - 0.01) ** 2
        >>> train(lr=0.01)
        0.0

    Args:
        function: the training function, where the decorator stands without parentheses.
        metric: the objective's name; a list of names for several objectives.
        mode: "min" or "max"; a list beside a list of metrics.
        space: domains by parameter name, beside or instead of those in Annotated.
        **launch_defaults: further arguments of .sweep(), as gpus=1, which it may override.

    Raises:
        TypeError: an argument is unknown to .sweep().
        SweeperError: it is no function, but a class, an object with __call__ or a partial.
    """
    from sweeper.launching.request import check_names

    check_names(given)
    kept = {name: value for name, value in given.items() if value is not None}
    if function is not None:
        return Sweepable(_checked(function), kept)
    return lambda decorated: Sweepable(_checked(decorated), kept)


def _checked(function: Callable[P, R]) -> Callable[P, R]:
    """Refuse what cannot be named, found again and sent to workers as a function can.

    Raises:
        SweeperError: it is no function; says what to write instead.
    """
    if isinstance(function, functools.partial):
        raise SweeperError(
            f"{function!r} is a functools.partial, which has no name to be found again by",
            hint="Decorate the function itself, and pin arguments with fixed={...}.",
        )
    if isinstance(function, type) or not hasattr(function, "__qualname__"):
        raise SweeperError(
            f"{function!r} is no function",
            hint="Decorate a function that makes it and calls it: def train(lr=0.1): …",
        )
    return function
