"""Two controllers for one sweep: the second waits for the lease, and the first one gives in."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from uuid import uuid4

import pytest

from sweeper.store import questions
from sweeper.store.store import Store
from tests.faults.harness import computed, end, none_left, opened, start, wait_for
from tests.faults.harness import drive as drive_to_end
from tests.faults.plan import Scenario
from tests.faults.program import BUSY, DONE, NAME, ROBBED, Run
from tests.faults.test_moments import trials

pytestmark = pytest.mark.slow

SWEEP = Scenario(
    search="random", asha=True, workers=2, trials=24, how="family", seed=17, pause=0.02
)


def program(folder: Path, lease_seconds: float = 30.0) -> Run:
    """Make one of the programs that want to drive the sweep."""
    return Run(folder=folder, scenario=SWEEP, mark=uuid4().hex, lease_seconds=lease_seconds)


@contextmanager
def driving(run: Run) -> Iterator[BaseProcess]:
    """Let a program drive the sweep until the end of the block."""
    process = start(run)
    try:
        yield process
    finally:
        end(process, run.mark)


def come_to(run: Run, wanted: int) -> None:
    """Wait until the sweep has so many trials."""
    store = Store(f"sqlite:///{run.database}")
    try:
        wait_for(lambda: trials(store) >= wanted, "progress", run.mark)
    finally:
        store.close()


def lease_to_expire(run: Run) -> None:
    """Wait until nobody holds the sweep's lease any more."""

    def expired() -> bool:
        lease = questions.find_sweep(store, NAME).lease
        return lease is None or lease.expires < time.time()

    store = Store(f"sqlite:///{run.database}")
    try:
        wait_for(expired, "the end of a lease")
    finally:
        store.close()


def thaw(process: BaseProcess, run: Run) -> None:
    """Let a frozen program go on, and see that it gives in with all its workers."""
    os.kill(process.pid or 0, signal.SIGCONT)
    wait_for(lambda: not process.is_alive(), "the end of a robbed controller", run.mark)
    assert process.exitcode == ROBBED
    wait_for(lambda: none_left(run.mark), "the end of its workers", run.mark)


def test_a_second_controller_is_refused_while_the_first_one_lives(tmp_path: Path) -> None:
    first = program(tmp_path)
    with driving(first):
        come_to(first, 3)
        assert drive_to_end(program(tmp_path)) == BUSY


def test_a_frozen_controller_keeps_its_sweep_until_its_lease_expires(tmp_path: Path) -> None:
    first = program(tmp_path)
    with driving(first) as process:
        come_to(first, 3)
        os.kill(process.pid or 0, signal.SIGSTOP)
        assert drive_to_end(program(tmp_path)) == BUSY
        os.kill(process.pid, signal.SIGCONT)


def test_a_controller_that_was_frozen_too_long_writes_nothing_more(tmp_path: Path) -> None:
    first = program(tmp_path, lease_seconds=1.0)
    with driving(first) as process:
        come_to(first, 5)
        os.kill(process.pid or 0, signal.SIGSTOP)
        lease_to_expire(first)
        assert drive_to_end(program(tmp_path)) == DONE
        before = opened(tmp_path)

        thaw(process, first)

    after = opened(tmp_path)
    assert [*after.findings(), *after.completion(), *after.values(computed)] == []
    assert (after.sweep, after.trials, after.events) == (
        before.sweep,
        before.trials,
        before.events,
    )


def test_a_controller_that_is_thawed_beside_its_successor_disturbs_nothing(tmp_path: Path) -> None:
    first, second = program(tmp_path, lease_seconds=1.0), program(tmp_path)
    with driving(first) as process:
        come_to(first, 5)
        os.kill(process.pid or 0, signal.SIGSTOP)
        lease_to_expire(first)
        with driving(second) as successor:
            come_to(second, 10)
            thaw(process, first)
            wait_for(lambda: not successor.is_alive(), "the end of the sweep", second.mark)
            assert successor.exitcode == DONE

    audit = opened(tmp_path)
    assert [*audit.findings(), *audit.completion(), *audit.values(computed)] == []
