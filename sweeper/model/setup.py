"""How the processes of workers are set up before they run trials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sweeper.errors import SweeperError
from sweeper.model.encoding import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a worker's process finds: files, packages, variables; and how long it serves.

    fresh_process is whether each attempt gets a process of its own; None leaves it to the
    backend. warmup is the address of the function that runs once in each process. A variable
    whose value is None is taken from the launcher's environment, and only its name is recorded.
    """

    fresh_process: bool | None = None
    warmup: str | None = None
    working_dir: str | None = None
    pip: tuple[str, ...] = ()
    env_vars: Mapping[str, str | None] = field(default_factory=dict)

    def variables(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Give all variables with their values, some of which come from an environment.

        Raises:
            SweeperError: one of these is not there.
        """
        missing = [n for n, v in self.env_vars.items() if v is None and n not in environment]
        if missing:
            raise SweeperError(
                f"env_vars takes {missing[0]} from the launcher's environment, which has none",
                hint=f"Set it first, or give its value: env_vars={{{missing[0]!r}: …}}.",
            )
        return {n: environment[n] if v is None else v for n, v in self.env_vars.items()}

    def describe(self) -> dict[str, Json]:
        """Write the setup as JSON."""
        return {
            "fresh_process": self.fresh_process,
            "warmup": self.warmup,
            "working_dir": self.working_dir,
            "pip": list(self.pip),
            "env_vars": dict(self.env_vars),
        }


def setup_from(written: Mapping[str, Json]) -> Setup:
    """Read a setup back from what its describe() wrote.

    Example:
        >>> setup_from(Setup(pip=("einops",)).describe()).pip
        ('einops',)
    """
    return Setup(**{**written, "pip": tuple(written.get("pip") or ())})
