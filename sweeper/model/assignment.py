"""What a worker is handed for one attempt, and the answers it may get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sweeper.model.code import Code
from sweeper.model.encoding import Value
from sweeper.model.event import AttemptKey
from sweeper.model.milestones import NO_MILESTONES, Milestones
from sweeper.model.objective import Goal, Mode
from sweeper.model.replicate import Replicate
from sweeper.model.resources import Resources


class Decision(StrEnum):
    """What a scheduler says of a report."""

    CONTINUE = "continue"  # go on
    PAUSE = "pause"  # stop now, perhaps go on later
    STOP = "stop"  # hopeless


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The place of a worker among those that run one attempt together, one on each node.

    address is where the first of them meets the others, as host:port.
    """

    rank: int = 0
    size: int = 1
    address: str = ""

    def environment(self) -> dict[str, str]:
        """Give the variables from which torch.distributed starts as it is.

        Example:
            >>> Place(rank=1, size=2, address="10.0.0.5:4711").environment()["MASTER_PORT"]
            '4711'
        """
        if self.size == 1:
            return {}
        host, _, port = self.address.rpartition(":")
        return {
            "MASTER_ADDR": host.strip("[]"),
            "MASTER_PORT": port,
            "RANK": str(self.rank),
            "WORLD_SIZE": str(self.size),
            "LOCAL_RANK": "0",
            "LOCAL_WORLD_SIZE": "1",
            "GROUP_RANK": str(self.rank),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Inherited:
    """The checkpoint that a copied trial begins with: whose it is, of which step, and where.

    folder is the other trial's, as an assignment's.
    """

    trial: int
    step: int
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Everything a worker needs to run one attempt, and nothing of the store.

    params are the values themselves, metrics the names of the objectives, goal the first of
    them. folder is where the trial's checkpoints and artifacts go: a path or an fsspec URL.
    identity tells the sweep from any other of its name. packed, where there is one, holds
    params in pickled form, which a worker opens only once it can import what they need.
    recorded_step is the newest checkpoint that is recorded, 0 where none is: a newer one may
    lie there, but the reports in front of it went with the controller. None restores any.
    place says which of several workers this is. shared says where the values lie that the
    launcher shares, by name. inherited is what a copied trial begins with; lends says that
    others may be copied from this one, so that what they may need is not removed. replicates
    says how often the function runs, each time with a seed of its own; finished are those runs
    that earlier attempts have done. reported has the trial's step and the value of the last report
    of each metric of the run that is not finished.
    """

    key: AttemptKey
    sweep: str
    params: Mapping[str, Value]
    seed: int
    code: Code
    metrics: tuple[str, ...]
    folder: str
    mode: Mode = Mode.MIN
    milestones: Milestones = NO_MILESTONES
    resources: Resources = field(default_factory=Resources)
    timeout: float | None = None
    grace: float = 30.0
    identity: str = ""
    keep_checkpoints: int = 2
    packed: bytes | None = None
    recorded_step: int | None = None
    place: Place = Place()
    shared: Mapping[str, str] = field(default_factory=dict)
    inherited: Inherited | None = None
    lends: bool = False
    replicates: int = 1
    finished: tuple[Replicate, ...] = ()
    reported: Mapping[str, tuple[int, float]] = field(default_factory=dict)

    @property
    def goal(self) -> Goal:
        """The objective that says which checkpoints are the best."""
        return Goal(metric=self.metrics[0], mode=self.mode)
