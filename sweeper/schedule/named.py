"""Schedulers by name and by their recorded description."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

from sweeper.errors import SweeperError
from sweeper.model.encoding import Json
from sweeper.model.space import SearchSpace
from sweeper.model.sweep import Options
from sweeper.schedule.asha import ASHA
from sweeper.schedule.explore import varied
from sweeper.schedule.hyperband import Hyperband
from sweeper.schedule.median import Median
from sweeper.schedule.pasha import PASHA
from sweeper.schedule.pbt import PBT, POPULATION
from sweeper.schedule.scheduler import Scheduler
from sweeper.schedule.stop_if import StopIf

# More than a few, as some brackets of Hyperband have no rung at all.
_ASKED = 20

SCHEDULERS: dict[str, Callable[..., Scheduler]] = {
    "asha": ASHA,
    "hyperband": Hyperband,
    "median": Median,
    "pasha": PASHA,
    "pbt": PBT,
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


def asks_to_save(scheduler: Scheduler) -> bool:
    """Tell whether trials are told that it pays to save, because they may be paused.

    Example:
        >>> asks_to_save(ASHA()), asks_to_save(Median())
        (True, False)
    """
    return any(scheduler.milestones(number).pause_after(0) for number in range(_ASKED))


def settle_population(options: Options, before: Options) -> Options:
    """Write down how many train at once under PBT, where the launch does not say.

    What it was when the sweep began, it is to its end.

    Raises:
        SweeperError: each trial runs with several seeds, whose states no other can go on from.
    """
    described = options.scheduler
    inner = None if described is None else described.get("then") or described
    if inner is not None and inner["kind"] == "pbt" and options.replicates > 1:
        raise SweeperError(
            "population based training copies the state of one run, and with replicates = "
            f"{options.replicates} a trial has several",
            hint="Use another scheduler, or leave replicates out.",
        )
    if described is None or described["kind"] != "pbt" or described["population"] is not None:
        return options
    known = before.scheduler if before.scheduler is not None else described
    settled = known["population"] if known["kind"] == "pbt" else None
    if settled is None:
        least = max(4, options.workers or 0)
        share = POPULATION if options.trials is None else options.trials // 4
        settled = max(least, min(POPULATION, share), math.ceil(1 / described["quantile"]))
    return replace(options, scheduler={**described, "population": settled})


def check_scheduler(scheduler: Scheduler | None, space: SearchSpace) -> None:
    """Refuse a scheduler that has nothing to do in a space.

    Raises:
        SpaceError: population based training finds no parameter that it may change.
    """
    if isinstance(scheduler, PBT):
        varied(space, scheduler.vary)
