"""What the ray backend does beyond the contract: GPUs, room, and whose cluster it is."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from sweeper.backend import BackendRequest
from sweeper.clock import SettableClock
from sweeper.errors import BackendUnavailable
from sweeper.model.event import AttemptKey, Ended, Started
from sweeper.model.lifecycle import AttemptStatus, Outcome
from sweeper.model.resources import Resources
from sweeper.testing import functions, make_assignment, talking
from sweeper.testing.opening import living
from sweeper.worker.sharing import share, shared

pytestmark = pytest.mark.slow
ray = pytest.importorskip("ray")

from ray import exceptions  # noqa: E402 - where ray is installed
from sweeper_ray.backend import RayBackend, open_backend  # noqa: E402 - where ray is installed
from sweeper_ray.ends import end_by  # noqa: E402

HALF_A_GPU = Resources(cpus=0.5, gpus=0.5)


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """A cluster of one node that believes it has two GPUs."""
    ray.init(
        address="local",
        num_cpus=2,
        num_gpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
    )
    yield
    ray.shutdown()


def open_for(resources: Resources, workers: int | None = None) -> RayBackend:
    return open_backend(BackendRequest(argument=None, resources=resources, workers=workers))


def test_a_cluster_that_it_started_is_taken_down_with_its_files(tmp_path: Path) -> None:
    assert not ray.is_initialized()
    with talking(open_for(Resources(), workers=1)) as talk:
        session = Path(ray.get_runtime_context().get_session_name())
        assert (Path("/tmp/ray") / session).exists()
        key = talk.start(make_assignment(functions.doubles, folder=tmp_path))
        assert talk.end_of(key).values == (2.0,)
    assert not ray.is_initialized()
    assert not (Path("/tmp/ray") / session).exists()


@pytest.mark.parametrize("argument", ["127.0.0.1:9", "//127.0.0.1:9"])
def test_where_no_cluster_is_it_says_so_at_once(argument: str) -> None:
    with pytest.raises(BackendUnavailable) as caught:
        open_backend(BackendRequest(argument=argument, resources=Resources()))
    assert "no Ray cluster could be joined" in caught.value.message
    assert "ray start --head" in caught.value.hint


@pytest.mark.usefixtures("cluster")
def test_a_cluster_that_was_there_is_used_and_left_alone() -> None:
    open_for(Resources()).close()
    assert ray.is_initialized()
    assert ray.get(ray.remote(num_cpus=0)(lambda: 3).remote()) == 3


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize(
    "asked", [Resources(cpus=64), Resources(gpus=3), Resources(memory=2**50)], ids=str
)
def test_a_trial_that_no_node_has_room_for_is_an_error_at_once(asked: Resources) -> None:
    with pytest.raises(BackendUnavailable) as caught:
        open_for(asked)
    assert str(asked) in caught.value.message
    assert "2 CPUs, 2 GPUs" in caught.value.message
    assert caught.value.hint


@pytest.mark.usefixtures("cluster")
def test_capacity_is_what_fits_on_the_nodes_and_no_more_than_asked() -> None:
    for resources, workers, capacity in [
        (Resources(), None, 2),
        (Resources(), 1, 1),
        (HALF_A_GPU, None, 4),
        (Resources(cpus=0, gpus=2), None, 1),
    ]:
        backend = open_for(resources, workers)
        assert backend.capacity() == capacity
        backend.close()


@pytest.mark.parametrize(
    ("error", "status", "outcome"),
    [
        (exceptions.OutOfMemoryError("95 %"), AttemptStatus.LOST, Outcome.OUT_OF_MEMORY),
        (exceptions.NodeDiedError("gone"), AttemptStatus.LOST, Outcome.LOST_NODE),
        (exceptions.WorkerCrashedError(), AttemptStatus.LOST, Outcome.LOST_WORKER),
        (exceptions.TaskCancelledError(), AttemptStatus.LOST, Outcome.LOST_WORKER),
        (exceptions.RuntimeEnvSetupError("no uv"), AttemptStatus.FAILED, Outcome.ERROR),
        (None, AttemptStatus.LOST, Outcome.LOST_WORKER),
    ],
)
def test_what_ray_says_of_a_task_becomes_the_end_of_its_attempt(
    error: BaseException | None, status: AttemptStatus, outcome: Outcome
) -> None:
    ended = end_by(AttemptKey(0, 1), error, SettableClock())
    assert (ended.status, ended.outcome) == (status, outcome)
    assert ended.failure is not None
    assert ended.failure.message


@pytest.mark.usefixtures("cluster")
def test_each_attempt_has_gpus_of_its_own_and_a_fresh_process(tmp_path: Path) -> None:
    with talking(open_for(Resources(cpus=1, gpus=1))) as talk:
        keys = [
            talk.start(
                make_assignment(
                    functions.reports_slowly, folder=tmp_path, trial=trial, params={"steps": 20}
                )
            )
            for trial in range(2)
        ]
        for key in keys:
            assert talk.end_of(key).status is AttemptStatus.SUCCEEDED
        after = talk.start(make_assignment(functions.doubles, folder=tmp_path, trial=2))
        talk.end_of(after)
    first, second, third = (talk.of(key, Started)[0] for key in (*keys, after))
    assert {*first.devices, *second.devices} == {"0", "1"}
    assert third.pid not in (first.pid, second.pid)


@pytest.mark.usefixtures("cluster")
def test_two_attempts_share_a_gpu_by_halves(tmp_path: Path) -> None:
    with talking(open_for(HALF_A_GPU, workers=2)) as talk:
        keys = [
            talk.start(make_assignment(functions.doubles, folder=tmp_path, trial=trial))
            for trial in range(2)
        ]
        for key in keys:
            assert talk.end_of(key).status is AttemptStatus.SUCCEEDED
            assert len(talk.of(key, Started)[0].devices) == 1


@pytest.mark.usefixtures("cluster")
def test_trials_without_gpus_see_none_and_reuse_workers(tmp_path: Path) -> None:
    with talking(open_for(Resources(), workers=1)) as talk:
        for trial in range(8):
            made = make_assignment(_visible_gpus, folder=tmp_path, trial=trial)
            assert talk.end_of(talk.start(made)).values == (0.0,)
    assert len({event.pid for event in talk.heard if isinstance(event, Started)}) <= 3


@pytest.mark.usefixtures("cluster")
def test_all_trials_of_a_sweep_have_one_name_in_rays_eyes(tmp_path: Path) -> None:
    """Ray keeps counts of each name for ever, in the launcher and in every worker."""
    with talking(open_for(Resources(), workers=1)) as talk:
        keys = [
            talk.start(make_assignment(_tells_its_tasks_name, folder=tmp_path, trial=trial))
            for trial in range(2)
        ]
        names = [talk.end_of(key).result for key in keys]
    assert names[0] == names[1]


def _tells_its_tasks_name() -> dict[str, Any]:
    return {"loss": 1.0, "name": ray.get_runtime_context().get_task_name()}


@pytest.mark.usefixtures("cluster")
def test_where_the_hub_dies_attempts_are_lost_and_later_ones_run(tmp_path: Path) -> None:
    backend = open_for(Resources(), workers=1)
    with talking(backend) as talk:
        key = talk.start(make_assignment(functions.reports_slowly, folder=tmp_path))
        talk.until(lambda: bool(talk.of(key, Started)), "the start")
        ray.kill(backend._hub)
        unaware = talk.start(make_assignment(functions.doubles, folder=tmp_path, trial=1))
        for one in (key, unaware):
            ended = talk.end_of(one)
            assert (ended.status, ended.outcome) == (AttemptStatus.LOST, Outcome.LOST_WORKER)
        after = talk.start(make_assignment(functions.doubles, folder=tmp_path, trial=2))
        assert talk.end_of(after).values == (2.0,)
    assert [len(talk.of(one, Ended)) for one in (key, unaware, after)] == [1, 1, 1]


@pytest.mark.usefixtures("cluster")
def test_a_hub_that_does_not_answer_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = open_for(Resources(), workers=1)
    with talking(backend) as talk:
        key = talk.start(make_assignment(functions.reports_slowly, folder=tmp_path))
        talk.until(lambda: bool(talk.of(key, Started)), "the start")
        table = ray._private.state.state.actor_table(backend._hub._actor_id.hex())
        frozen = psutil.Process(table["Pid"])
        frozen.suspend()
        monkeypatch.setattr("sweeper_ray.backend._SILENT_SECONDS", 1.0)
        monkeypatch.setattr("sweeper_ray.backend._ANSWER_SECONDS", 1.0)
        try:
            assert talk.end_of(key).outcome is Outcome.LOST_WORKER
        finally:
            with suppress(psutil.NoSuchProcess):
                frozen.resume()
        monkeypatch.undo()
        after = talk.start(make_assignment(functions.doubles, folder=tmp_path, trial=1))
        assert talk.end_of(after).values == (2.0,)


@pytest.mark.usefixtures("cluster")
def test_a_trial_that_waits_for_room_stops_at_once(tmp_path: Path) -> None:
    with talking(open_for(Resources(cpus=2))) as talk:
        note = str(tmp_path / "pids")
        made = make_assignment(
            functions.trains_on_in_a_grandchild, folder=tmp_path, params={"note": note}
        )
        running = talk.start(made)
        talk.until(lambda: bool(talk.of(running, Started)), "the start")
        waiting = talk.start(make_assignment(functions.doubles, folder=tmp_path, trial=1))
        talk.backend.stop(waiting, 3600.0)
        assert talk.end_of(waiting).status is AttemptStatus.STOPPED
        assert not talk.of(waiting, Started)
        assert not talk.of(running, Ended)


@pytest.mark.usefixtures("cluster")
def test_what_is_shared_lies_once_on_a_node_and_is_read_there(tmp_path: Path) -> None:
    share("columns", np.ones(5_000_000))
    with talking(open_for(Resources(), workers=2)) as talk:
        keys = [
            talk.start(make_assignment(_reads_columns, folder=tmp_path, trial=trial))
            for trial in range(2)
        ]
        results = [talk.end_of(key).result for key in keys]
    assert len({talk.of(key, Started)[0].pid for key in keys}) == 2
    assert results[0] is not None
    assert results[0]["loss"] == 5e6
    assert results[0] == results[1]


def _reads_columns() -> dict[str, float]:
    """Give the sum, and where in which memory that processes share the numbers lie."""
    columns = shared("columns")
    time.sleep(2)  # so that both run at once, each in a process of its own
    for line in Path("/proc/self/maps").read_text().splitlines():
        span, _, offset, _, inode, *path = line.split(maxsplit=5)
        start, end = (int(bound, 16) for bound in span.split("-"))
        if start <= columns.ctypes.data < end and path and "/dev/shm" in path[0]:
            place = columns.ctypes.data - start + int(offset, 16)
            return {"loss": float(columns.sum()), "place": float(place), "file": float(inode)}
    return {"loss": -1.0}


@pytest.mark.usefixtures("cluster")
def test_a_trial_leaves_no_process_behind_in_a_worker_that_goes_on(tmp_path: Path) -> None:
    with talking(open_for(Resources(), workers=1)) as talk:
        note = tmp_path / "child"
        made = make_assignment(_leaves_a_child, folder=tmp_path, params={"note": str(note)})
        assert talk.end_of(talk.start(made)).status is AttemptStatus.SUCCEEDED
        assert not living([int(pid) for pid in note.read_text().split()])


def _leaves_a_child(note: str) -> float:
    family = subprocess.Popen(
        ["sh", "-c", "sleep 600 & echo $!; wait"], stdout=subprocess.PIPE, text=True
    )
    grandchild = family.stdout.readline() if family.stdout else ""
    Path(note).write_text(f"{family.pid} {grandchild}")
    return 0.0


def _visible_gpus() -> float:
    return float(len(os.environ.get("CUDA_VISIBLE_DEVICES", "all")))
