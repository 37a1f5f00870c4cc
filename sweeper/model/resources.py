"""What one trial occupies: how much of how many machines."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from sweeper.errors import SweeperError
from sweeper.model.encoding import Json

_KNOWN_NAMES = {"CPU": "cpus", "GPU": "gpus", "memory": "memory"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """CPUs, GPUs (a fraction shares one), bytes of memory and more, on each of its nodes.

    accelerator names the model of the GPUs ("H100"). custom holds a cluster's own resources by
    name, for each node too.

    Example:
        >>> str(Resources(gpus=8, nodes=4, accelerator="H100"))
        '4 nodes with 1 CPU, 8 GPUs (H100) each'
    """

    cpus: float = 1
    gpus: float = 0
    memory: int | None = None
    nodes: int = 1
    accelerator: str | None = None
    custom: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in (("cpus", self.cpus), ("gpus", self.gpus)):
            if not _is_amount(value):
                raise SweeperError(f"{name} = {value!r}", hint=f"Ask for {name} from 0 up.")
        if self.gpus > 1 and self.gpus != int(self.gpus):
            raise SweeperError(
                f"gpus = {self.gpus!r}", hint="Ask for a share of one GPU, or for whole ones."
            )
        if type(self.nodes) is not int or self.nodes < 1:
            raise SweeperError(f"nodes = {self.nodes!r}", hint="Use a whole number from 1.")
        if self.accelerator is not None and not isinstance(self.accelerator, str):
            raise SweeperError(
                f"accelerator = {self.accelerator!r}", hint='Name a model, such as "H100".'
            )
        _check_custom(self.custom)

    @property
    def all_gpus(self) -> float:
        """The GPUs of a trial on all of its nodes."""
        return self.gpus * self.nodes

    def describe(self) -> dict[str, Json]:
        """Write the resources as JSON."""
        return {
            "cpus": self.cpus,
            "gpus": self.gpus,
            "memory": self.memory,
            "nodes": self.nodes,
            "accelerator": self.accelerator,
            "custom": dict(self.custom),
        }

    def __str__(self) -> str:
        parts = [f"{self.cpus:g} CPU{'s' if self.cpus != 1 else ''}"]
        if self.gpus:
            model = f" ({self.accelerator})" if self.accelerator else ""
            parts.append(f"{self.gpus:g} GPU{'s' if self.gpus != 1 else ''}{model}")
        elif self.accelerator:
            parts.append(f"a node with {self.accelerator}")
        if self.memory:
            parts.append(f"{self.memory / 2**30:.3g} GiB")
        parts += [f"{amount:g} {name}" for name, amount in self.custom.items()]
        said = ", ".join(parts)
        return said if self.nodes == 1 else f"{self.nodes} nodes with {said} each"


def _is_amount(value: object) -> bool:
    return type(value) in (int, float) and 0 <= value < math.inf  # type: ignore[operator]


def _check_custom(custom: Mapping[str, float]) -> None:
    hint = 'Give amounts by name: resources={"licence": 1}.'
    if not isinstance(custom, Mapping):
        raise SweeperError(f"resources = {custom!r}", hint=hint)
    for name, amount in custom.items():
        if not isinstance(name, str) or not name:
            raise SweeperError(f"resources has an entry called {name!r}", hint=hint)
        if name in _KNOWN_NAMES:
            raise SweeperError(
                f"resources asks for {name!r}, which has an argument of its own",
                hint=f"Use {_KNOWN_NAMES[name]}=.",
            )
        if not _is_amount(amount) or (amount > 1 and amount != int(amount)):
            raise SweeperError(
                f"resources asks for {name} = {amount!r}",
                hint="Ask for whole amounts, or for a share of one.",
            )
