"""What goes wrong in a cluster: each loss is labelled as what it was, and made up for."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ray = pytest.importorskip("ray")

from sweeper_ray.backend import RayBackend, open_backend  # noqa: E402 - where ray is installed

import sweeper  # noqa: E402
from sweeper.backend import BackendRequest  # noqa: E402
from sweeper.model.assignment import Assignment  # noqa: E402
from sweeper.model.event import AttemptKey, Ended, Measured, Reported  # noqa: E402
from sweeper.model.lifecycle import AttemptStatus, Outcome  # noqa: E402
from sweeper.model.resources import Resources  # noqa: E402
from sweeper.model.setup import Setup  # noqa: E402
from sweeper.testing import Conversation, functions, make_assignment, talking  # noqa: E402
from tests.backends.cluster import Nodes, nodes  # noqa: E402

ONE_GPU = Resources(cpus=1, gpus=1)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Nodes]:
    with nodes(2, num_cpus=2, num_gpus=2) as found:
        yield found


def opened(resources: Resources = ONE_GPU) -> RayBackend:
    # In processes that serve on, so that these tests need not wait for new ones.
    setup = Setup(fresh_process=False)
    return open_backend(BackendRequest(argument=None, resources=resources, setup=setup))


def save_at_length() -> None:
    """Save one checkpoint after the other, and so hear time and again that it has to go."""
    for part in range(3):
        with sweeper.checkpoint(step=1) as place:
            (place / "part.txt").write_text(str(part))


def saves_when_told(note: str) -> float:
    """Report until told to stop; save then, for as long as that takes."""
    trial = sweeper.trial()
    assert trial is not None
    for _ in range(2_000):
        if trial.should_checkpoint:
            save_at_length()
            Path(note).write_text("saved")
        sweeper.report(loss=1.0)
        time.sleep(0.05)
    return 0.0


def ignores_everything() -> float:
    """Report once, and then listen to nobody."""
    sweeper.report(loss=1.0)
    time.sleep(600)
    return 0.0


def dies_on(node: str) -> float:
    """End without a word on one node, and do well on all others."""
    if ray.get_runtime_context().get_node_id() == node:
        os._exit(9)
    time.sleep(0.5)  # so that trials which begin together need both nodes
    return 1.0


def dying(trial: int, node: str, folder: Path) -> Assignment:
    return make_assignment(dies_on, folder=folder, trial=trial, params={"node": node})


def where(talk: Conversation, key: AttemptKey) -> str:
    talk.until(lambda: bool(talk.of(key, Measured)), "the node of an attempt")
    return str(talk.of(key, Measured)[0].usage["node"])


def test_a_node_on_which_three_trials_in_a_row_died_is_avoided(
    cluster: Nodes, tmp_path: Path
) -> None:
    backend = opened()
    first, second = cluster.by_id
    with talking(backend) as talk:
        assert backend.capacity() == 4
        lost: list[Ended] = []
        for trial in range(0, 40, 4):
            together = [
                talk.start(dying(number, first, tmp_path)) for number in range(trial, trial + 4)
            ]
            ends = [talk.end_of(key) for key in together]
            lost += [end for end in ends if end.outcome is Outcome.LOST_WORKER]
            if len(lost) >= 3:
                break
        key = talk.start(dying(40, first, tmp_path))
        assert talk.end_of(key).status is AttemptStatus.SUCCEEDED
        assert backend.capacity() == 2
        [notice] = [said for said in backend.notices() if "avoided" in said]
        assert first[:8] in notice
        assert "2 on nodes that are avoided" in backend.standing()
        assert where(talk, key) == second


def test_a_node_that_has_to_go_lets_its_trials_save_and_move(
    cluster: Nodes, tmp_path: Path
) -> None:
    cluster.add(num_cpus=2, num_gpus=2)
    backend = opened()
    with talking(backend) as talk:
        notes = [tmp_path / "first", tmp_path / "second"]
        made = [
            make_assignment(saves_when_told, folder=tmp_path, trial=n, params={"note": str(note)})
            for n, note in enumerate(notes)
        ]
        deaf = make_assignment(ignores_everything, folder=tmp_path, trial=2)
        made.append(replace(deaf, grace=1.0))
        keys = [talk.start(one) for one in made]
        stood = [where(talk, key) for key in keys]
        talk.until(lambda: all(talk.of(key, Reported) for key in keys), "reports")
        spare = cluster.add(num_cpus=1, num_gpus=1)
        for node in set(stood):
            cluster.drain(node, 60.0)
        ends = [talk.end_of(key) for key in keys]
        assert {(end.status, end.outcome) for end in ends} == {
            (AttemptStatus.LOST, Outcome.PREEMPTED)
        }
        assert [note.read_text() for note in notes] == ["saved", "saved"]
        assert any("has to go" in said for said in backend.notices())
        again = talk.start(make_assignment(functions.doubles, folder=tmp_path, attempt=2))
        assert talk.end_of(again).status is AttemptStatus.SUCCEEDED
        assert where(talk, again) not in stood
        assert spare not in stood


def test_a_node_that_dies_loses_its_trials(cluster: Nodes, tmp_path: Path) -> None:
    doomed = cluster.add(num_cpus=1, resources={"doomed": 1})
    backend = opened(Resources(custom={"doomed": 1}))
    with talking(backend) as talk:
        key = talk.start(make_assignment(functions.reports_slowly, folder=tmp_path))
        talk.until(lambda: bool(talk.of(key, Reported)), "a report")
        cluster.kill(doomed)
        ended = talk.end_of(key)
    assert (ended.status, ended.outcome) == (AttemptStatus.LOST, Outcome.LOST_NODE)


def test_a_node_that_is_avoided_is_used_again_where_no_other_is_left(
    cluster: Nodes, tmp_path: Path
) -> None:
    bad, good = (cluster.add(num_cpus=1, resources={"kept": 1}) for _ in range(2))
    backend = opened(Resources(custom={"kept": 1}))
    with talking(backend) as talk:
        for _ in range(3):
            backend._machines.ended({bad: Outcome.LOST_WORKER})
        # Both are handed over while the good one is there: one runs, the other waits for it.
        first, second = (
            talk.start(
                make_assignment(
                    functions.reports_slowly, folder=tmp_path, trial=n, params={"steps": steps}
                )
            )
            for n, steps in enumerate((10_000, 30))
        )
        assert where(talk, first) == good
        cluster.kill(good)
        assert talk.end_of(first).outcome is Outcome.LOST_NODE
        assert talk.end_of(second).status is AttemptStatus.SUCCEEDED
        assert where(talk, second) == bad
        assert any("is used again" in said for said in backend.notices())


def test_a_trial_that_no_node_has_room_for_yet_waits_for_the_autoscalers_nodes(
    cluster: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWEEPER_RAY_GROWS", "1")
    backend = opened(Resources(gpus=7, accelerator="H100"))
    with talking(backend) as talk:
        assert backend.capacity() == 1
        assert any("waiting for nodes of the autoscaler" in said for said in backend.notices())
        key = talk.start(make_assignment(functions.doubles, folder=tmp_path))
        assert "1 trial waits for room" in backend.standing()
        cluster.add(num_cpus=1, num_gpus=8)
        large = cluster.add(num_cpus=1, num_gpus=7, resources={"accelerator_type:H100": 1})
        assert talk.end_of(key).status is AttemptStatus.SUCCEEDED
        assert where(talk, key) == large
