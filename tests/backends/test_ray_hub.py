"""The hub of a sweep on Ray: where it stands, how it is started, and how ranks meet at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
ray = pytest.importorskip("ray")

from sweeper_ray import hub as hubs  # noqa: E402 - where ray is installed
from sweeper_ray.backend import open_backend  # noqa: E402

from sweeper.backend import BackendRequest  # noqa: E402
from sweeper.errors import BackendUnavailable  # noqa: E402
from sweeper.model.event import AttemptKey, Measured, Reported  # noqa: E402
from sweeper.model.lifecycle import AttemptStatus, Outcome  # noqa: E402
from sweeper.model.resources import Resources  # noqa: E402
from sweeper.testing import functions, make_assignment, talking  # noqa: E402
from tests.backends.cluster import Nodes, nodes  # noqa: E402

KEY = AttemptKey(0, 1)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Nodes]:
    with nodes(3, num_cpus=1) as found:
        yield found


@pytest.mark.usefixtures("cluster")
def test_a_hub_stands_on_its_launchers_node_wherever_there_is_room() -> None:
    found = [hubs.start_hub(1) for _ in range(4)]
    assert {node_of(hub) for hub in found} == {ray.get_runtime_context().get_node_id()}
    for hub in found:
        ray.kill(hub)


def node_of(actor: Any) -> str:
    table = ray._private.state.state.actor_table(actor._actor_id.hex())
    return str(table["Address"]["NodeID"])


@pytest.mark.usefixtures("cluster")
def test_a_hub_that_dies_before_it_is_ready_is_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started = stillborn(monkeypatch, first=2)
    assert ray.get(hubs.start_hub(1).ready.remote())
    assert len(started) == 3


@pytest.mark.usefixtures("cluster")
def test_where_every_hub_dies_a_launch_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    started = stillborn(monkeypatch, first=100)
    with pytest.raises(BackendUnavailable, match="hub died on its Ray cluster") as caught:
        hubs.start_hub(1)
    assert "sweeper resume NAME" in caught.value.hint
    assert len(started) == 5


def stillborn(monkeypatch: pytest.MonkeyPatch, first: int) -> list[Any]:
    """Kill the first hubs as soon as they are asked for; give all that were."""
    begin, started = hubs._started, []

    def begin_and_kill(workers: int) -> Any:
        started.append(begin(workers))
        if len(started) <= first:
            ray.kill(started[-1])
        return started[-1]

    monkeypatch.setattr(hubs, "_started", begin_and_kill)
    return started


@pytest.mark.usefixtures("cluster")
def test_ranks_meet_however_many_of_them_come_before_the_first() -> None:
    hub = hubs.start_hub(1)
    others = [hub.meet.remote(KEY) for _ in range(200)]
    ray.get(hub.announce.remote(KEY, "10.0.0.1:2000"), timeout=30)
    assert set(ray.get(others, timeout=30)) == {"10.0.0.1:2000"}
    ray.kill(hub)


def test_a_node_that_dies_takes_no_attempt_of_another_node_along(
    cluster: Nodes, tmp_path: Path
) -> None:
    backend = open_backend(BackendRequest(argument=None, resources=Resources()))
    with talking(backend) as talk:
        keys = [
            talk.start(make_assignment(functions.reports_slowly, folder=tmp_path, trial=trial))
            for trial in range(3)
        ]
        talk.until(lambda: all(talk.of(key, Reported) for key in keys), "reports of all")
        first, *others = keys
        cluster.kill(str(talk.of(first, Measured)[0].usage["node"]))
        assert talk.end_of(first).outcome is Outcome.LOST_NODE
        said = {key: len(talk.of(key, Reported)) for key in others}
        talk.until(lambda: all(len(talk.of(k, Reported)) > said[k] for k in others), "more")
        for key in others:
            talk.backend.stop(key, 60.0)
            assert talk.end_of(key).status is AttemptStatus.STOPPED
