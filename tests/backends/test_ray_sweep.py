"""A long sweep over a cluster whose nodes come and go, and whose driver dies on the way."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import sweeper
from sweeper.model.lifecycle import ENDED
from sweeper.store import questions
from sweeper.store.store import Store
from tests.faults.auditor import Audit

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
pytest.importorskip("ray")

from tests import waiting  # noqa: E402
from tests.backends.cluster import Nodes, nodes  # noqa: E402 - where ray is installed

TRIALS = 500
SHAPE = {"num_cpus": 2, "num_gpus": 8}
DRIVER = """
import os, sys, time
import sweeper

def is_held(trial):
    try:
        open(os.path.join(os.environ["HOLD"], str(trial.number)), "w").close()
    except FileNotFoundError:
        return False
    return not trial.stopping

@sweeper.sweepable(metric="loss", mode="min", space={"x": sweeper.uniform(0, 1)})
def train(x=0.5):
    for step in range(1, 10):
        sweeper.report(loss=x + 1 / step)
        while is_held(sweeper.trial()):
            time.sleep(0.05)
    return x

train.sweep(trials=500, search="random", scheduler="asha", backend=sys.argv[1], gpus=4,
            fresh_process=False, env_vars=["HOLD"], store=sys.argv[2], name="long",
            progress=False, seed=1)
"""


@pytest.fixture
def cluster() -> Iterator[Nodes]:
    with nodes(4, **SHAPE) as found:
        yield found


def test_500_trials_are_all_accounted_for_while_nodes_come_and_go(
    cluster: Nodes, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)
    drive = [sys.executable, str(script), f"ray:{cluster.address}", sqlite_url]

    hold = tmp_path / "hold"
    monkeypatch.setenv("HOLD", str(hold))
    driver = subprocess.Popen(drive)
    try:
        until(lambda: ended(sqlite_url) >= 60, driver)
        hold.mkdir()
        until(lambda: len(held_nodes(sqlite_url, hold)) >= 2, driver)
        first, second, *_ = held_nodes(sqlite_url, hold)
        cluster.kill(first)
        cluster.drain(second, 60.0)
        until(lambda: {"lost_node", "preempted"} <= set(outcomes(sqlite_url)), driver)
        # Nodes are looked at every other second, and only a driver that lives has seen this one.
        until(lambda: tells(sqlite_url, "is gone"), driver)
        driver.kill()
        driver.wait()
        hold.rename(tmp_path / "held")
        driver = subprocess.Popen(drive)
        cluster.add(**SHAPE)
        until(lambda: driver.poll() is not None, driver)
    finally:
        driver.kill()

    assert driver.returncode == 0
    audit = Audit(Store(sqlite_url), "long")
    assert audit.findings() == [], audit.findings()[:3]
    trials = list(sweeper.load("long", sqlite_url).trials)
    assert [trial.number for trial in trials] == list(range(TRIALS))
    statuses = Counter(trial.status for trial in trials)
    assert set(statuses) == {"completed", "pruned"}
    assert statuses["pruned"] > statuses["completed"]
    ends = outcomes(sqlite_url)
    assert ends["interrupted"] >= 1
    assert not {"error", "lost_worker", "timeout"} & set(ends)
    assert tells(sqlite_url, "is gone")
    assert tells(sqlite_url, "has to go")


def held_nodes(store: str, hold: Path) -> list[str]:
    """Give the nodes on which attempts are held: these do not end before something befalls them."""
    held = {int(note.name) for note in hold.iterdir()}
    sweep = sweeper.load("long", store)
    live = questions.list_attempts(sweep.store, sweep.id, status=["running"])
    stand = {attempt.trial: (attempt.usage or {}).get("node") for attempt in live}
    return sorted({str(node) for trial, node in stand.items() if node and trial in held})


def outcomes(store: str) -> Counter[str]:
    """Count how attempts ended."""
    sweep = sweeper.load("long", store)
    found = questions.list_attempts(sweep.store, sweep.id)
    return Counter(str(attempt.outcome) for attempt in found if attempt.outcome)


def tells(store: str, text: str) -> bool:
    """Whether an event of the sweep says something."""
    return any(text in event["text"] for event in Audit(Store(store), "long").events)


def ended(store: str) -> int:
    try:
        counts = sweeper.load("long", store).overview.counts
    except sweeper.SweeperError:
        return 0
    return sum(count for status, count in counts.items() if status in ENDED)


def until(found: Callable[[], bool], driver: subprocess.Popen[bytes]) -> None:
    waiting.until(
        lambda: found() or driver.poll() is not None, "the sweep to go on", pause=0.1, most=2_000
    )
