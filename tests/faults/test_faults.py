"""Faults at random points of the path: after each, the sweep goes on as if nothing had been."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import PostgresServer
from tests.faults.harness import Ground, check_seed
from tests.faults.plan import ON_CLUSTER, ON_SERVER

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", range(20))
def test_whatever_strikes_nothing_is_lost_and_nothing_runs_twice(seed: int) -> None:
    check_seed(seed)


@pytest.mark.parametrize("seed", range(100, 104))
def test_the_same_holds_of_a_store_on_a_server(seed: int, postgres_server: PostgresServer) -> None:
    check_seed(
        seed,
        Ground(
            passing=ON_SERVER, create=lambda: postgres_server.url(postgres_server.create_database())
        ),
    )


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """Give the address of a Ray cluster that outlives the programs that use it."""
    pytest.importorskip("ray")
    holder = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("cluster.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    if holder.stdin is None or holder.stdout is None:
        raise AssertionError("a cluster cannot be spoken to")
    yield holder.stdout.readline().strip()
    holder.stdin.close()
    holder.wait(timeout=60)


@pytest.mark.parametrize("seed", range(200, 202))
def test_the_same_holds_of_trials_on_a_cluster(seed: int, cluster: str) -> None:
    check_seed(seed, Ground(passing=ON_CLUSTER, cluster=cluster))
