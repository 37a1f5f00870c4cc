"""A sweep as the store records it: what was asked for, and how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from sweeper.model.encoding import Json
from sweeper.model.lifecycle import ENDED, SweepStatus, TrialStatus
from sweeper.model.objective import Objective, objective_from
from sweeper.model.prior import Prior
from sweeper.model.resources import Resources
from sweeper.model.setup import Setup, setup_from
from sweeper.model.space import SearchSpace, space_from


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a sweep is to be run; what a resume may change.

    search and scheduler are JSON descriptions ({"kind": "asha", …}); a kind of "object" names
    something that only its launcher can supply. Durations are in seconds. constraints, bounds by
    metric, belong to the objective and never change; neither does learn_from, which names the
    earlier sweep and says how many of its trials fit, confirms, which names the sweep whose
    trials this one runs again, and replicates, with how many seeds each trial runs.
    """

    trials: int | None = 100
    search: Mapping[str, Json] = field(default_factory=lambda: {"kind": "auto"})
    scheduler: Mapping[str, Json] | None = None
    backend: str = "local"
    workers: int | None = None
    resources: Resources = field(default_factory=Resources)
    setup: Setup = field(default_factory=Setup)
    retries: int = 1
    losses: int = 5
    max_failures: int = 10
    time: float | None = None
    gpu_hours: float | None = None
    target: float | None = None
    patience: int | None = None
    timeout: float | None = None
    grace: float = 30.0
    artifacts: str = ""
    keep_checkpoints: int = 2
    constraints: Mapping[str, Json] = field(default_factory=dict)
    learn_from: Mapping[str, Json] | None = None
    confirms: Mapping[str, Json] | None = None
    replicates: int = 1

    def describe(self) -> dict[str, Json]:
        """Write the options as JSON."""
        nested = {"resources": self.resources.describe(), "setup": self.setup.describe()}
        return {**asdict(self), **nested}


def options_from(written: Mapping[str, Json]) -> Options:
    """Read options back from what their describe() wrote."""
    resources = Resources(**written["resources"])
    setup = setup_from(written.get("setup") or {})
    return Options(**{**written, "resources": resources, "setup": setup})


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseHolder:
    """The process that drives a sweep, precise enough to know it again."""

    owner: str
    host: str
    boot: str
    pid: int
    pid_started: float
    expires: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepRecord:
    """One row of the sweeps table; times are epoch seconds, status is the recorded one.

    priors are what a sweep that is yet to be recorded learns from; they are read apart from it.
    """

    id: int
    name: str
    status: SweepStatus
    objective: tuple[Mapping[str, Json], ...]
    space: Mapping[str, Json]
    options: Mapping[str, Json]
    seed: int
    function: str
    function_hash: str
    provenance: Mapping[str, Json]
    points: tuple[Mapping[str, Json], ...] = ()
    project: str | None = None
    tags: tuple[str, ...] = ()
    owner: str | None = None
    reason: str | None = None
    rev: int = 0
    marked: int = 0
    created: float = 0.0
    updated: float = 0.0
    ended: float | None = None
    active_seconds: float = 0.0
    gpu_seconds: float = 0.0
    best_trial: int | None = None
    best_value: float | None = None
    lease: LeaseHolder | None = None
    priors: tuple[Prior, ...] = ()

    def goals(self) -> Objective:
        """Read the objective, with what trials must keep."""
        return objective_from(self.objective, self.options.get("constraints"))

    def search_space(self) -> SearchSpace:
        """Read the search space."""
        return space_from(self.space)

    def asked(self) -> Options:
        """Read the options."""
        return options_from(self.options)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepOverview:
    """A sweep with the number of its trials in each status, for lists and headers.

    status is interrupted where the recorded one is running and no lease lives.
    """

    sweep: SweepRecord
    status: SweepStatus
    counts: Mapping[TrialStatus, int]

    @property
    def ended(self) -> int:
        """How many trials have ended."""
        return sum(count for status, count in self.counts.items() if status in ENDED)

    @property
    def created(self) -> int:
        """How many trials there are."""
        return sum(self.counts.values())
