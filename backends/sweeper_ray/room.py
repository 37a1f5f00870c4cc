"""Arithmetic of placement: what a trial demands, and how many of them nodes have room for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sweeper.model.resources import Resources

Shape = Mapping[str, float]
"""What a node has in all, by Ray's names: CPU, GPU, memory in bytes, and its own."""

_ACCELERATOR = "accelerator_type:"
# Ray gives each node one of its accelerator's name, of which a task takes a thousandth.
_ACCELERATOR_SHARE = 0.001
_BEYOND_COUNTING = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A living node: its id, what it has in all, and what keeps trials away from it."""

    id: str
    shape: Shape
    name: str = ""
    draining: bool = False
    avoided: bool = False

    @property
    def usable(self) -> bool:
        """Whether a trial may be placed there."""
        return not (self.draining or self.avoided)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What an autoscaler may add: for each kind of node, its shape and how many there may be.

    Where unknown is set, it adds nodes, and what they have cannot be known beforehand.
    """

    kinds: Sequence[tuple[Shape, int]] = field(default_factory=tuple)
    unknown: bool = False

    def __bool__(self) -> bool:
        return bool(self.kinds) or self.unknown

    def most(self, resources: Resources) -> int:
        """Count the trials that run at once when the cluster is as large as it may be."""
        if self.unknown:
            return _BEYOND_COUNTING
        rooms = [(room_on(shape, resources), count) for shape, count in self.kinds]
        if resources.nodes > 1:
            return sum(count for room, count in rooms if room) // resources.nodes
        return sum(room * count for room, count in rooms)

    def step(self, resources: Resources) -> int:
        """Count the trials that one more node of the best kind makes room for."""
        if self.unknown:
            return 1
        if resources.nodes > 1:
            return min(1, self.most(resources))
        return max((room_on(shape, resources) for shape, count in self.kinds if count), default=0)


def demanded(resources: Resources) -> dict[str, float]:
    """Write what a trial takes of one node, by Ray's names.

    Example:
        >>> demanded(Resources(cpus=2, gpus=0.5, accelerator="H100"))
        {'CPU': 2, 'GPU': 0.5, 'accelerator_type:H100': 0.001}
    """
    wanted: dict[str, float] = {"CPU": resources.cpus, "GPU": resources.gpus}
    if resources.memory:
        wanted["memory"] = resources.memory
    if resources.accelerator:
        wanted[_ACCELERATOR + resources.accelerator] = _ACCELERATOR_SHARE
    wanted.update(resources.custom)
    return {name: amount for name, amount in wanted.items() if amount}


def room_on(shape: Shape, resources: Resources) -> int:
    """Count the trials of a size, or the parts of trials on several nodes, for one node.

    Example:
        >>> room_on({"CPU": 8.0, "GPU": 2.0}, Resources(cpus=1, gpus=0.5))
        4
    """
    wanted = demanded(resources)
    rooms = []
    for name, amount in wanted.items():
        there = shape.get(name, 0)
        if name == "GPU" and amount < 1:
            # A share is of one GPU, whatever is left of the others.
            rooms.append(int(there) * _times(1, amount))
        else:
            rooms.append(_times(there, amount))
    return min(rooms) if rooms else int(shape.get("CPU", 0))


def room(shapes: Sequence[Shape], resources: Resources) -> int:
    """Count the trials of a size that run at once.

    The parts of a trial on several nodes stand on different ones.

    Example:
        >>> room([{"CPU": 8.0}] * 3, Resources(cpus=4, nodes=2))
        3
    """
    rooms = [room_on(shape, resources) for shape in shapes]
    if resources.nodes == 1:
        return sum(rooms)
    most = sum(rooms) // resources.nodes
    while most and sum(min(found, most) for found in rooms) < resources.nodes * most:
        most -= 1
    return most


def largest(shapes: Sequence[Shape]) -> Shape:
    """Give the shape with the most GPUs, then CPUs, then memory."""
    return max(shapes, key=_size, default={})


def shown(shape: Shape) -> str:
    """Say what a node has.

    Example:
        >>> shown({"CPU": 8.0, "GPU": 2.0, "accelerator_type:H100": 1.0, "licence": 2.0})
        '8 CPUs, 2 GPUs (H100), 2 licence'
    """
    own = {
        name: amount
        for name, amount in shape.items()
        if name not in ("CPU", "GPU", "memory", "object_store_memory") and ":" not in name
    }
    models = [n.removeprefix(_ACCELERATOR) for n in shape if n.startswith(_ACCELERATOR)]
    has = Resources(
        cpus=shape.get("CPU", 0),
        gpus=int(shape.get("GPU", 0)),
        memory=int(shape.get("memory", 0)) or None,
        accelerator=", ".join(models) or None,
    )
    no_gpu = "" if has.gpus or models else ", no GPU"
    more = "".join(f", {amount:g} {name}" for name, amount in own.items())
    return f"{has}{no_gpu}{more}"


def _times(there: float, each: float) -> int:
    # Ray counts in ten-thousandths, and 0.1 goes into 1.0 ten times.
    return math.floor(there / each + 1e-6)


def _size(shape: Shape) -> tuple[float, float, float]:
    return shape.get("GPU", 0), shape.get("CPU", 0), shape.get("memory", 0)
