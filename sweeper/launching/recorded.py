"""What a launch by name alone takes from the sweep that is recorded under it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sweeper.errors import StoreError, SweeperError
from sweeper.model.constraint import write_constraints
from sweeper.model.domain import Domain
from sweeper.model.encoding import Value
from sweeper.model.sweep import SweepRecord
from sweeper.store import questions
from sweeper.store.store import Store
from sweeper.worker.code import find, live, resolve


def open_existing(url: str | None) -> Store | None:
    """Open the store that a launch names, if there is one yet."""
    try:
        return Store(url, must_exist=True)
    except StoreError:
        # Whoever makes it in a moment hears what is wrong with it.
        return None


def remembered(store: Store, given: Mapping[str, Any]) -> dict[str, Any]:
    """Give the arguments with which the sweep of this name began; none where it is new."""
    name = given.get("name")
    goes_on = isinstance(name, str) and given.get("resume", "auto") != "never"
    if not goes_on or not questions.has_sweep(store, str(name)):
        return {}
    sweep = questions.find_sweep(store, str(name))
    named = sweep.provenance.get("launch_arguments") or ()
    return {n: read(sweep) for n, read in _READERS.items() if n in named}


def arguments_of(sweep: SweepRecord) -> dict[str, Any]:
    """Give what a sweep keeps of how it began, as arguments of .sweep()."""
    launched_space = sweep.provenance.get("launch_space")
    return {n: read(sweep) for n, read in _READERS.items() if n != "space" or launched_space}


def _fixed(sweep: SweepRecord) -> dict[str, Value]:
    return {name: resolve(value) for name, value in sweep.search_space().fixed.items()}


def _space(sweep: SweepRecord) -> dict[str, Domain]:
    domains = sweep.search_space().domains
    return {name: live(domains[name]) for name in sweep.provenance["launch_space"]}


_READERS: dict[str, Callable[[SweepRecord], Any]] = {
    "metric": lambda sweep: list(sweep.goals().metrics),
    "mode": lambda sweep: [goal.mode.value for goal in sweep.goals().goals],
    "constraints": lambda sweep: write_constraints(sweep.goals().constraints),
    "seed": lambda sweep: sweep.seed,
    "fixed": _fixed,
    "space": _space,
}


def find_function(sweep: SweepRecord) -> Any:
    """Find the sweepable function of a recorded sweep again.

    Raises:
        SweeperError: it cannot be found; says what to do.
    """
    path, provenance = sweep.function, sweep.provenance
    search_path, command = provenance.get("search_path") or [], provenance.get("command") or []
    try:
        found = find(path, search_path, command)
    except ImportError as error:
        raise SweeperError(
            f"the function {path} cannot be found again: {error}",
            hint="Run this where it can be imported, or call train.sweep(name=…) there.",
        ) from error
    if not hasattr(found, "sweep"):
        raise SweeperError(
            f"what stands at {path} is not sweepable any more",
            hint="Decorate it with @sweepable again.",
        )
    return found
