"""Handing attempts to Ray: one task on one node, or one on each of several nodes."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import ray
from ray.util.placement_group import placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from sweeper.model.assignment import Assignment, Place
from sweeper.model.resources import Resources
from sweeper.model.setup import Setup
from sweeper.worker.code import portable
from sweeper.worker.sharing import shared_values
from sweeper_ray.attempt import run_attempt
from sweeper_ray.gang import Live
from sweeper_ray.room import demanded

_NODE = "ray.io/node-id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """An attempt as it travels: its assignment without the code, and references to the rest.

    name is what Ray's own tools show. It is one for all trials of a sweep: Ray counts tasks by
    name, and keeps the counts of each as long as its processes live.
    """

    name: str
    pickled: bytes
    code: Any
    shared: Mapping[str, Any]
    grace: float


class Tasks:
    """Submit and take back the tasks of trials of one size."""

    def __init__(self, resources: Resources, setup: Setup, environment: Mapping[str, Any]) -> None:
        self._resources = resources
        self._remote = _remote(resources, setup, environment)
        self._put_values: dict[str, tuple[Any, Any]] = {}

    def pack(self, assignment: Assignment) -> Parcel:
        """Make an attempt ready to travel; what all of them need is put into the store once.

        Raises:
            Exception: anything; parameters are the user's own objects, whose pickling may.
        """
        bare = replace(assignment.code, payload=None)
        pickled = pickle.dumps(portable(replace(assignment, code=bare)), protocol=5)
        return Parcel(
            name=f"trial of {assignment.sweep}",
            pickled=pickled,
            # Ray hands a task to a worker that is free at once only where its references are
            # those of the one before.
            code=self._put(assignment.code.digest, assignment.code, same=True),
            shared={name: self._put(name, value) for name, value in shared_values().items()},
            grace=assignment.grace,
        )

    def _put(self, name: str, value: Any, *, same: bool = False) -> Any:
        """Bring a value into the object store, once as long as it is the same."""
        known = self._put_values.get(name)
        if known is None or (known[0] is not value and not same):
            known = self._put_values[name] = (value, ray.put(value))
        return known[1]

    def forget(self) -> None:
        """Put everything anew when next asked: it is another cluster now."""
        self._put_values.clear()

    def submit(self, parcel: Parcel, hub: Any, away_from: list[str]) -> Live:
        """Hand an attempt to Ray, away from the nodes with some ids."""
        arguments = (parcel.pickled, parcel.code, hub)
        size = self._resources.nodes
        labels = {_NODE: f"!in({','.join(sorted(away_from))})"} if away_from else None
        if size == 1:
            options = {"label_selector": labels} if labels else {}
            runner = self._remote.options(name=parcel.name, **options)
            return _live([runner.remote(*arguments, Place(), parcel.shared)], parcel, away_from)
        # Ray wants something in each bundle.
        bundles = [demanded(self._resources) or {"CPU": 0.001} for _ in range(size)]
        selector = [labels] * size if labels else None
        group = placement_group(bundles, strategy="STRICT_SPREAD", bundle_label_selector=selector)
        tasks = [
            self._remote.options(
                name=f"{parcel.name}, rank {rank}",
                scheduling_strategy=PlacementGroupSchedulingStrategy(
                    group, placement_group_bundle_index=rank
                ),
            ).remote(*arguments, Place(rank=rank, size=size), parcel.shared)
            for rank in range(size)
        ]
        return replace(_live(tasks, parcel, away_from), group=group)


def _live(tasks: list[Any], parcel: Parcel, away_from: list[str]) -> Live:
    return Live(tasks=tasks, parcel=parcel, grace=parcel.grace, avoids=frozenset(away_from))


def kill(live: Live) -> None:
    """Kill what is left of an attempt, with all that it started."""
    for task in live.left:
        ray.cancel(task, force=True)


def let_go(live: Live) -> None:
    """Give back what was set aside for an attempt that is over."""
    if live.group is not None:
        remove_placement_group(live.group)


def _remote(resources: Resources, setup: Setup, environment: Mapping[str, Any]) -> Any:
    """Make the remote function for trials of one size.

    A worker that has held a GPU ends with its attempt: CUDA would keep its memory, as torch
    would keep a process group. Retries are the controller's, which knows the checkpoints.
    """
    fresh = resources.gpus > 0 or resources.nodes > 1
    fresh = fresh if setup.fresh_process is None else setup.fresh_process
    wanted = demanded(resources)
    given: dict[str, Any] = {
        "num_cpus": wanted.pop("CPU", 0),
        "num_gpus": wanted.pop("GPU", 0),
        "max_retries": 0,
        "max_calls": 1 if fresh else 0,
    }
    if "memory" in wanted:
        given["memory"] = wanted.pop("memory")
    if wanted:
        given["resources"] = wanted
    if environment:
        given["runtime_env"] = dict(environment)
    return ray.remote(**given)(run_attempt)
