"""One attempt in a Ray worker: what the Ray task runs beside the user's function."""

from __future__ import annotations

import pickle
import socket
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import ray
from ray.exceptions import TaskCancelledError

from sweeper.model.assignment import Assignment, Place
from sweeper.model.code import Code
from sweeper.worker.environment import environment
from sweeper.worker.run import run
from sweeper.worker.sharing import offer
from sweeper_ray.channel import FollowerChannel, HubChannel, LastWords

_DEVICES = "CUDA_VISIBLE_DEVICES"


def run_attempt(
    parcel: bytes, code: Code, hub: Any, place: Place, shared: Mapping[str, Any]
) -> LastWords:
    """Run an attempt, or the part of it that is this worker's, on the main thread.

    Args:
        parcel: the pickled assignment, without its code: its parameters may be objects whose
            modules are found only on the launcher's search path.
        code: the function, which Ray brings to a node once.
        hub: the handle of the hub.
        place: which of the attempt's workers this is.
        shared: what the launcher shares, as references into the object store.

    Gives what it has to say last: how the function ended, and what goes with it.
    """
    sys.path.extend(entry for entry in code.search_path if entry not in sys.path)
    assignment: Assignment = replace(pickle.loads(parcel), code=code)
    if place.size > 1:
        place = replace(place, address=_rendezvous(assignment, place, hub))
    assignment = replace(assignment, place=place)
    channel = FollowerChannel(hub, assignment) if place.rank else HubChannel(hub, assignment)
    for name, ref in shared.items():
        offer(name, ref.hex(), partial(ray.get, ref))
    with environment({**_hidden_gpus(), **place.environment()}):
        try:
            run(assignment, channel, on_trial=channel.enter)
        finally:
            channel.leave()
    if channel.cut_off is not None:
        # Nobody has heard all that it said, its end least of all.
        raise channel.cut_off
    return channel.last_words


def _rendezvous(assignment: Assignment, place: Place, hub: Any) -> str:
    """Agree with the other ranks on where they meet: on a free port of rank 0's node."""
    if place.rank:
        found: str = hub.meet.remote(assignment.key).future().result()
        if not found:
            # All are to end, and what the function would raise alone is no failure of its own.
            raise TaskCancelledError
        return found
    host = ray.util.get_node_ip_address()
    address = f"{f'[{host}]' if ':' in host else host}:{_free_port()}"
    hub.announce.remote(assignment.key, address).future().result()
    return address


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("", 0))
        port: int = listener.getsockname()[1]
    return port


def _hidden_gpus() -> dict[str, str]:
    """Keep a trial that asked for no GPU from the GPUs of its node, which Ray shows to all."""
    return {} if ray.get_gpu_ids() else {_DEVICES: ""}
