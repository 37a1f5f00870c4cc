"""Ray's client, through which a process far away speaks with a cluster: ray://host:10001."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

import ray
from ray import exceptions

from sweeper.errors import SweeperError
from sweeper_ray.refused import why_not_served

_ANSWER_SECONDS = 60.0
_TIMES = 3

T = TypeVar("T")


def is_client() -> bool:
    """Tell whether this process is connected as a client, and not cut off yet."""
    client: Any = sys.modules.get("ray.util.client")
    return client is not None and bool(client.ray.is_connected())


def on_cluster(ask: Callable[[], T]) -> T:
    """Ask from inside the cluster, where some things are known that a client is not told.

    Raises:
        ConnectionError: the cluster gives no answer.
    """
    if not is_client():
        return ask()
    try:
        answer = ray.remote(num_cpus=0, max_retries=_TIMES - 1)(ask).remote()
        answered: T = ray.get(answer, timeout=_ANSWER_SECONDS)
    except (exceptions.RayTaskError, ImportError) as error:
        # Ray's server for clients looks a function up before any worker does.
        raise why_not_served() from error
    except exceptions.GetTimeoutError as error:
        raise ConnectionError(f"it has not answered for {_ANSWER_SECONDS:g} seconds") from error
    except exceptions.RayError as error:
        raise ConnectionError(f"whoever was asked there died: {type(error).__name__}") from error
    return answered


def is_cut(error: BaseException) -> bool:
    """Tell whether an error says that this process has lost its cluster.

    Some calls of Ray's client let through what their transport raises; once it has given up,
    they raise whatever comes.
    """
    if isinstance(error, SweeperError):
        return False
    if isinstance(error, ConnectionError) or not (is_client() or ray.is_initialized()):
        return True
    grpc: Any = sys.modules.get("grpc")
    if grpc is None:
        return False
    closed = isinstance(error, ValueError) and "closed channel" in str(error)
    return closed or isinstance(error, grpc.RpcError)


def silence_client() -> None:
    """Keep Ray's client from logging and warning of what it raises too."""
    for name in ("ray.util.client.worker", "ray.util.client.logsclient"):
        # It sets levels of its own when it connects.
        logging.getLogger(name).disabled = True
    warnings.filterwarnings("ignore", message="Ray Client connection timed out")
