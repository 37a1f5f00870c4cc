"""What one trial occupies on a machine."""

from __future__ import annotations

from dataclasses import dataclass

from sweeper.errors import SweeperError
from sweeper.model.encoding import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """CPUs, GPUs (a fraction shares one) and bytes of memory for one trial."""

    cpus: float = 1
    gpus: float = 0
    memory: int | None = None

    def __post_init__(self) -> None:
        for name, value in (("cpus", self.cpus), ("gpus", self.gpus)):
            if type(value) not in (int, float) or not value >= 0:
                raise SweeperError(f"{name} = {value!r}", hint=f"Ask for {name} from 0 up.")
        if self.gpus > 1 and self.gpus != int(self.gpus):
            raise SweeperError(
                f"gpus = {self.gpus!r}", hint="Ask for a share of one GPU, or for whole ones."
            )

    def describe(self) -> dict[str, Json]:
        """Write the resources as JSON."""
        return {"cpus": self.cpus, "gpus": self.gpus, "memory": self.memory}

    def __str__(self) -> str:
        parts = [f"{self.cpus:g} CPU{'s' if self.cpus != 1 else ''}"]
        if self.gpus:
            parts.append(f"{self.gpus:g} GPU{'s' if self.gpus != 1 else ''}")
        if self.memory:
            parts.append(f"{self.memory / 2**30:g} GiB")
        return ", ".join(parts)
