"""A driver that is no part of the cluster, and a cluster that is not of the driver's kind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import sweeper
from sweeper.backend import Backend, BackendRequest
from sweeper.errors import BackendUnavailable
from sweeper.model.lifecycle import Outcome
from sweeper.model.resources import Resources

# A server for clients loses one of its own processes now and then, and half a minute with it.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]
ray = pytest.importorskip("ray")

from sweeper_ray.backend import open_backend  # noqa: E402 - where ray is installed
from sweeper_ray.cluster import join  # noqa: E402

from tests.backends.cluster import Head, head_of_its_own  # noqa: E402

DRIVER = """
import os, sys, time
import numpy as np
import sweeper

sweeper.share("ones", lambda: np.ones(1_000_000))

@sweeper.sweepable(metric="loss", mode="min", space={"x": sweeper.uniform(0, 1)})
def train(x=0.5):
    trial = sweeper.trial()
    print(f"here is trial {trial.number}")
    if trial.number == 1 and trial.attempt == 1:
        time.sleep(0.5)
        os._exit(9)
    if trial.number == 2:
        raise ValueError("this one is cursed")
    for step in range(1, 10):
        sweeper.report(loss=x + 1 / step)
    return x + float(sweeper.shared("ones").sum())

given = dict(search="random", backend=sys.argv[1], store=sys.argv[2], seed=1)
try:
    train.sweep(trials=1, cpus=64, name="too-large", **given)
except sweeper.SweeperError as error:
    print("refused:", error.message)
train.sweep(trials=12, scheduler="asha", retries=0, name="from-afar", **given)
"""


@pytest.fixture(scope="module")
def head() -> Iterator[Head]:
    with head_of_its_own() as head:
        yield head


def driven(head: Head, script: str, folder: Path, store: str) -> str:
    """Run a script against the head's server for clients; give all that it said."""
    (folder / "driver.py").write_text(script)
    ran = subprocess.run(
        [sys.executable, "driver.py", f"ray://127.0.0.1:{head.ports[1]}", store],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=360,
        check=False,
        env={**os.environ, "RAY_ADDRESS": "", "RAY_AUTH_MODE": "disabled"},
    )
    assert ran.returncode == 0, ran.stdout
    return ran.stdout


def test_a_sweep_through_a_client_is_like_any_other(
    head: Head, sqlite_url: str, tmp_path: Path
) -> None:
    said = driven(head, DRIVER, tmp_path, sqlite_url)

    sweep = sweeper.load("from-afar", sqlite_url)
    statuses = [trial.status for trial in sweep.trials]
    assert len(statuses) == 12
    assert statuses[2] == "failed"
    assert set(statuses) == {"completed", "pruned", "failed"}
    lost, again = sweep.trials[1].attempts
    assert lost.outcome is Outcome.LOST_WORKER
    assert again.outcome in (Outcome.SUCCEEDED, Outcome.PRUNED)
    assert sweep.trials[0].value == pytest.approx(1e6 + sweep.trials[0].params["x"])
    assert "here is trial 3" in sweep.trials[3].logs()
    assert sweep.trials[0].attempts[0].usage["node"]

    assert "refused: a trial asks for 64 CPUs, and no node of the Ray cluster has them" in said
    assert "the largest has 2 CPUs" in said
    assert "2 workers" in said
    for noise in ("raylet", "(pid=", "WARNING", "Traceback"):
        assert noise not in said


SETUP = """
import os, sys
import sweeper

def load():
    open(f"{os.environ['NOTES']}/warm-{os.getpid()}", "a").write("x")

@sweeper.sweepable(metric="loss", mode="min", space={"x": sweeper.uniform(0, 1)}, warmup=load)
def train(x=0.5):
    import flavours
    trial = sweeper.trial().number
    os.rename(f"{os.environ['NOTES']}/warm-{os.getpid()}", f"{os.environ['NOTES']}/{trial}")
    return float(flavours.of(os.path.basename(os.getcwd())))

train.sweep(trials=3, search="random", backend=sys.argv[1], store=sys.argv[2], name="furnished",
            seed=1, working_dir="there", env_vars=["NOTES"], fresh_process=True, workers=1)
"""


def test_workers_elsewhere_find_their_folder_variables_and_warmup_in_a_fresh_process_each(
    head: Head, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "flavours.py").write_text("def of(place): return 7.0")
    (tmp_path / "notes").mkdir()
    monkeypatch.setenv("NOTES", str(tmp_path / "notes"))

    driven(head, SETUP, tmp_path, sqlite_url)

    trials = sweeper.load("furnished", sqlite_url).trials
    assert [trial.value for trial in trials] == [7.0, 7.0, 7.0]
    assert len({trial.attempts[0].pid for trial in trials}) == 3
    assert [(tmp_path / "notes" / str(n)).read_text() for n in range(3)] == ["x"] * 3


SILENCE = """
import os, sys, time
from sweeper_ray import client
from sweeper_ray.cluster import join

client._ANSWER_SECONDS = 1.0
cluster = join(sys.argv[1].removeprefix("ray:"))
for ask in (lambda: time.sleep(300), lambda: os._exit(9)):
    try:
        client.on_cluster(ask)
    except ConnectionError as error:
        print(error)
    client._ANSWER_SECONDS = 60.0
cluster.leave()
"""


def test_a_cluster_that_gives_no_answer_is_not_waited_for_for_ever(
    head: Head, sqlite_url: str, tmp_path: Path
) -> None:
    said = driven(head, SILENCE, tmp_path, sqlite_url)
    assert said.splitlines() == [
        "it has not answered for 1 seconds",
        "whoever was asked there died: WorkerCrashedError",
    ]


@pytest.mark.parametrize(
    ("ray_there", "python_there", "told", "remedy"),
    [
        ("2.58.1", "3.99.7", "runs Ray 2.58.1 on Python 3.99.7, and", "ray[default]==2.58.1"),
        (ray.__version__, "3.99.7", "on Python 3.99.7, and this process", "with Python 3.99;"),
    ],
)
def test_a_cluster_of_another_version_is_refused_with_both_versions_and_the_remedy(
    head: Head, ray_there: str, python_there: str, told: str, remedy: str
) -> None:
    with (
        pretending(head, ray_version=ray_there, python_version=python_there),
        pytest.raises(BackendUnavailable) as caught,
    ):
        open_at(head)
    assert told in caught.value.message
    assert remedy in caught.value.hint
    assert not ray.is_initialized()


def test_pythons_that_differ_by_a_patch_go_together(head: Head) -> None:
    major, minor, patch = sys.version_info[:3]
    # Nothing is started there: the head's own workers are of the Python that it has in truth.
    with pretending(head, python_version=f"{major}.{minor}.{patch + 1}"):
        join(f"127.0.0.1:{head.ports[0]}").leave()


def open_at(head: Head) -> Backend:
    """Join as a part of the cluster."""
    address = f"127.0.0.1:{head.ports[0]}"
    return open_backend(BackendRequest(argument=address, resources=Resources()))


@contextmanager
def pretending(head: Head, **versions: str) -> Iterator[None]:
    """Let a head say that it was started by another Ray or Python."""
    client = ray._raylet.GcsClient(address=f"127.0.0.1:{head.ports[0]}")
    place = (b"CLUSTER_METADATA", b"cluster")
    told = client.internal_kv_get(*place)
    changed = json.dumps({**json.loads(told), **versions}).encode()
    client.internal_kv_put(place[0], changed, True, place[1])
    try:
        yield
    finally:
        client.internal_kv_put(place[0], told, True, place[1])
