"""A head that dies and comes back: the driver goes on, and what it lost is made up for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import sweeper
from sweeper.model.lifecycle import Outcome

# A server for clients loses one of its own processes now and then, and half a minute with it.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]
pytest.importorskip("ray")

from tests.backends.cluster import Head, head_of_its_own  # noqa: E402 - where ray is installed
from tests.waiting import until  # noqa: E402

QUIET = {"RAY_ADDRESS": "", "RAY_AUTH_MODE": "disabled"}
DRIVER = """
import os, sys, time
import sweeper

@sweeper.sweepable(metric="loss", mode="min", space={"x": sweeper.uniform(0, 1)})
def train(x=0.5):
    for step in range(6_000):
        sweeper.report(loss=x)
        time.sleep(0.1)
        if step >= 30 and os.path.exists(os.environ["MAY_END"]):
            break
    return x

train.sweep(trials=4, search="random", backend=sys.argv[1], store=sys.argv[2], name="steady",
            progress=False, seed=1, env_vars={"MAY_END": os.environ["MAY_END"]})
"""


@pytest.fixture
def head() -> Iterator[Head]:
    with head_of_its_own() as head:
        yield head


@pytest.mark.parametrize(
    ("scheme", "port", "settings"),
    [("", 0, {}), ("//", 1, {}), ("//", 1, {"RAY_CLIENT_RECONNECT_GRACE_PERIOD": "1"})],
    ids=["joined", "client", "client that has given up"],
)
def test_a_driver_outlives_the_restart_of_its_head(
    head: Head, sqlite_url: str, tmp_path: Path, scheme: str, port: int, settings: dict[str, str]
) -> None:
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)
    may_end = tmp_path / "may end"
    driver = subprocess.Popen(
        [sys.executable, str(script), f"ray:{scheme}127.0.0.1:{head.ports[port]}", sqlite_url],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **settings, **QUIET, "MAY_END": str(may_end)},
    )
    try:
        until(lambda: reports(sqlite_url) > 5, "some reports")
        head.kill()
        until(lambda: Outcome.LOST_NODE in outcomes(sqlite_url), "the loss to be recorded")
        # Not before: a trial that is done when the head dies is not lost.
        may_end.touch()
        head.start()
        said, _ = driver.communicate(timeout=240)
    finally:
        driver.kill()
    assert driver.returncode == 0, said
    sweep = sweeper.load("steady", sqlite_url)
    assert [trial.status for trial in sweep.trials] == ["completed"] * 4
    assert {Outcome.LOST_NODE, Outcome.SUCCEEDED} == set(outcomes(sqlite_url))
    for trial in sweep.trials:
        used = trial.attempts[-1].usage
        assert used["node"]
        assert max(used["over_time"]["cores"]) >= 0
        assert min(used["over_time"]["memory_bytes"]) > 10_000_000
    told = [event["text"] for event in sweep.events() if event["kind"] == "machines"]
    assert "the Ray cluster is back" in told
    assert said == ""


CUT = """
import sys, time
from pathlib import Path
import ray
from sweeper_ray.backend import open_backend
from sweeper_ray.client import is_client
from sweeper.backend import BackendRequest
from sweeper.model.assignment import Decision
from sweeper.model.resources import Resources
from sweeper.testing import functions, make_assignment

address, folder = sys.argv[1:]
opened = open_backend(BackendRequest(argument=address, resources=Resources()))
began = make_assignment(functions.reports_slowly, folder=folder)
more = make_assignment(functions.doubles, folder=folder, trial=1)
opened.start(began)
live = dict(opened._live)
print("kill it", flush=True)
while is_client():
    time.sleep(0.1)
for name, call in {
    "capacity": opened.capacity,
    "start": lambda: opened.start(more),
    "answer": lambda: opened.answer(began.key, Decision.CONTINUE),
    "stop": lambda: opened.stop(began.key, 30.0),
    "kill": lambda: opened.stop(began.key, 0.0),
}.items():
    # As if this were the first that touches the cluster since.
    opened._away_since, opened._live = None, dict(live)
    opened._machines.forget()
    call()
    print(name, [event.outcome.value for event in opened._unheard], list(opened._delayed))
    opened._unheard.clear()
    opened._delayed.clear()
opened._away_since = None
opened.close()
print("closed", ray.is_initialized())
"""


def test_whatever_first_touches_a_cluster_that_a_client_has_given_up_takes_it_for_lost(
    head: Head, tmp_path: Path
) -> None:
    given = [sys.executable, "-c", CUT, f"//127.0.0.1:{head.ports[1]}", str(tmp_path)]
    settings = {**os.environ, **QUIET, "RAY_CLIENT_RECONNECT_GRACE_PERIOD": "1"}
    with subprocess.Popen(given, stdout=subprocess.PIPE, text=True, env=settings) as driver:
        try:
            assert driver.stdout is not None
            assert driver.stdout.readline() == "kill it\n"
            head.kill()
            said, _ = driver.communicate(timeout=120)
        finally:
            driver.kill()
    assert said.splitlines() == [
        "capacity [] []",
        "start ['lost_node'] [AttemptKey(trial=1, attempt=1)]",
        "answer ['lost_node'] []",
        "stop ['lost_node'] []",
        "kill ['lost_node'] []",
        "closed False",
    ]


def reports(store: str) -> int:
    try:
        return sum(trial.last_step for trial in sweeper.load("steady", store).trials)
    except sweeper.SweeperError:
        return 0


def outcomes(store: str) -> list[Outcome | None]:
    trials = sweeper.load("steady", store).trials
    return [attempt.outcome for trial in trials for attempt in trial.attempts]
