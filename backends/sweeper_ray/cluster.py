"""The Ray cluster: how it is joined, what it says of its nodes, and how it is left."""

from __future__ import annotations

import json
import logging
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ray
from ray import exceptions

from sweeper.clock import SYSTEM_CLOCK
from sweeper.errors import BackendUnavailable
from sweeper.model.setup import Setup
from sweeper_ray.client import is_client, on_cluster, silence_client
from sweeper_ray.refused import WITHOUT_SERVER, why_not_joined
from sweeper_ray.room import Growth, Node

_REACH_SECONDS = 10.0
_BRIEF_SECONDS = 1.0
_DOUBT_SECONDS = 8.0  # a first packet that gets lost is sent again after 1, 3 and 7
_AGAIN_SECONDS = 0.5
_TIMES = 3
_GROWS = "SWEEPER_RAY_GROWS"
_AUTH_MODE = "RAY_AUTH_MODE"
_PATIENCE = "RAY_py_gcs_connect_timeout_s"
_TOKENS = ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_SCHEDULER_EVENTS": "0",
    "RAY_IGNORE_UNHANDLED_ERRORS": "1",
    "RAY_enable_metrics_collection": "0",
    "RAY_event_stats": "0",
    "RAY_task_events_report_interval_ms": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1",
    # What travels by value is read by any Python of the same minor version.
    "RAY_DEFAULT_PYTHON_VERSION_MATCH_LEVEL": "minor",
    # Whatever a killed worker has started, however deep, goes with it.
    "RAY_process_group_cleanup_enabled": "1",
}


class Cluster:
    """A joined cluster; left again only by the one who joined it."""

    def __init__(
        self, address: str | None, environment: Mapping[str, Any], session: str | None = None
    ) -> None:
        self._address = address
        self._environment = environment
        self._session = session
        self._identity = _identity()
        self._joined = address is not None

    @property
    def task_environment(self) -> Mapping[str, Any]:
        """The runtime environment that each task must bring: none where the whole job has it."""
        return {} if self._joined else self._environment

    def nodes(self) -> list[Node]:
        """Give the living nodes."""
        draining = on_cluster(_draining)
        return [
            Node(
                id=node["NodeID"],
                shape=node["Resources"],
                name=node.get("NodeName") or node.get("NodeManagerHostname") or "",
                draining=node["NodeID"] in draining,
            )
            for node in ray.nodes()
            if node["Alive"]
        ]

    def free(self) -> Mapping[str, float]:
        """Give what nobody holds of the whole cluster."""
        free: dict[str, float] = ray.available_resources()
        return free

    def deadlines(self) -> Mapping[str, float]:
        """Give the nodes that have to go, with the epoch seconds until when; 0 where unknown."""
        return {node: until / 1000 for node, until in on_cluster(_draining).items()}

    def growth(self) -> Growth:
        """Give what an autoscaler may add."""
        if os.environ.get(_GROWS) == "1":
            return Growth(unknown=True)
        kinds, grows = on_cluster(_autoscaling)
        return Growth(kinds=kinds, unknown=grows and not kinds)

    def is_away(self) -> bool:
        """Tell whether nothing listens where the head was: asking it would wait for long."""
        if is_client():
            return self._address is not None and not _listens(self._address, _DOUBT_SECONDS)
        if not ray.is_initialized():
            return True
        return not _listens(ray.get_runtime_context().gcs_address, _DOUBT_SECONDS)

    def require(self) -> None:
        """Ask whether the head is there before what would wait for it until it ends this process.

        Raises:
            ConnectionError: it is not.
        """
        if self.is_away():
            raise ConnectionError("nothing listens where the head of the cluster was")

    def is_gone(self) -> bool:
        """Tell whether the head is away or is another one: asking it would end this process."""
        if is_client():
            return False
        return self._identity is not None and _identity() != self._identity

    @property
    def can_rejoin(self) -> bool:
        """Whether this process has joined the cluster, and could do so again."""
        return self._joined and self._address not in (None, "local")

    def rejoin(self) -> bool:
        """Join the cluster at the same address anew; False where it is not there yet."""
        if not self.can_rejoin:
            return False
        # Also where it counts as disconnected: a client that was cut off still has to be closed.
        ray.shutdown()
        try:
            _require_listener(str(self._address), _BRIEF_SECONDS)
            _init(str(self._address), self._environment)
        except BackendUnavailable:
            return False
        self._identity = _identity()
        return True

    def leave(self) -> None:
        """Disconnect, and take the cluster down where it was started for this."""
        if not self._joined:
            return
        self._joined = False
        ray.shutdown()
        _let_ray_speak(True)
        _let_ray_start_clusters(True)
        if self._session:
            # Ray never deletes them, and what attempts have written lies in the store.
            shutil.rmtree(self._session, ignore_errors=True)


def join(argument: str | None, setup: Setup | None = None) -> Cluster:
    """Use this process's own Ray, or connect to the one named, or start one here.

    Raises:
        BackendUnavailable: there is no cluster at the address, or none that fits.
    """
    environment = _runtime_environment(setup or Setup())
    if ray.is_initialized():
        if "working_dir" in environment:
            raise BackendUnavailable(
                "this process has joined a Ray cluster already, without working_dir=",
                hint="Leave ray.init() to sweeper, or give the folder there: "
                'ray.init(runtime_env={"working_dir": …}).',
            )
        return Cluster(None, environment)
    address = address_of(argument)
    _require_listener(address, _REACH_SECONDS)
    session = _init(address, environment)
    return Cluster(address, environment, session)


def _runtime_environment(setup: Setup) -> dict[str, Any]:
    environment: dict[str, Any] = {}
    if setup.working_dir:
        environment["working_dir"] = setup.working_dir
    if setup.pip:
        environment["pip"] = list(setup.pip)
    if setup.env_vars:
        environment["env_vars"] = setup.variables(os.environ)
    return environment


def _init(address: str, environment: Mapping[str, Any]) -> str | None:
    """Join; give the folder of a cluster's session that was begun for this."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    _show_token(address)
    given: dict[str, Any] = {"include_dashboard": False} if address == "local" else {}
    if environment:
        given["runtime_env"] = dict(environment)
    context = _connected(address, given)
    _let_ray_speak(False)
    _let_ray_start_clusters(False)
    return str(context.address_info["session_dir"]) if address == "local" else None


def _connected(address: str, given: Mapping[str, Any]) -> Any:
    """Let Ray connect, anew where the cluster's server for clients lost the process for this one.

    That server forks beside its own threads, and some of its children die of it at once.
    """
    if "://" in address:
        silence_client()
    for left in reversed(range(_TIMES)):
        try:
            return ray.init(
                address=address, log_to_driver=False, logging_level=logging.ERROR, **given
            )
        except ImportError as error:
            raise BackendUnavailable(
                f"Ray cannot join {address!r} as it is installed: {error}",
                hint="Install what it lacks with: pip install 'ray[client,default]'",
            ) from error
        except (ConnectionError, RuntimeError, ValueError, OSError, exceptions.RayError) as error:
            if WITHOUT_SERVER not in str(error) or not left:
                raise why_not_joined(address, error) from error
    return None


def _show_token(address: str) -> None:
    """Let Ray show the token that lies here where the cluster asks for one.

    A cluster that asks for none must not be shown one: what it then calls back is refused here,
    and it takes this process for dead.
    """
    raylet: Any = ray._raylet
    lies_here = any(name in os.environ for name in _TOKENS)
    lies_here = lies_here or (Path.home() / ".ray" / "auth_token").is_file()
    known = _AUTH_MODE in os.environ or not hasattr(raylet, "Config")
    if known or not lies_here or address in ("local", "auto"):
        return
    if "://" in address:
        # A client is never called back, so that it may show what nobody has asked for.
        os.environ[_AUTH_MODE] = "token"
        raylet.Config.initialize("")
        return
    with _patience_of_ray(raylet), _hushed():
        try:
            raylet.GcsClient(address=address)
        except exceptions.AuthenticationError:
            os.environ[_AUTH_MODE] = "token"
        except (exceptions.RayError, RuntimeError, OSError):
            return  # whoever joins will say why


@contextmanager
def _patience_of_ray(raylet: Any) -> Iterator[None]:
    """Let Ray give up soon; it reads its environment when it is told to."""
    before = os.environ.get(_PATIENCE)
    os.environ[_PATIENCE] = "2"
    raylet.Config.initialize("")
    try:
        yield
    finally:
        del os.environ[_PATIENCE]
        if before is not None:
            os.environ[_PATIENCE] = before
        raylet.Config.initialize("")


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep what Ray's C++ writes to the standard error off it; no level of Ray's reaches that."""
    sys.stderr.flush()
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


def _let_ray_speak(aloud: bool) -> None:
    """Keep Ray from printing a paragraph for each worker that dies: an attempt's end says it.

    No setting reaches these lines; the switch is the one that Ray's own debugger uses.
    """
    worker: Any = sys.modules.get("ray._private.worker")
    if hasattr(worker, "_worker_logs_enabled"):
        worker._worker_logs_enabled = aloud


def _let_ray_start_clusters(freely: bool) -> None:
    """Keep Ray from starting a cluster here, unasked, once its client is cut off from its own."""
    hook: Any = sys.modules.get("ray._private.auto_init_hook")
    if hasattr(hook, "enable_auto_connect"):
        hook.enable_auto_connect = freely


def _require_listener(address: str, patience: float) -> None:
    """Raise at once where nothing listens; Ray itself would try on for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=patience).close()
    except OSError as error:
        raise why_not_joined(address, error) from error


def address_of(argument: str | None) -> str:
    """Read the address from what followed the first colon of the backend's name.

    Without one, $RAY_ADDRESS counts, as everywhere in Ray.

    Example:
        >>> address_of("auto"), address_of("//host:10001")
        ('auto', 'ray://host:10001')
    """
    if not argument:
        return os.environ.get("RAY_ADDRESS") or "local"
    return f"ray:{argument}" if argument.startswith("//") else argument


def _identity() -> str | None:
    """Give the id of the cluster, which a restarted head does not share; None where away."""
    if is_client() or not ray.is_initialized():
        return None
    raylet: Any = ray._raylet
    address = ray.get_runtime_context().gcs_address
    if not _listens(address, _BRIEF_SECONDS):
        return None
    try:
        return str(raylet.GcsClient(address=address).cluster_id.hex())
    except (exceptions.RayError, RuntimeError, OSError):
        return None


def _listens(address: str, patience: float) -> bool:
    """Tell whether something listens; only who refuses at once is not asked again for a while."""
    began = SYSTEM_CLOCK.elapsed()
    while True:
        left = patience - (SYSTEM_CLOCK.elapsed() - began)
        try:
            _require_listener(address, max(_BRIEF_SECONDS, left))
        except BackendUnavailable as error:
            if left <= 0 or isinstance(error.__cause__, ConnectionRefusedError):
                return False
            time.sleep(_AGAIN_SECONDS)
        else:
            return True


# What follows may run on a worker of the cluster. Ray has no public door to either, and may
# close this one: then nothing drains, and nothing grows.


def _draining() -> dict[str, int]:
    from ray._private.state import state

    if not hasattr(state, "get_draining_nodes"):
        return {}
    draining: dict[str, int] = state.get_draining_nodes()
    return draining


def _autoscaling() -> tuple[list[tuple[dict[str, float], int]], bool]:
    """Give the kinds of nodes that may be added, and whether any may be."""
    from ray._private.state import state
    from ray.experimental.internal_kv import _internal_kv_get

    config = state.get_cluster_config() if hasattr(state, "get_cluster_config") else None
    groups = config.node_group_configs if config is not None else []
    kinds = [(dict(g.resources), g.max_count if g.max_count >= 0 else 10_000) for g in groups]
    told = json.loads(_internal_kv_get(b"__autoscaling_status") or b"{}")
    report = told.get("autoscaler_report") or {}
    # A head without work is among the active nodes or not, as the autoscaler's version has it.
    called = [
        *(report.get("active_nodes") or {}),
        *(report.get("node_type_mapping") or {}).values(),
    ]
    # A cluster that nobody scales has a kind of its own for each node.
    return kinds, any(not name.startswith(("node_", "local.")) for name in called)
