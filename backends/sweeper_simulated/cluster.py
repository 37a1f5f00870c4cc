"""The machines of a simulated cluster: who has room, how quick it is, and who has gone."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from sweeper.errors import BackendUnavailable
from sweeper.model.resources import Resources
from sweeper_simulated.settings import Node, Simulation


@dataclass(slots=True, eq=False)
class Tenancy:
    """The time for which a machine is busy without a break."""

    over: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Machine:
    """One machine; over stays False, so that its return always comes."""

    number: int
    name: str
    speed: float
    spot: bool
    slots: range = range(0)
    here: bool = True
    busy: int = 0
    tenancy: Tenancy = field(default_factory=Tenancy)
    tenancies: int = 0
    over: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Slot:
    """Room for one attempt on a machine; here is False while its worker is being replaced."""

    machine: Machine
    devices: tuple[str, ...]
    here: bool = True
    over: bool = False


class Cluster:
    """Lend slots, the lowest number first; capacity counts those whose machine is there."""

    def __init__(self, settings: Simulation, resources: Resources) -> None:
        if resources.nodes > 1 and settings.nodes:
            raise BackendUnavailable(
                f"a simulated trial runs on one machine, and this one asks for {resources}",
                hint="Give Simulation the number of workers instead of its nodes.",
            )
        draw = random.Random(f"speeds/{settings.seed}")
        shapes = settings.nodes or (Node(count=settings.workers or 1, spot=settings.spot > 0),)
        self.slots: list[Slot] = []
        for shape in shapes:
            rooms = _rooms(shape, resources) if settings.nodes else _one(resources)
            for _ in range(shape.count):
                self._add(shape, rooms, shape.speed * math.exp(draw.gauss(0.0, settings.spread)))
        if not self.slots:
            raise BackendUnavailable(
                f"no simulated machine has room for a trial with {resources}",
                hint="Ask for less for each trial, or simulate larger machines.",
            )
        self.capacity = len(self.slots)
        self._free = list(range(len(self.slots)))

    def _add(self, shape: Node, rooms: list[tuple[str, ...]], speed: float) -> None:
        number = self.slots[-1].machine.number + 1 if self.slots else 0
        first = len(self.slots)
        machine = Machine(
            number=number,
            name=f"simulated-{number}",
            speed=speed,
            spot=shape.spot,
            slots=range(first, first + len(rooms)),
        )
        self.slots += [Slot(machine=machine, devices=devices) for devices in rooms]

    def lend(self) -> int | None:
        """Give a free slot; None where there is none."""
        return heappop(self._free) if self._free else None

    def give_back(self, number: int) -> None:
        """Take a slot back; it is lent again once its worker and its machine are there."""
        slot = self.slots[number]
        if slot.here and slot.machine.here:
            heappush(self._free, number)

    def worker_gone(self, number: int) -> None:
        """Lend this slot no more until its worker is back."""
        self.slots[number].here = False
        self.capacity -= self.slots[number].machine.here

    def worker_back(self, number: int) -> None:
        """Lend this slot again."""
        slot = self.slots[number]
        slot.here = True
        if slot.machine.here:
            self.capacity += 1
            heappush(self._free, number)

    def machine_gone(self, machine: Machine) -> None:
        """Lend no slot of this machine until it is back."""
        machine.here = False
        self.capacity -= sum(self.slots[number].here for number in machine.slots)
        self._free = [number for number in self._free if number not in machine.slots]
        heapify(self._free)

    def machine_back(self, machine: Machine) -> None:
        """Lend the slots of this machine again."""
        machine.here = True
        for number in machine.slots:
            if self.slots[number].here:
                self.capacity += 1
                heappush(self._free, number)


def _one(resources: Resources) -> list[tuple[str, ...]]:
    return [tuple(str(number) for number in range(math.ceil(resources.gpus)))]


def _rooms(shape: Node, resources: Resources) -> list[tuple[str, ...]]:
    """Give the devices of each trial that fits on one machine."""
    by_cpus = math.inf if resources.cpus == 0 else shape.cpus / resources.cpus + 1e-9
    if resources.gpus == 0:
        fitting = max(1, shape.gpus) if by_cpus == math.inf else int(by_cpus)
        return [()] * fitting
    if resources.gpus < 1:
        shares = int(1 / resources.gpus + 1e-9)
        rooms: list[tuple[str, ...]] = [
            (str(gpu),) for gpu in range(shape.gpus) for _ in range(shares)
        ]
    else:
        whole = int(resources.gpus)
        starts = range(0, shape.gpus - whole + 1, whole)
        rooms = [tuple(str(gpu) for gpu in range(start, start + whole)) for start in starts]
    return rooms if by_cpus == math.inf else rooms[: int(by_cpus)]
