"""The Ray cluster: how it is joined, how much room it has, and how it is left."""

from __future__ import annotations

import logging
import math
import os
import shutil
import socket
import sys
from collections.abc import Mapping
from typing import Any

import ray

from sweeper.clock import Clock
from sweeper.errors import BackendUnavailable
from sweeper.model.resources import Resources

Node = Mapping[str, float]

_FRESH_SECONDS = 1.0
_REACH_SECONDS = 10.0
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_SCHEDULER_EVENTS": "0",
    "RAY_IGNORE_UNHANDLED_ERRORS": "1",
    "RAY_enable_metrics_collection": "0",
    "RAY_event_stats": "0",
    "RAY_task_events_report_interval_ms": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1",
    # Whatever a killed worker has started, however deep, goes with it.
    "RAY_process_group_cleanup_enabled": "1",
}


class Cluster:
    """A joined cluster; left again only by the one who joined it."""

    def __init__(self, clock: Clock, *, joined: bool, session: str | None = None) -> None:
        self._clock = clock
        self._joined = joined
        self._session = session
        self._nodes: list[Node] = []
        self._read_at = -math.inf

    def nodes(self) -> list[Node]:
        """Give what each living node has in all; read anew when a second old."""
        if self._clock.elapsed() - self._read_at >= _FRESH_SECONDS:
            self._nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
            self._read_at = self._clock.elapsed()
        return self._nodes

    def room(self, resources: Resources) -> int:
        """Count the trials of a size that run at once, each on one node."""
        return sum(room_on(node, resources) for node in self.nodes())

    def require(self, resources: Resources) -> None:
        """Raise where no node has room for even one trial: Ray would wait for ever."""
        if self.room(resources):
            return
        largest = max(self.nodes(), key=_size, default={})
        raise BackendUnavailable(
            f"a trial asks for {_shown(resources)}, and no node of the Ray cluster has them: "
            f"the largest has {_shown(_resources_of(largest))}",
            hint="Ask for less per trial (cpus=, gpus=, memory=), or add a larger node.",
        )

    def leave(self) -> None:
        """Disconnect, and take the cluster down where it was started for this."""
        if not self._joined:
            return
        self._joined = False
        ray.shutdown()
        _let_ray_speak(True)
        if self._session:
            # Ray never deletes them, and what attempts have written lies in the store.
            shutil.rmtree(self._session, ignore_errors=True)


def join(argument: str | None, clock: Clock) -> Cluster:
    """Use this process's own Ray, or connect to the one named, or start one here.

    Raises:
        BackendUnavailable: there is no cluster at the address.
    """
    if ray.is_initialized():
        return Cluster(clock, joined=False)
    address = address_of(argument)
    _require_listener(address)
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    given: dict[str, Any] = {"include_dashboard": False} if address == "local" else {}
    try:
        context = ray.init(
            address=address, log_to_driver=False, logging_level=logging.ERROR, **given
        )
    except ImportError as error:
        raise BackendUnavailable(
            f"Ray cannot join {address!r} as it is installed: {error}",
            hint="Install what it lacks with: pip install 'ray[client]'",
        ) from error
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise _unreachable(address, error) from error
    _let_ray_speak(False)
    session = context.address_info["session_dir"] if address == "local" else None
    return Cluster(clock, joined=True, session=session)


def _let_ray_speak(aloud: bool) -> None:
    """Keep Ray from printing a paragraph for each worker that dies: an attempt's end says it.

    No setting reaches these lines; the switch is the one that Ray's own debugger uses.
    """
    worker: Any = sys.modules.get("ray._private.worker")
    if hasattr(worker, "_worker_logs_enabled"):
        worker._worker_logs_enabled = aloud


def _require_listener(address: str) -> None:
    """Raise at once where nothing listens; Ray itself would try on for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_REACH_SECONDS).close()
    except OSError as error:
        raise _unreachable(address, error) from error


def _unreachable(address: str, error: BaseException) -> BackendUnavailable:
    return BackendUnavailable(
        f"no Ray cluster could be joined at {address!r}: {error}",
        hint="Start one with: ray start --head; or leave the address out "
        "(backend='ray') to have one started on this machine.",
    )


def address_of(argument: str | None) -> str:
    """Read the address from what followed the first colon of the backend's name.

    Example:
        >>> address_of(None), address_of("auto"), address_of("//host:10001")
        ('local', 'auto', 'ray://host:10001')
    """
    if not argument:
        return "local"
    return f"ray:{argument}" if argument.startswith("//") else argument


def room_on(node: Node, resources: Resources) -> int:
    """Count the trials of a size that one node runs at once.

    Example:
        >>> room_on({"CPU": 8.0, "GPU": 2.0}, Resources(cpus=1, gpus=0.5))
        4
    """
    rooms = []
    if resources.cpus:
        rooms.append(_times(node.get("CPU", 0), resources.cpus))
    if 0 < resources.gpus < 1:
        rooms.append(int(node.get("GPU", 0)) * _times(1, resources.gpus))
    elif resources.gpus:
        rooms.append(_times(node.get("GPU", 0), resources.gpus))
    if resources.memory:
        rooms.append(_times(node.get("memory", 0), resources.memory))
    return min(rooms) if rooms else int(node.get("CPU", 0))


def _times(there: float, each: float) -> int:
    # Ray counts in ten-thousandths, and 0.1 goes into 1.0 ten times.
    return math.floor(there / each + 1e-6)


def _size(node: Node) -> tuple[float, float, float]:
    return node.get("GPU", 0), node.get("CPU", 0), node.get("memory", 0)


def _resources_of(node: Node) -> Resources:
    return Resources(
        cpus=node.get("CPU", 0), gpus=int(node.get("GPU", 0)), memory=int(node.get("memory", 0))
    )


def _shown(resources: Resources) -> str:
    gpus = "" if resources.gpus else ", no GPU"
    return f"{resources}{gpus}"
