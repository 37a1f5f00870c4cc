"""A trial and its attempts as the store records them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sweeper.model.encoding import Json
from sweeper.model.lifecycle import AttemptStatus, Outcome, TrialStatus, Wish
from sweeper.model.replicate import Replicate

COPY = "copy"
"""The origin of a trial that goes on from another one's checkpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """From which trial's checkpoint of which step a trial goes on, and whose place it took."""

    parent: int
    step: int
    replaces: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecord:
    """One configuration of a sweep; params and memory are encoded JSON, times epoch seconds.

    memory is what the searcher needs to go on, or what a copied trial was copied from. summary
    holds, per metric, last, min, max, the step of the last and, for objectives, best. replicates
    are those that have ended, where each configuration runs with several seeds.
    """

    number: int
    status: TrialStatus
    params: Mapping[str, Json]
    seed: int
    origin: str = "search"
    value: float | None = None
    values: tuple[float, ...] | None = None
    result: Mapping[str, Json] | None = None
    summary: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    last_step: int = 0
    attempts: int = 0
    failures: int = 0
    losses: int = 0
    error: str | None = None
    memory: Json = None
    created: float = 0.0
    started: float | None = None
    ended: float | None = None
    duration: float = 0.0
    rev: int = 0
    replicates: tuple[Replicate, ...] = ()

    @property
    def copied(self) -> Copied | None:
        """Where a copied trial comes from; None for all others."""
        return Copied(**self.memory) if self.origin == COPY else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """One run of a trial by one worker; times are epoch seconds."""

    trial: int
    number: int
    status: AttemptStatus
    wish: Wish = Wish.NONE
    outcome: Outcome | None = None
    host: str | None = None
    pid: int | None = None
    devices: tuple[str, ...] = ()
    created: float = 0.0
    started: float | None = None
    ended: float | None = None
    error_type: str | None = None
    error: str | None = None
    traceback: str | None = None
    usage: Mapping[str, Json] | None = None
