"""What a simulated cluster is like: its workers or nodes, their speeds and their misfortunes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, fields, replace
from numbers import Real
from typing import TYPE_CHECKING, TypeAlias

from sweeper.backend import BackendRequest
from sweeper.errors import BackendUnavailable, SweeperError
from sweeper.model.encoding import Value
from sweeper.worker.code import address, find, plain

if TYPE_CHECKING:
    from sweeper_simulated.backend import SimulatedBackend

Cost: TypeAlias = Callable[[Mapping[str, Value], int], float]
DEFAULT_WORKERS = 100
_MOST_WORKERS = 1_000_000
_NUMBER = r"\d+\.?\d*|\.\d+"
_FORM = (
    'Write "simulated", "simulated:500" or "simulated:500,startup=20,spread=0.3"; its settings '
    "are those of sweeper_simulated.Simulation."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Machines of one shape: how many there are, and what one of them has.

    Example:
        >>> Node(count=4, gpus=8)
        Node(count=4, gpus=8, cpus=inf, speed=1.0, spot=False)

    Args:
        count: how many machines.
        gpus: GPUs of each; a trial gets its share on one machine, or none there.
        cpus: CPUs of each; as many as it takes where they are not given.
        speed: how quick a trial is there, where 1 takes the time that the function says.
        spot: whether it may be taken away, as often as the simulation's spot says.
    """

    count: int = 1
    gpus: int = 0
    cpus: float = math.inf
    speed: float = 1.0
    spot: bool = False

    def __post_init__(self) -> None:
        whole = type(self.count) is int and type(self.gpus) is int
        if not (
            whole
            and self.count > 0 <= self.gpus
            and (is_number(self.cpus) or self.cpus == math.inf)
            and is_number(self.speed)
            and self.cpus > 0 < self.speed
        ):
            raise SweeperError(
                f"{self!r} is no machine",
                hint="Its count, cpus and speed are above 0, its count and gpus whole numbers.",
            )


@dataclass(frozen=True, slots=True)
class Simulation:
    """A simulated cluster, as the backend of a sweep: train.sweep(backend=Simulation(500)).

    Example:
        >>> Simulation(500, startup=20, spread=0.3).address()
        'simulated:500,startup=20,spread=0.3'

    Args:
        workers: how many trials run at once, each on a machine of its own; 100, or what the
            sweep's workers= says, where neither they nor nodes are given.
        nodes: machines of several shapes instead, which trials share by their cpus and gpus.
        startup: seconds before the function of an attempt begins.
        spread: how different the machines' speeds are: the standard deviation of their logarithm.
        loss: how often an hour a busy worker dies without a word, with its one attempt.
        spot: how often an hour a busy machine is taken away, with all its attempts.
        notice: seconds for which a machine that is taken away lets them save.
        away: seconds until a worker or machine that went is replaced.
        cost: seconds for which the function trains ahead of each report, beside what it sleeps:
            a number, or a function of the configuration and the step.
        seed: fixes the speeds of the machines and, beside the sweep's seed, their misfortunes.

    The same settings with the same seed of the sweep give the same sweep. Times are in
    simulated seconds.
    """

    workers: int | None = None
    _: KW_ONLY
    nodes: tuple[Node, ...] = ()
    startup: float = 0.0
    spread: float = 0.0
    loss: float = 0.0
    spot: float = 0.0
    notice: float = 30.0
    away: float = 0.0
    cost: float | Cost = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.workers is not None and self.nodes:
            raise SweeperError("both workers and nodes are given", hint="Give one of them.")
        if self.workers is not None and (
            type(self.workers) is not int or not 1 <= self.workers <= _MOST_WORKERS
        ):
            raise SweeperError(
                f"workers = {self.workers!r}", hint=f"Simulate 1 to {_MOST_WORKERS:,} workers."
            )
        if not isinstance(self.nodes, (tuple, list)) or not all(
            isinstance(node, Node) for node in self.nodes
        ):
            raise SweeperError(
                f"nodes = {self.nodes!r}", hint="Give a list of machines: [Node(count=4, gpus=8)]."
            )
        object.__setattr__(self, "nodes", tuple(self.nodes))
        for name in _DURATIONS_AND_RATES:
            value = getattr(self, name)
            if name == "cost" and callable(value):
                continue
            if not is_number(value):
                raise SweeperError(f"{name} = {value!r}", hint="Give a number from 0 up.")
        if type(self.seed) is not int:
            raise SweeperError(f"seed = {self.seed!r}", hint="Give a whole number.")

    def address(self) -> str:
        """Give the text by which the same backend can be asked for."""
        written = [] if self.workers is None else [str(self.workers)]
        if self.nodes:
            written.append("nodes=" + "+".join(_node_text(node) for node in self.nodes))
        for name in (*_DURATIONS_AND_RATES, "seed"):
            value = getattr(self, name)
            if callable(value):
                written.append(f"{name}={address(value)}")
            elif value != _DEFAULTS[name]:
                written.append(f"{name}={value:.12g}")
        return ":".join(["simulated", *([",".join(written)] if written else [])])

    def open(self, request: BackendRequest) -> SimulatedBackend:
        """Open a new backend with these settings."""
        from sweeper_simulated.backend import SimulatedBackend

        if self.workers is None and not self.nodes:
            return replace(self, workers=request.workers or DEFAULT_WORKERS).open(request)
        return SimulatedBackend(self, request.resources)


def is_number(value: object) -> bool:
    """Tell whether this is a number from 0 up."""
    real = isinstance(value, Real) and not isinstance(value, bool)
    return real and 0 <= float(value) < math.inf  # type: ignore[arg-type]


_DURATIONS_AND_RATES = ("startup", "spread", "loss", "spot", "notice", "away", "cost")
_DEFAULTS = {field.name: field.default for field in fields(Simulation)}


def simulation_from(argument: str | None) -> Simulation:
    """Read settings from what follows the first colon of a backend's name.

    Example:
        >>> simulation_from("nodes=4x8+16x1spot,spot=0.1,away=600").nodes[1]
        Node(count=16, gpus=1, cpus=inf, speed=1.0, spot=True)

    Raises:
        BackendUnavailable: it cannot be read; says how it is written.
    """
    given: dict[str, object] = {}
    for part in (argument or "").split(",") if argument else ():
        name, equals, text = part.strip().partition("=")
        name, text = (name, text) if equals else ("workers", name)
        if name not in _DEFAULTS or name in given:
            raise BackendUnavailable(
                f"a simulated cluster takes no {part.strip()!r} here", hint=_FORM
            )
        given[name] = _read(name, text)
    return Simulation(**given)  # type: ignore[arg-type]


def _read(name: str, text: str) -> object:
    if name == "nodes":
        return tuple(_node(part) for part in text.split("+"))
    if name == "cost" and ":" in text:
        return _cost(text)
    try:
        return int(text) if name in ("workers", "seed") else float(text)
    except ValueError as error:
        raise BackendUnavailable(f"{name}={text} is no number", hint=_FORM) from error


def _cost(text: str) -> Cost:
    try:
        found: Cost = plain(find(text))
    except ImportError as error:
        raise BackendUnavailable(
            f"cost={text} is not found: {error}",
            hint="Write a number, or module:function of a module that can be imported here.",
        ) from error
    return found


def _node(text: str) -> Node:
    found = re.fullmatch(rf"(?:(\d+)x)?(\d+)(?:c({_NUMBER}))?(?:@({_NUMBER}))?(spot)?", text)
    if found is None:
        raise BackendUnavailable(
            f"{text!r} is no shape of a machine",
            hint="Write COUNTxGPUS, as nodes=4x8+16x1spot or, with CPUs and speed, 4x8c64@0.5.",
        )
    count, gpus, cpus, speed, spot = found.groups()
    return Node(
        count=int(count or 1),
        gpus=int(gpus),
        cpus=float(cpus or math.inf),
        speed=float(speed or 1.0),
        spot=spot is not None,
    )


def _node_text(node: Node) -> str:
    speed = "" if node.speed == 1.0 else f"@{node.speed:.12g}"
    cpus = "" if node.cpus == math.inf else f"c{node.cpus:.12g}"
    return f"{node.count}x{node.gpus}{cpus}{speed}{'spot' if node.spot else ''}"
