"""Confirming: the best configurations of a sweep run again, each with fresh seeds.

It is a sweep of its own, which names the one that it confirms and whose trials are that one's
configurations, once a seed: so it is recorded, survives and resumes as any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sweeper.errors import SweeperError
from sweeper.launching.launch import launch
from sweeper.launching.recorded import arguments_of
from sweeper.launching.request import check_names
from sweeper.model.confirming import Confirming
from sweeper.model.constraint import write_constraints
from sweeper.model.encoding import Json, canonical
from sweeper.model.lifecycle import SweepStatus, TrialStatus
from sweeper.model.randomness import seed_from
from sweeper.model.replicate import SPREAD
from sweeper.model.sweep import Options, SweepRecord
from sweeper.model.trial import TrialRecord
from sweeper.store import questions
from sweeper.store.store import Store

_OWN = ("trials", "search", "scheduler", "points", "baseline", "learn_from", "seed", "wait")
_LONGEST = 80


def confirm(
    store: Store,
    parent: SweepRecord,
    function: Callable[[], Callable[..., Any]],
    asked: tuple[int, int],
    arguments: Mapping[str, Any],
) -> str:
    """Run the best trials of a sweep again, or go on with that; give the new sweep's name.

    Args:
        store: where the sweep lies.
        parent: the sweep.
        function: finds its function; called only where something is to run.
        asked: how many of its best trials, and how many seeds for each.
        arguments: those of .sweep() that are to be others than the parent's.

    Raises:
        SweeperError: there is nothing to confirm, or an argument is confirm's own.
    """
    check_names(arguments)
    _check(parent, asked, arguments)
    top, seeds = asked
    chosen = best_trials(parent, questions.list_trials(store, parent.id), top)
    described = {
        "sweep": parent.name,
        "trials": [trial.number for trial in chosen],
        "values": [trial.value for trial in chosen],
        "seeds": seeds,
    }
    name, found = _named(store, parent, described, arguments.get("name"))
    if found is not None and found.status is SweepStatus.COMPLETED:
        return name
    points = [{"origin": "confirm", "params": t.params} for _ in range(seeds) for t in chosen]
    given = {
        **arguments_of(parent),
        "constraints": _constraints(parent),
        **arguments,
        "name": name,
        "store": store.address(),
        "seed": seed_from(parent.seed, "confirm", name),
    }
    confirming = Confirming(options=_options(parent, described), points=tuple(points))
    launch(function(), {}, given, confirming=confirming)
    return name


def _options(parent: SweepRecord, described: Mapping[str, Json]) -> Options:
    """Give the parent's options without all that searches, prunes or ends early."""
    return replace(
        parent.asked(),
        trials=len(described["trials"]) * described["seeds"],
        search={"kind": "random"},
        scheduler=None,
        time=None,
        gpu_hours=None,
        target=None,
        patience=None,
        learn_from=None,
        replicates=1,
        confirms=described,
    )


def _constraints(parent: SweepRecord) -> dict[str, Json]:
    """Give the parent's constraints without those on a spread, which a single run has none of."""
    objective = parent.goals()
    spreads = {metric + SPREAD for metric in objective.metrics}
    return write_constraints(tuple(c for c in objective.constraints if c.metric not in spreads))


def best_trials(sweep: SweepRecord, trials: Sequence[TrialRecord], top: int) -> list[TrialRecord]:
    """Give the best completed trials of different configurations, the best first."""
    goal = sweep.goals().first
    done = [t for t in trials if t.status is TrialStatus.COMPLETED and t.value is not None]
    chosen: dict[str, TrialRecord] = {}
    for trial in sorted(done, key=lambda t: (-goal.score(t.value), t.number)):
        chosen.setdefault(canonical(dict(trial.params)), trial)
    if not chosen:
        raise SweeperError(
            f"sweep {sweep.name!r} has no completed trial to confirm",
            hint=f"Go on with it first: sweeper resume {sweep.name}",
        )
    return list(chosen.values())[:top]


def _check(parent: SweepRecord, asked: tuple[int, int], arguments: Mapping[str, Any]) -> None:
    for name, value, least in (("top", asked[0], 1), ("seeds", asked[1], 2)):
        if type(value) is not int or value < least:
            raise SweeperError(f"{name} = {value!r}", hint=f"Use a whole number from {least}.")
    own = [name for name in _OWN if name in arguments]
    if own:
        raise SweeperError(
            f"confirm() settles {own[0]} itself",
            hint="Give it backend, workers, resources and the like.",
        )
    if len(parent.objective) > 1:
        raise SweeperError(
            f"sweep {parent.name!r} has {len(parent.objective)} objectives, and confirm() "
            "compares by one",
            hint="Run the Pareto trials again as points of a sweep with one metric.",
        )
    if parent.asked().confirms is not None:
        raise SweeperError(
            f"sweep {parent.name!r} is itself a confirmation of "
            f"{(parent.asked().confirms or {})['sweep']!r}",
            hint="Confirm that one, with more seeds.",
        )


def _named(
    store: Store, parent: SweepRecord, described: Mapping[str, Json], asked: str | None
) -> tuple[str, SweepRecord | None]:
    """Find the confirmation of just these trials and seeds, or a name for a new one."""
    count = 1
    while True:
        name = asked or f"{parent.name[:_LONGEST]}-confirm" + (f"-{count}" if count > 1 else "")
        if not questions.has_sweep(store, name):
            return name, None
        found = questions.find_sweep(store, name)
        if found.asked().confirms == described:
            return name, found
        if asked:
            raise SweeperError(
                f"the sweep {asked!r} is there already, and confirms something else",
                hint="Choose another name, or leave it out.",
            )
        count += 1
