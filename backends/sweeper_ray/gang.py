"""An attempt that runs: its tasks, one on each node, and how they end together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Any

from sweeper.model.event import Ended, Event, Measured
from sweeper.model.lifecycle import AttemptStatus, Outcome
from sweeper_ray.channel import NODE
from sweeper_ray.ends import ON_REQUEST


@dataclass(slots=True, kw_only=True)
class Live:
    """An attempt that has not ended.

    tasks are those of its ranks, nodes the ids of the nodes on which they have begun, ends how
    ranks have ended, heard how many lines of it the hub has passed on, grace the seconds in which
    it may save, parcel what was submitted, avoids the nodes that it was to stay away from, since
    when it was submitted. kill_at is when what is left of it is to be killed, and recall_at when
    it is to be taken back unless it has begun, which recalled says of it. stopping is set where
    the controller wants its end, closing where the end of one rank, closed_by, is to be that of
    all, preempted where a node of it has to go, misplaced where it is taken back to be submitted
    anew: its key lives on, and must not be told to end.
    """

    tasks: list[Any]
    grace: float
    parcel: Any = None
    avoids: frozenset[str] = frozenset()
    group: Any = None
    nodes: dict[int, str] = field(default_factory=dict)
    ends: dict[int, Ended] = field(default_factory=dict)
    over: set[int] = field(default_factory=set)
    heard: int = 0
    since: float = 0.0
    kill_at: float | None = None
    recall_at: float | None = None
    recalled: bool = False
    stopping: bool = False
    closing: bool = False
    closed_by: int = 0
    preempted: bool = False
    misplaced: bool = False

    def kill_by(self, due: float) -> None:
        """Have what is left killed by then, or before if that was so."""
        self.kill_at = due if self.kill_at is None else min(self.kill_at, due)

    def waits_in_vain(self, forgiven: Set[str]) -> bool:
        """Tell whether it waits for others than nodes which are not avoided any more."""
        waits = not (self.nodes or self.stopping or self.misplaced)
        return waits and bool(self.avoids & forgiven)

    def is_misplaced_by(self, ended: Ended) -> bool:
        """Tell whether it ended because it was taken back before it began."""
        waited = self.misplaced and not (self.nodes or self.stopping)
        return waited and ended.status is AttemptStatus.LOST

    def note(self, event: Event) -> None:
        """Take in where ranks have begun, if that is what was measured."""
        for name, node in event.usage.items() if isinstance(event, Measured) else ():
            rank = name.removeprefix(NODE)
            if name.startswith(NODE) and (not rank or rank.isdigit()):
                self.nodes[int(rank or 0)] = str(node)

    @property
    def is_gang(self) -> bool:
        """Whether several nodes run it together."""
        return len(self.tasks) > 1

    @property
    def left(self) -> list[Any]:
        """The tasks that are not over."""
        return [task for rank, task in enumerate(self.tasks) if rank not in self.over]

    @property
    def due(self) -> float:
        """When something is next to be done about it; infinite where nothing is."""
        return min(
            math.inf if self.kill_at is None else self.kill_at,
            math.inf if self.recall_at is None else self.recall_at,
        )

    @property
    def is_settled(self) -> bool:
        """Whether what has happened ends all ranks."""
        return any(self.settles(rank) for rank in self.ends)

    @property
    def has_its_time(self) -> bool:
        """Whether what is left may save for as long as it was given when it was told to end.

        Ranks hear of it one after the other, and only 0 has something to save.
        """
        return (self.stopping or self.preempted) and 0 not in self.ends

    def settles(self, rank: int) -> bool:
        """Tell whether the end of a rank ends all: only that another than 0 is done does not."""
        return rank == 0 or self.ends[rank].status is not AttemptStatus.SUCCEEDED

    @property
    def end(self) -> Ended:
        """How it ended, once all ranks have."""
        if not self.is_gang:
            return self.ends[0]
        return end_of_gang(self.ends, self.closed_by, stopping=self.stopping)

    def is_preempted_by(self, ended: Ended) -> bool:
        """Tell whether it ended because a node of it had to go.

        A rank may hear that the others have left before it hears that it has to.
        """
        left = ended.status is AttemptStatus.STOPPED and not self.stopping
        return self.preempted and (left or ended.status is AttemptStatus.LOST)

    def outcomes(self, ended: Ended) -> dict[str, Outcome]:
        """Say how it went on each node, apart from those where a rank was only killed."""
        own = {rank: self.ends.get(rank, ended) for rank in self.nodes}
        return {self.nodes[r]: end.outcome for r, end in own.items() if not _killed(end)}


def end_of_gang(ends: Mapping[int, Ended], closed_by: int = 0, *, stopping: bool = False) -> Ended:
    """Say how an attempt ended of whose ranks each has ended in its own way.

    Where one rank is lost or raises, the others lose their connection to it and raise too, or
    are stopped: the cause counts and not what it led to.

    Args:
        ends: how each rank ended.
        closed_by: the rank whose end was heard of first.
        stopping: whether it was told to end. Then one that did so in time is a cause too.
    """
    first = ends[0]
    obeyed = first.status is AttemptStatus.STOPPED and closed_by == 0
    if first.status is AttemptStatus.SUCCEEDED or obeyed:
        return first
    lost = {r: e for r, e in ends.items() if e.status is AttemptStatus.LOST and not _killed(e)}
    if lost:
        rank = min(lost, key=lambda rank: (lost[rank].time, rank))
        return _told_by(rank, lost[rank], first)
    failed = {r: e for r, e in ends.items() if e.status is AttemptStatus.FAILED}
    if not failed:
        return first
    obedient = [end for end in ends.values() if end.status is AttemptStatus.STOPPED]
    if stopping and obedient:
        return replace(obedient[0], usage=first.usage)
    rank = min(failed, key=lambda rank: (failed[rank].time, rank))
    return _told_by(rank, failed[rank], first)


def _killed(ended: Ended) -> bool:
    return ended.failure is not None and ended.failure.type == ON_REQUEST


def _told_by(rank: int, ended: Ended, first: Ended) -> Ended:
    """Give the end of a rank as that of the attempt, whose usage rank 0 knows."""
    if rank == 0 or ended.failure is None:
        return ended
    failure = replace(ended.failure, message=f"rank {rank}: {ended.failure.message}")
    return replace(ended, failure=failure, usage=first.usage, values=None, result=None)
