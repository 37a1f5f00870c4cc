"""The machines of a cluster as trials see them: room, notice to leave, and what to avoid."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sweeper.clock import Clock
from sweeper.errors import BackendUnavailable
from sweeper.model.lifecycle import Outcome
from sweeper.model.resources import Resources
from sweeper_ray.cluster import Cluster
from sweeper_ray.room import Growth, Node, largest, room, room_on, shown

_FRESH_SECONDS = 2.0
_GROWTH_SECONDS = 20.0
_LOSSES_IN_A_ROW = 3
_BAD = frozenset({Outcome.LOST_WORKER, Outcome.LOST_NODE, Outcome.OUT_OF_MEMORY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """How many attempts have begun, and how many wait for Ray to place them.

    changing counts those that may hold their place already, or still: submitted or over lately.
    """

    running: int
    waiting: int
    changing: int = 0


class Machines:
    """Know the nodes of a cluster, and remember which of them trials did not survive.

    forgiven are those that were avoided until no other was left.
    """

    def __init__(self, cluster: Cluster, resources: Resources, clock: Clock) -> None:
        self.cluster = cluster
        self._resources = resources
        self._clock = clock
        self._read: list[Node] = []
        self._read_at = -math.inf
        self._free: Mapping[str, float] = {}
        self._growth = Growth()
        self._grew_at = -math.inf
        self._bad: Counter[str] = Counter()
        self._avoided: set[str] = set()
        self.forgiven: set[str] = set()
        self._notices: list[str] = []

    def nodes(self) -> list[Node]:
        """Give the living nodes; read anew when two seconds old."""
        due = self._clock.elapsed() - self._read_at >= _FRESH_SECONDS
        if due and not self.cluster.is_away():
            fresh = self.cluster.nodes()
            self._free = self.cluster.free()
            self._read_at = self._clock.elapsed()
            if self._read:
                self._tell_changes(self._read, fresh)
            self._forgive([node for node in fresh if not node.draining])
            self._read = [replace(node, avoided=node.id in self._avoided) for node in fresh]
        return self._read

    def _tell_changes(self, before: Sequence[Node], after: Sequence[Node]) -> None:
        was, now = {n.id: n for n in before}, {n.id: n for n in after}
        self._notices += [f"{called(was[i])} is gone" for i in was if i not in now]
        self._notices += [f"{called(now[i])} has joined" for i in now if i not in was]
        self._notices += [
            f"{called(node)} has to go: its trials save and move"
            for node in after
            if node.draining and not (node.id in was and was[node.id].draining)
        ]

    def _forgive(self, staying: Sequence[Node]) -> None:
        """Avoid none any longer where no other has room: trials would wait for ever."""
        others = [node.shape for node in staying if node.id not in self._avoided]
        again = [node for node in staying if node.id in self._avoided]
        if room(others, self._resources) or not room([n.shape for n in staying], self._resources):
            return
        if again and not self._growth:
            self._avoided.clear()
            self._bad.clear()
            self.forgiven.update(node.id for node in again)
            names = ", ".join(called(node) for node in again)
            self._notices.append(f"{names} is used again: no other node has room for a trial")

    def forget(self) -> None:
        """Read everything anew when next asked: it is another cluster now."""
        self._read, self._read_at, self._grew_at = [], -math.inf, -math.inf

    def growth(self) -> Growth:
        """Give what an autoscaler may add."""
        due = self._clock.elapsed() - self._grew_at >= _GROWTH_SECONDS
        if due and not self.cluster.is_away():
            self._growth = self.cluster.growth()
            self._grew_at = self._clock.elapsed()
        return self._growth

    def capacity(self) -> int:
        """Count the trials that run at once; where the cluster grows, some more.

        What waits for room is the demand that an autoscaler sees. It is as much again as there
        is room for, so that a cluster of many nodes doubles with each step, but never more than
        could run.
        """
        here = room([node.shape for node in self.nodes() if node.usable], self._resources)
        growth = self.growth()
        if not growth:
            return here
        more = max(here, growth.step(self._resources))
        return max(here, min(here + more, growth.most(self._resources)))

    def require(self) -> None:
        """Raise where a trial has room on no node and on none that may come.

        Ray would wait for ever. Where an autoscaler may bring such nodes, it is waited for.
        """
        shapes = [node.shape for node in self.nodes()]
        if room(shapes, self._resources):
            return
        growth = self.growth()
        if growth.most(self._resources):
            kinds = "; ".join(f"{count} with {shown(kind)}" for kind, count in growth.kinds)
            more = f", which may add: {kinds}" if kinds else ""
            self._notices.append(
                f"a trial asks for {self._resources}, and no node has them yet: "
                f"waiting for nodes of the autoscaler{more}"
            )
            return
        raise _infeasible(self._resources, shapes, growth)

    def away_from(self) -> list[str]:
        """Give the living nodes that trials must not be placed on."""
        return [node.id for node in self.nodes() if node.avoided] if self._avoided else []

    def ended(self, outcomes: Mapping[str, Outcome]) -> None:
        """Note how an attempt ended on its nodes; one that lost three in a row is avoided."""
        for node, outcome in outcomes.items():
            self._bad[node] = self._bad[node] + 1 if outcome in _BAD else 0
            if self._bad[node] >= _LOSSES_IN_A_ROW and node not in self._avoided:
                self._avoid(node, outcome)

    def _avoid(self, node: str, outcome: Outcome) -> None:
        known = next((n for n in self._read if n.id == node), None)
        others = [n.shape for n in self._read if n.usable and n.id != node]
        if known is None or not room(others, self._resources):
            return  # gone already, or the only one
        self._avoided.add(node)
        self.forgiven.discard(node)
        self._read = [replace(n, avoided=n.id in self._avoided) for n in self._read]
        self._notices.append(
            f"{called(known)} is avoided from now on: {_LOSSES_IN_A_ROW} trials in a row were "
            f"lost there, the last one as {outcome}"
        )

    def notices(self) -> list[str]:
        """Give what has not been said yet."""
        notices, self._notices = self._notices, []
        return notices

    def tell(self, notice: str) -> None:
        """Let people know something."""
        self._notices.append(notice)

    def standing(self, held: Held) -> str:
        """Say what is busy, waiting and idle, and why, as of the last reading."""
        return standing(self._read, self._free, self._resources, held)


def _infeasible(
    resources: Resources, shapes: Sequence[Mapping[str, float]], growth: Growth
) -> BackendUnavailable:
    kinds = [kind for kind, count in growth.kinds if count]
    fitting = sum(bool(room_on(shape, resources)) for shape in shapes)
    if resources.nodes > 1 and fitting:
        return BackendUnavailable(
            f"a trial asks for {resources}, and only {fitting} of the {len(shapes)} nodes of the "
            "Ray cluster have that",
            hint="Ask for fewer nodes=, or for less on each (cpus=, gpus=, memory=).",
        )
    may_come = " and none that its autoscaler may add" if kinds else ""
    return BackendUnavailable(
        f"a trial asks for {resources}, and no node of the Ray cluster{may_come} has them: "
        f"the largest has {shown(largest([*shapes, *kinds]))}",
        hint="Ask for less per trial (cpus=, gpus=, memory=, accelerator=, resources=), or add a "
        "larger node. Where an autoscaler will, unknown to Ray, set SWEEPER_RAY_GROWS=1.",
    )


def called(node: Node) -> str:
    """Name a node for people."""
    where = f" on {node.name}" if node.name else ""
    return f"node {node.id[:8]}{where}"


def standing(
    nodes: Iterable[Node], free: Mapping[str, float], resources: Resources, held: Held
) -> str:
    """Say what is busy, waiting and idle of GPUs, or else of CPUs.

    Example:
        >>> node = Node(id="a", shape={"CPU": 8.0, "GPU": 4.0})
        >>> one = Resources(gpus=1)
        >>> standing([node], {"GPU": 1.0}, one, Held(running=2, waiting=0))
        '4 GPUs: 2 busy, 1 used by others, 1 idle (no trial is left for it)'
    """
    kind, each = ("GPU", resources.all_gpus) if resources.gpus else ("CPU", _cpus(resources))
    nodes = list(nodes)
    total = sum(node.shape.get(kind, 0) for node in nodes)
    usable = [node for node in nodes if node.usable]
    kept = sum(node.shape.get(kind, 0) for node in nodes if not node.usable)
    busy = held.running * each
    idle = min(free.get(kind, 0), total - kept)
    taken = max(0.0, total - kept - busy - idle)
    changing = min(taken, held.changing * each)
    others = taken - changing
    left = max(0.0, total - kept - busy - taken)
    parts = [f"{busy:g} busy"]
    if changing:
        parts.append(f"{changing:g} starting or ending")
    if others >= each / 2 > 0:
        parts.append(f"{others:g} used by others")
    if kept:
        parts.append(f"{kept:g} on nodes that are avoided or have to go")
    if left > 0:
        parts.append(f"{left:g} idle ({_why_idle(usable, resources, held)})")
    waiting = held.waiting - math.floor(changing / each if each else 0)
    if waiting > 0:
        trials = "trial waits" if waiting == 1 else "trials wait"
        parts.append(f"{waiting} {trials} for room")
    return f"{total:g} {kind}s: {', '.join(parts)}"


def _cpus(resources: Resources) -> float:
    return resources.cpus * resources.nodes


def _why_idle(usable: Sequence[Node], resources: Resources, held: Held) -> str:
    most = room([node.shape for node in usable], resources)
    if held.running >= most:
        return f"too little for a trial of {resources}"
    if held.waiting:
        return "their workers are starting"
    return "no trial is left for it"
