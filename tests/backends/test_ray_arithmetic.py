"""What the ray backend works out without a cluster: room, ends of gangs, words for people."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("ray")

import grpc
import ray
from ray import exceptions
from sweeper_ray.client import is_cut
from sweeper_ray.cluster import Cluster, _autoscaling, _listens, _show_token, address_of
from sweeper_ray.ends import ON_REQUEST, end_by, preempted
from sweeper_ray.gang import Live, end_of_gang
from sweeper_ray.machines import Held, Machines, standing
from sweeper_ray.refused import why_not_joined, why_not_served
from sweeper_ray.room import Growth, Node, room, room_on, shown

from sweeper.clock import SettableClock
from sweeper.errors import BackendUnavailable
from sweeper.model.event import AttemptKey, Ended, Failure
from sweeper.model.lifecycle import AttemptStatus, Outcome
from sweeper.model.resources import Resources

OUTCOMES = {
    AttemptStatus.SUCCEEDED: Outcome.SUCCEEDED,
    AttemptStatus.STOPPED: Outcome.PAUSED,
    AttemptStatus.FAILED: Outcome.ERROR,
    AttemptStatus.LOST: Outcome.LOST_NODE,
}


def end(status: AttemptStatus, time: float = 0.0, kind: str = "Broken") -> Ended:
    failure = Failure(type=kind, message="it broke")
    told = failure if status in (AttemptStatus.FAILED, AttemptStatus.LOST) else None
    return Ended(
        key=AttemptKey(0, 1), time=time, status=status, outcome=OUTCOMES[status], failure=told
    )


DONE, STOPPED = end(AttemptStatus.SUCCEEDED), end(AttemptStatus.STOPPED, 9.0)
KILLED = end(AttemptStatus.LOST, 9.0, ON_REQUEST)


def test_room_is_counted_on_each_node_by_what_is_scarcest() -> None:
    node = {"CPU": 8.0, "GPU": 3.0, "memory": 16.0}
    assert room_on(node, Resources(cpus=0.1)) == 80
    assert room_on(node, Resources(cpus=1, gpus=0.4)) == 6
    assert room_on(node, Resources(cpus=1, gpus=2)) == 1
    assert room_on(node, Resources(cpus=1, memory=5)) == 3
    assert room_on({"CPU": 8.0}, Resources(gpus=1)) == 0


def test_room_needs_the_accelerator_and_the_clusters_own_resources() -> None:
    node = {"CPU": 8.0, "GPU": 4.0, "accelerator_type:H100": 1.0, "licence": 2.0}
    assert room_on(node, Resources(gpus=1, accelerator="H100")) == 4
    assert room_on(node, Resources(gpus=1, accelerator="A100")) == 0
    assert room_on(node, Resources(gpus=1, custom={"licence": 1})) == 2


@pytest.mark.parametrize(
    ("rooms", "nodes", "most"),
    [((1, 1), 2, 1), ((1, 1), 3, 0), ((4, 1, 1), 2, 2), ((4, 4, 4), 2, 6), ((9, 1), 2, 1)],
)
def test_the_parts_of_a_trial_stand_on_different_nodes(
    rooms: tuple[int, ...], nodes: int, most: int
) -> None:
    assert room([{"CPU": float(found)} for found in rooms], Resources(nodes=nodes)) == most


def test_what_an_autoscaler_may_add_is_counted_by_its_kinds_of_nodes() -> None:
    growth = Growth(kinds=[({"CPU": 8.0, "GPU": 8.0}, 4), ({"CPU": 64.0}, 100)])
    assert growth.most(Resources(gpus=2)) == 16
    assert growth.most(Resources(gpus=8, nodes=2)) == 2
    assert growth.most(Resources(gpus=16)) == 0
    assert growth.step(Resources(gpus=2)) == 4
    assert not Growth()


def test_a_gang_ends_as_its_first_rank_where_that_one_is_done_or_obeys() -> None:
    assert end_of_gang({0: DONE, 1: KILLED}) is DONE
    assert end_of_gang({0: STOPPED, 1: end(AttemptStatus.FAILED)}) is STOPPED
    assert end_of_gang({0: KILLED, 1: KILLED}) is KILLED


def test_a_gang_ends_by_the_cause_and_not_by_what_it_led_to() -> None:
    raised, led_to = end(AttemptStatus.FAILED, 1.0), end(AttemptStatus.FAILED, 2.0, "Connection")
    lost = end(AttemptStatus.LOST, 3.0)
    by_raising = end_of_gang({0: led_to, 1: raised, 2: KILLED}, closed_by=0)
    assert by_raising.failure == Failure(type="Broken", message="rank 1: it broke")
    assert end_of_gang({0: led_to, 1: lost}).outcome is Outcome.LOST_NODE
    assert end_of_gang({0: STOPPED, 1: raised}, closed_by=1).status is AttemptStatus.FAILED


def test_what_ranks_raise_while_others_obey_does_not_make_a_failure_of_a_stop() -> None:
    raised, lost = end(AttemptStatus.FAILED, 1.0), end(AttemptStatus.LOST, 3.0)
    for ends in ({0: raised, 1: STOPPED}, {0: STOPPED, 1: raised}):
        found = end_of_gang(ends, closed_by=1, stopping=True)
        assert (found.status, found.failure) == (AttemptStatus.STOPPED, None)
    assert end_of_gang({0: raised, 1: KILLED}, stopping=True).status is AttemptStatus.FAILED
    assert end_of_gang({0: lost, 1: STOPPED}, stopping=True).outcome is Outcome.LOST_NODE


@pytest.mark.parametrize(
    ("stopping", "status", "by_its_node"),
    [
        (False, AttemptStatus.STOPPED, True),
        (True, AttemptStatus.STOPPED, False),
        (True, AttemptStatus.LOST, True),
        (False, AttemptStatus.SUCCEEDED, False),
    ],
)
def test_whoever_stops_unasked_once_a_node_has_to_go_leaves_because_of_it(
    stopping: bool, status: AttemptStatus, by_its_node: bool
) -> None:
    live = Live(tasks=[], grace=1.0, preempted=True, stopping=stopping)
    assert live.is_preempted_by(end(status)) is by_its_node
    assert preempted(end(status)).status is AttemptStatus.LOST


def test_a_line_says_what_is_busy_and_idle_and_why() -> None:
    gpus = [Node(id=name, shape={"CPU": 8.0, "GPU": 8.0}) for name in "abc"]
    gpus.append(Node(id="d", shape={"CPU": 8.0, "GPU": 8.0}, draining=True))
    three = Resources(gpus=3)
    said = standing(gpus, {"GPU": 6.0}, three, Held(running=6, waiting=0))
    assert said == (
        "32 GPUs: 18 busy, 8 on nodes that are avoided or have to go, "
        "6 idle (too little for a trial of 1 CPU, 3 GPUs)"
    )
    said = standing(gpus[:1], {"GPU": 8.0}, Resources(gpus=4), Held(running=1, waiting=2))
    assert said == "8 GPUs: 4 busy, 4 idle (their workers are starting), 2 trials wait for room"
    cpus = standing([Node(id="a", shape={"CPU": 2.0})], {}, Resources(), Held(running=2, waiting=0))
    assert cpus == "2 CPUs: 2 busy"


def test_what_begins_or_has_just_ended_is_not_taken_for_somebody_elses() -> None:
    nodes, one = [Node(id="a", shape={"CPU": 8.0})], Resources()
    said = standing(nodes, {"CPU": 1.0}, one, Held(running=2, waiting=3, changing=2))
    assert said == (
        "8 CPUs: 2 busy, 2 starting or ending, 3 used by others, "
        "1 idle (their workers are starting), 1 trial waits for room"
    )
    said = standing(nodes, {}, one, Held(running=0, waiting=8, changing=8))
    assert said == "8 CPUs: 0 busy, 8 starting or ending"


def test_a_node_is_shown_with_what_counts() -> None:
    assert shown({"CPU": 2.0, "memory": 2.0**30, "node:1.2.3.4": 1.0}) == "2 CPUs, 1 GiB, no GPU"


def test_an_address_is_what_follows_the_first_colon_or_rays_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert address_of("10.0.0.5:6379") == "10.0.0.5:6379"
    assert address_of("//host:10001") == address_of("ray://host:10001") == "ray://host:10001"
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    assert address_of(None) == "local"
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.7:6379")
    assert address_of(None) == "10.0.0.7:6379"
    assert address_of("auto") == "auto"


def mismatch(ray: str, python: str) -> str:
    """Give what Ray 2.60.0 on Python 3.11.7 says of a cluster of other versions."""
    return (
        f"Version mismatch: The cluster was started with:\n    Ray: {ray}\n    Python: {python}\n"
        "This process on Ray Client was started with:\n    Ray: 2.60.0\n    Python: 3.11.7\n"
    )


@pytest.mark.parametrize(
    ("said", "told", "hint"),
    [
        (
            mismatch("2.58.1", "3.11.7"),
            "runs Ray 2.58.1 on Python 3.11.7, and this process Ray 2.60.0 on Python 3.11.7",
            'run: pip install "ray[default]==2.58.1"; or start the cluster with Ray 2.60.0',
        ),
        (
            mismatch("2.60.0", "3.12.1"),
            "runs Ray 2.60.0 on Python 3.12.1, and this process",
            "Either launch the sweep with Python 3.12; or",
        ),
        (
            "Initialization failure from server: " + mismatch("2.58.1", "3.12.1"),
            "runs Ray 2.58.1 on Python 3.12.1",
            'with Python 3.12 and run: pip install "ray[default]==2.58.1"; or',
        ),
        (
            "RuntimeError: Starting Ray client server failed. See ray_client_server_23000.err",
            "starts no process for this client",
            "ray_client_server*.err",
        ),
        ("/opt/python/versions/3.11: connection refused", "could be joined", "ray start --head"),
        ("InvalidAuthToken: Authentication token is missing", "has its token", "auth_token"),
        ("connection refused", "could be joined", "ray start --head"),
    ],
)
def test_why_a_cluster_cannot_be_joined_is_said_plainly(said: str, told: str, hint: str) -> None:
    error = why_not_joined("10.0.0.5:6379", RuntimeError(said))
    assert told in error.message
    assert hint in error.hint


NODE_DIED = """Task failed because the node it was running on is dead or unavailable. \
Node IP: 10.0.0.7, node ID: 402410d6f92acbb7395fe0a2d9fde7782a433b5494da21c955c2b2ed. \
This can happen if the node was preempted, had a hardware failure, or its raylet crashed. \
To see node death information, use `ray list nodes --filter node_id=402410d6f92acbb`"""
OUT_OF_MEMORY = """1 worker(s) were killed due to the node running low on memory. Memory on \
the node (IP: 10.0.0.7, ID: 85419e8600cb3ac6a3bfcc35fbe774eb9bf6a4e048fc7300e318d6cf) was \
60.5GB used / 64.0GB limit (0.945313)
OOM kill reason: Memory usage 64961953792B exceeded threshold of 61203283968B (89.0%)
Selected to kill: (Task: job ID=01000000, task name=run_attempt, required resources={CPU: 1}, \
pid=10555, actual memory used=41.2GB, worker ID=da37f7cff9c22fe72aad26ab6995700a)
Top 10 memory users: PID	MEM(GB)	COMMAND
1634	0.13	python serve.py --password secret"""


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (exceptions.NodeDiedError(NODE_DIED), "its node 402410d6 (10.0.0.7) died"),
        (exceptions.NodeDiedError("gone"), "its node died or cannot be reached"),
        (
            exceptions.OutOfMemoryError(OUT_OF_MEMORY),
            "its node 85419e86 (10.0.0.7) ran out of memory: 60.5GB of 64.0GB were used, "
            "41.2GB of it by this worker",
        ),
        (exceptions.OutOfMemoryError("95 %"), "its node ran out of memory"),
        (exceptions.ActorDiedError(), "the sweep's hub died"),
    ],
)
def test_a_loss_is_told_in_a_line_and_not_in_rays_paragraphs(error: Exception, told: str) -> None:
    failure = end_by(AttemptKey(0, 1), error, SettableClock()).failure
    assert failure is not None
    assert failure.message.startswith(told)
    assert len(failure.message) < 120
    assert "secret" not in failure.message


@pytest.mark.parametrize(
    ("there", "told", "hint"),
    [
        ("missing", "cannot import sweeper", 'Install it on each of them: pip install "sweepable'),
        ("0.0.9", "have sweepable 0.0.9, and this process", 'pip install "sweepable[ray]=='),
        ("", "the sweep's hub died", "ray status"),
    ],
)
def test_why_nothing_of_ours_runs_on_a_cluster_is_said_plainly(
    monkeypatch: pytest.MonkeyPatch, there: str, told: str, hint: str
) -> None:
    monkeypatch.setattr("sweeper_ray.refused._sweepable_there", lambda: there)
    error = why_not_served()
    assert told in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    ("report", "grows"),
    [
        ({"active_nodes": {"ray.head.default": 1}}, True),
        ({"active_nodes": {}, "node_type_mapping": {"0f": "ray.head.default"}}, True),
        ({"active_nodes": {"node_0f": 1}, "node_type_mapping": {"0f": "node_0f"}}, False),
        ({}, False),
    ],
)
def test_a_cluster_grows_whose_autoscaler_names_kinds_of_nodes_even_before_it_has_any(
    monkeypatch: pytest.MonkeyPatch, report: dict[str, object], grows: bool
) -> None:
    told = json.dumps({"autoscaler_report": report}).encode()
    monkeypatch.setattr("ray.experimental.internal_kv._internal_kv_get", lambda _key: told)
    monkeypatch.setattr("ray._private.state.state.get_cluster_config", lambda: None)
    assert _autoscaling() == ([], grows)


@pytest.mark.parametrize(("token", "mode"), [("secret", "token"), (None, None)])
def test_a_client_shows_the_token_that_lies_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, token: str | None, mode: str | None
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, value in (("RAY_AUTH_MODE", None), ("RAY_AUTH_TOKEN", token)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    _show_token("ray://head:10001")
    assert os.environ.pop("RAY_AUTH_MODE", None) == mode


def of_transport(closed: bool) -> Exception:
    """Give what gRPC raises where nobody listens, or where a channel is used after its end."""
    channel = grpc.insecure_channel("127.0.0.1:9")
    call = channel.unary_unary("/of/nobody")
    if closed:
        channel.close()
    with pytest.raises((grpc.RpcError, ValueError)) as caught:
        call(b"", timeout=5)
    channel.close()
    return caught.value


@pytest.mark.parametrize(
    ("error", "cut"),
    [
        (lambda: of_transport(closed=False), True),
        (lambda: of_transport(closed=True), True),
        (lambda: ConnectionAbortedError("away"), True),
        (lambda: BackendUnavailable("away", hint="wait"), False),
        (lambda: ValueError("x must be positive"), False),
        (lambda: exceptions.RayActorError(), False),
    ],
)
def test_whatever_the_transport_of_rays_client_raises_says_that_it_is_cut_off(
    error: Callable[[], Exception], cut: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray, "is_initialized", lambda: True)
    assert is_cut(error()) is cut


def test_whatever_is_raised_once_a_client_has_given_up_says_that_it_is_cut_off() -> None:
    assert not ray.is_initialized()
    assert is_cut(Exception("Ray Client is not connected."))
    assert is_cut(exceptions.RaySystemError("Ray has not been started yet"))


@pytest.mark.parametrize(
    ("error", "tries"),
    [(TimeoutError, 2), (socket.gaierror, 2), (OSError, 2), (ConnectionRefusedError, 1)],
)
def test_only_who_refuses_a_connection_at_once_is_taken_for_away(
    error: type[OSError], tries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One lost packet, or a name that is not found for a moment, would else end all trials."""
    answers = [error, None]

    def connect(*_place: Any, timeout: float) -> Any:
        answer = answers.pop(0)
        if answer is not None:
            raise answer
        return SimpleNamespace(close=lambda: None)

    monkeypatch.setattr(socket, "create_connection", connect)
    monkeypatch.setattr("sweeper_ray.cluster._AGAIN_SECONDS", 0.0)
    assert _listens("ray://head:10001", 8.0) is (tries == 2)
    assert len(answers) == 2 - tries


def test_a_cluster_that_is_away_is_asked_nothing() -> None:
    """Ray would wait for it, and end this process after a minute."""
    asked = []

    class Away(Cluster):
        def is_away(self) -> bool:
            return True

        def nodes(self) -> list[Node]:
            asked.append("nodes")
            return []

        def growth(self) -> Growth:
            asked.append("growth")
            return Growth()

    away = Away("10.0.0.7:6379", {})
    assert Machines(away, Resources(), SettableClock()).capacity() == 0
    with pytest.raises(ConnectionError):
        away.require()
    assert asked == []
