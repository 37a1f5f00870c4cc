"""Ray clusters of several nodes on this machine, whose GPUs are make-believe."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
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


class Head:
    """The head of a cluster, whose processes are known by its folder or its port.

    ports are those of the head itself and of its server for clients.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.ports = [_free_port() for _ in range(2)]

    def start(self) -> None:
        """Start it on this machine; return when it is there."""
        subprocess.run(
            [
                *(str(Path(sys.executable).parent / "ray"), "start", "--head", "--num-cpus=2"),
                *(f"--port={self.ports[0]}", f"--ray-client-server-port={self.ports[1]}"),
                *("--node-ip-address=127.0.0.1", f"--temp-dir={self._folder}"),
                *("--include-dashboard=false", "--disable-usage-stats"),
            ],
            check=True,
            capture_output=True,
            timeout=120,
            env={**os.environ, "RAY_AUTH_MODE": "disabled"},
        )

    def kill(self) -> None:
        """Let all of it die at once."""
        for process in psutil.process_iter(["cmdline"]):
            if any(self._is_ours(part) for part in process.info["cmdline"] or ()):
                process.kill()

    def _is_ours(self, part: str) -> bool:
        # The server for clients has no word of the folder on its command line.
        address = part.startswith("--address=") and part.endswith(f":{self.ports[0]}")
        return self._folder in part or address


@contextmanager
def head_of_its_own() -> Iterator[Head]:
    """Start a head with two CPUs that drivers join as they would one elsewhere."""
    # Ray's sockets lie below it, and their paths must be short.
    folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")
    head = Head(folder)
    try:
        head.start()
        yield head
    finally:
        head.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port
