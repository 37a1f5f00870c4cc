"""Trials on several nodes: their ranks meet, report through one of them, and end together."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ray = pytest.importorskip("ray")

from sweeper_ray.backend import RayBackend, open_backend  # noqa: E402 - where ray is installed

import sweeper  # noqa: E402
from sweeper.backend import BackendRequest  # noqa: E402
from sweeper.errors import BackendUnavailable  # noqa: E402
from sweeper.model.assignment import Decision  # noqa: E402
from sweeper.model.event import (  # noqa: E402
    AttemptKey,
    Ended,
    Measured,
    Published,
    Reported,
    Started,
)
from sweeper.model.lifecycle import AttemptStatus, Outcome  # noqa: E402
from sweeper.model.milestones import Milestones  # noqa: E402
from sweeper.model.resources import Resources  # noqa: E402
from sweeper.testing import Conversation, make_assignment, talking  # noqa: E402
from tests.backends.cluster import Nodes, nodes  # noqa: E402
from tests.docs.pages import ROOT, run_script  # noqa: E402

TWO_BY_FOUR = Resources(cpus=1, gpus=4, nodes=2)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Nodes]:
    with nodes(2, num_cpus=2, num_gpus=4) as found:
        yield found


def opened(resources: Resources) -> RayBackend:
    return open_backend(BackendRequest(argument=None, resources=resources))


def sums_ranks(steps: int = 2) -> dict[str, float]:
    """Add up the ranks of all workers with torch, as a training adds up gradients."""
    import torch
    import torch.distributed as dist

    trial = sweeper.trial()
    assert trial is not None
    dist.init_process_group("gloo")
    assert (dist.get_rank(), dist.get_world_size()) == (trial.rank, trial.world_size)
    total = torch.tensor([float(dist.get_rank() + 1)])
    dist.all_reduce(total)
    for _ in range(steps):
        sweeper.report(loss=float(total))
    print(f"here is {trial.rank}")
    with sweeper.checkpoint() as folder:
        (folder / f"{trial.rank}.txt").write_text("kept")
    dist.barrier()
    dist.destroy_process_group()
    gpus = os.environ["CUDA_VISIBLE_DEVICES"].split(",")
    return {"loss": float(total), "gpus": float(len(gpus))}


def trains_forever(broken_rank: int = -1, how: str = "") -> float:
    """Report until told to stop, or until one rank breaks."""
    trial = sweeper.trial()
    assert trial is not None
    for step in range(10_000):
        if trial.rank == broken_rank and step == 20:
            if how == "raise":
                raise ValueError("this rank is broken")
            os._exit(3)
        sweeper.report(loss=1.0)
        time.sleep(0.02)
    return 0.0


def places(talk: Conversation, key: AttemptKey) -> dict[str, str]:
    """Give the node of each rank that has told its own."""
    return {k: str(v) for said in talk.of(key, Measured) for k, v in said.usage.items()}


def test_a_gang_runs_torch_distributed_as_it_is(cluster: Nodes, tmp_path: Path) -> None:
    backend = opened(TWO_BY_FOUR)
    assert backend.capacity() == 1
    with talking(backend) as talk:
        key = talk.start(make_assignment(sums_ranks, folder=tmp_path))
        ended = talk.end_of(key)
    assert ended.status is AttemptStatus.SUCCEEDED, ended.failure
    assert ended.result == {"loss": 3.0, "gpus": 4.0}
    assert len(talk.of(key, Started)) == 1
    assert [report.step for report in talk.of(key, Reported)] == [1, 2]
    assert "here is 0\n" in talk.text_of(key, "stdout")
    assert "[rank 1] here is 1\n" in talk.text_of(key, "stdout")
    stood = places(talk, key)
    assert {stood["node"], stood["node1"]} == set(cluster.by_id)
    assert [p.name for p in (tmp_path / "checkpoints" / "step-2").glob("*.txt")] == ["0.txt"]


def test_a_decision_of_one_rank_ends_them_all(cluster: Nodes, tmp_path: Path) -> None:
    with talking(opened(TWO_BY_FOUR)) as talk:
        made = make_assignment(trains_forever, folder=tmp_path, milestones=Milestones(first=3))
        key = talk.start(made)
        talk.next_waiting(key)
        talk.answer(key, Decision.STOP)
        assert talk.end_of(key).status is AttemptStatus.STOPPED
        talk.until(lambda: ray.available_resources().get("GPU") == 8, "all GPUs to be free")


def saves_for_long_once_told() -> float:
    """Let rank 0 save, and the others leave, once they are told to stop."""
    trial = sweeper.trial()
    assert trial is not None
    for _ in range(2_000):
        if trial.rank == 0 and trial.should_checkpoint:
            with sweeper.checkpoint(step=1) as folder:
                time.sleep(2)
                (folder / "weights").write_text("kept")
        sweeper.report(loss=1.0)
        time.sleep(0.02)
    return 0.0


def test_the_first_rank_has_all_its_grace_to_save_though_others_have_left(
    cluster: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweeper_ray.backend._TOGETHER_SECONDS", 0.1)
    with talking(opened(TWO_BY_FOUR)) as talk:
        key = talk.start(make_assignment(saves_for_long_once_told, folder=tmp_path))
        talk.until(lambda: bool(talk.of(key, Reported)), "a report")
        talk.until(lambda: "node1" in places(talk, key), "the other rank")
        talk.backend.stop(key, 60.0)
        ended = talk.end_of(key)
        assert (ended.status, ended.failure) == (AttemptStatus.STOPPED, None)
        assert [saved.step for saved in talk.of(key, Published)] == [1]


@pytest.mark.parametrize(
    ("how", "status", "outcome", "told"),
    [
        ("raise", AttemptStatus.FAILED, Outcome.ERROR, "rank 1: this rank is broken"),
        ("die", AttemptStatus.LOST, Outcome.LOST_WORKER, "rank 1: "),
    ],
)
def test_what_breaks_one_rank_ends_them_all_and_is_the_reason(
    cluster: Nodes, tmp_path: Path, how: str, status: AttemptStatus, outcome: Outcome, told: str
) -> None:
    with talking(opened(TWO_BY_FOUR)) as talk:
        params = {"broken_rank": 1, "how": how}
        key = talk.start(make_assignment(trains_forever, folder=tmp_path, params=params))
        ended = talk.end_of(key)
        talk.listen()
    assert (ended.status, ended.outcome) == (status, outcome)
    assert ended.failure is not None
    assert told in ended.failure.message
    assert len(talk.of(key, Ended)) == 1


def test_a_gang_that_no_two_nodes_have_room_for_is_an_error_at_launch(cluster: Nodes) -> None:
    with pytest.raises(BackendUnavailable) as caught:
        opened(Resources(gpus=8, nodes=2))
    assert "2 nodes with 1 CPU, 8 GPUs each" in caught.value.message
    assert "the largest has 2 CPUs, 4 GPUs" in caught.value.message
    with pytest.raises(BackendUnavailable, match="only 2 of the 3 nodes"):
        opened(Resources(gpus=4, nodes=3))


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("ray_cluster.py", ("8", "BACKEND"), "The best of 8 trials"),
        ("shared_dataset.py", ("BACKEND",), "The best of 20 trials"),
        ("distributed_trial.py", ("BACKEND", "2"), "The best of 2 trials on 2 nodes each"),
    ],
)
def test_the_examples_of_clusters_run(
    cluster: Nodes, tmp_path: Path, name: str, arguments: tuple[str, ...], told: str
) -> None:
    given = [word.replace("BACKEND", f"ray:{cluster.address}") for word in arguments]
    assert told in run_script(ROOT / "examples" / name, tmp_path, *given)


def test_a_gang_one_of_whose_nodes_has_to_go_leaves_as_a_whole(
    cluster: Nodes, tmp_path: Path
) -> None:
    with talking(opened(TWO_BY_FOUR)) as talk:
        key = talk.start(make_assignment(trains_forever, folder=tmp_path))
        talk.until(lambda: bool(talk.of(key, Reported)), "a report")
        talk.until(lambda: "node1" in places(talk, key), "the other rank")
        cluster.drain(places(talk, key)["node1"], 60.0)
        ended = talk.end_of(key)
    assert (ended.status, ended.outcome) == (AttemptStatus.LOST, Outcome.PREEMPTED)
    assert len(talk.of(key, Ended)) == 1
