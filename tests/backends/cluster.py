"""Ray clusters of several nodes on this machine, whose GPUs are make-believe."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ray
from ray.cluster_utils import Cluster


class Nodes:
    """A cluster whose head has no room for trials, and nodes that come and go."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.by_id: dict[str, Any] = {}

    def add(self, **shape: Any) -> str:
        """Add a node and give its id."""
        node = self._cluster.add_node(**shape)
        self.by_id[node.node_id] = node
        return str(node.node_id)

    def kill(self, node: str) -> None:
        """Let a node die without a word."""
        self._cluster.remove_node(self.by_id.pop(node), allow_graceful=False)

    def drain(self, node: str, seconds: float) -> None:
        """Give a node notice that it has to go."""
        from ray.core.generated import autoscaler_pb2

        reason = autoscaler_pb2.DrainNodeReason.Value("DRAIN_NODE_REASON_PREEMPTION")
        until = int(1000 * (time.time() + seconds))
        client = ray._raylet.GcsClient(address=self._cluster.address)
        accepted, why = client.drain_node(node, reason, "a test wants it back", until)
        assert accepted, why

    @property
    def address(self) -> str:
        """Where drivers join."""
        return str(self._cluster.address)


@contextmanager
def nodes(count: int, **shape: Any) -> Iterator[Nodes]:
    """Start a head without room and some nodes, and join it."""
    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
    )
    try:
        ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
        made = Nodes(cluster)
        for _ in range(count):
            made.add(**shape)
        yield made
    finally:
        ray.shutdown()
        cluster.shutdown()
