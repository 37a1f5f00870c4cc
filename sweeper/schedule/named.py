"""Schedulers by name and by their recorded description."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from sweeper.errors import SweeperError
from sweeper.model.encoding import Json
from sweeper.schedule.asha import ASHA
from sweeper.schedule.hyperband import Hyperband
from sweeper.schedule.median import Median
from sweeper.schedule.pasha import PASHA
from sweeper.schedule.scheduler import Scheduler
from sweeper.schedule.stop_if import StopIf

SCHEDULERS: dict[str, Callable[..., Scheduler]] = {
    "asha": ASHA,
    "hyperband": Hyperband,
    "median": Median,
    "pasha": PASHA,
}


def describe_scheduler(given: object) -> dict[str, Json] | None:
    """Write down what a launch gave as its scheduler: a name, a Scheduler, or None.

    Raises:
        SweeperError: it is none of these; lists the names.
    """
    if given is None:
        return None
    if isinstance(given, str):
        if given not in SCHEDULERS:
            raise SweeperError(
                f"there is no scheduler {given!r}",
                hint=f"Use one of {', '.join(map(repr, SCHEDULERS))}, None, a Scheduler, or an "
                "Optuna pruner.",
            )
        return describe_scheduler(SCHEDULERS[given]())
    describe = getattr(given, "describe", None)
    if describe is not None and not inspect.isclass(given):
        described: dict[str, Json] = describe()
        return described
    if not isinstance(given, Scheduler) or inspect.isclass(given):
        raise SweeperError(
            f"{given!r} is no scheduler",
            hint=f"Use one of {', '.join(map(repr, SCHEDULERS))}, None, an object with the "
            "methods of sweeper.schedule.Scheduler, or an Optuna pruner.",
        )
    return {"kind": "object", "name": f"{type(given).__module__}:{type(given).__qualname__}"}


def make_scheduler(described: Mapping[str, Json] | None, given: object = None) -> Scheduler | None:
    """Make a fresh scheduler from its description, or from the object that was given.

    Raises:
        SweeperError: only its launcher could supply it.
    """
    if described is None:
        return None
    kind = described["kind"]
    if kind == "stop_if":
        inner = make_scheduler(described["then"])
        return StopIf(**{**described["conditions"], "then": inner})
    if kind in SCHEDULERS:
        options: dict[str, Any] = {name: v for name, v in described.items() if name != "kind"}
        return SCHEDULERS[kind](**options)
    if given is None or isinstance(given, str):
        raise SweeperError(
            f"the sweep's scheduler was an object, {described['name']}, which only its launcher "
            "can supply",
            hint="Go on from there: call train.sweep(name=…, scheduler=…).",
        )
    # The caller's object stays as it is, so that it can serve a second sweep.
    made: Scheduler = deepcopy(given)  # type: ignore[assignment]
    return made
