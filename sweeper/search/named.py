"""Searchers by name and by their recorded description."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from sweeper.errors import SweeperError
from sweeper.model.encoding import Json
from sweeper.model.objective import Goal, Objective
from sweeper.model.space import SearchSpace
from sweeper.model.sweep import SweepRecord
from sweeper.schedule.named import describe_scheduler, make_scheduler
from sweeper.schedule.scheduler import Prepared, Scheduler
from sweeper.search.grid_search import Grid
from sweeper.search.random_search import Random
from sweeper.search.searcher import Searcher

NAMES = ("auto", "grid", "random", "qmc", "tpe", "gp", "cmaes", "nsga2")


def describe_search(given: object) -> dict[str, Json]:
    """Write down what a launch gave as its search: a name, a Searcher or an Optuna sampler.

    Raises:
        SweeperError: it is none of these; lists the names.
    """
    if isinstance(given, str) and given in NAMES:
        return {"kind": given}
    if not isinstance(given, str) and not inspect.isclass(given):
        name = f"{type(given).__module__}:{type(given).__qualname__}"
        if is_optuna(given, "BaseSampler") or isinstance(given, Searcher):
            return {"kind": "object", "name": name}
    raise SweeperError(
        f"there is no search {given!r}",
        hint=f"Use one of {', '.join(map(repr, NAMES))}, an object with the methods of "
        "sweeper.search.Searcher, or an Optuna sampler.",
    )


def make_searcher(
    described: Mapping[str, Json],
    space: SearchSpace,
    objective: Objective,
    seed: int,
    given: object = None,
) -> Searcher:
    """Make a fresh searcher from its description, or from the object that was given.

    Raises:
        SpaceError: grid search over a continuous parameter.
        SweeperError: only its launcher could supply it, or it is a sampler that does not suit.
    """
    kind = described.get("chosen", "tpe") if described["kind"] == "auto" else described["kind"]
    if kind == "grid":
        return Grid(space)
    if kind == "random" or not space.domains:
        return Random(space, seed)
    if kind in ("qmc", "tpe", "gp", "gp+tpe", "cmaes", "nsga2"):
        from sweeper.search.modelled import make_modelled

        return make_modelled(kind, space, objective, seed)
    if given is None or isinstance(given, str):
        raise SweeperError(
            f"the sweep's search was an object, {described['name']}, which only its launcher "
            "can supply",
            hint="Go on from there: call train.sweep(name=…, search=…).",
        )
    # The caller's object stays as it is, so that it can serve a second sweep.
    made: Any = deepcopy(given)
    if is_optuna(given, "BaseSampler"):
        from sweeper.search.sampled import Sampled, try_out

        try_out(space, objective, made)
        return Sampled(space, objective, seed, made)
    searcher: Searcher = made
    return searcher


def describe_pruning(given: object) -> dict[str, Json] | None:
    """Write down what a launch gave as its scheduler, Optuna's pruners included.

    Raises:
        SweeperError: it is no scheduler; lists the names.
    """
    if is_optuna(given, "BasePruner") and not inspect.isclass(given):
        return {"kind": "object", "name": f"{type(given).__module__}:{type(given).__qualname__}"}
    return describe_scheduler(given)


def make_pruning(
    described: Mapping[str, Json] | None, goal: Goal, given: object = None
) -> Scheduler | None:
    """Make a fresh scheduler, Optuna's pruners included.

    Raises:
        SweeperError: only its launcher could supply it.
    """
    if is_optuna(given, "BasePruner"):
        from sweeper.search.pruned import Pruned

        pruner: Any = deepcopy(given)
        return Pruned(pruner, goal)
    return make_scheduler(described, given)


def pruning_of(sweep: SweepRecord, given: object = None) -> Scheduler | None:
    """Make a fresh scheduler of a recorded sweep, ready to decide for it.

    Raises:
        SweeperError: only its launcher could supply it, or it does not suit the objective.
    """
    return ready_pruning(sweep.asked().scheduler, sweep.goals(), sweep.seed, given)


def ready_pruning(
    described: Mapping[str, Json] | None, objective: Objective, seed: int, given: object = None
) -> Scheduler | None:
    """Make a fresh scheduler that knows what it decides for.

    Raises:
        SweeperError: only its launcher could supply it, or it does not suit the objective.
    """
    made = make_pruning(described, objective.first, given)
    if isinstance(made, Prepared):
        made.prepare(seed, objective)
    return made


def is_optuna(given: object, base: str) -> bool:
    """Tell whether an object derives from one of Optuna's classes, without importing it."""
    return any(
        kind.__name__ == base and kind.__module__.startswith("optuna.")
        for kind in type(given).__mro__
    )
