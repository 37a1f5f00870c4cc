"""What an attempt uses over time: few samples, however long it runs."""

from __future__ import annotations

import itertools
import subprocess
import time
from typing import Annotated

import pytest

from sweeper import sweepable, uniform
from sweeper.clock import SettableClock
from sweeper.processes import TreeUsage, tree_usage
from sweeper.worker.usage import Gauge, GpuUsage, visible_gpus_usage


def gauge_of(clock: SettableClock, *, gpus: bool = False) -> Gauge:
    """Make the gauge of an attempt that uses half a core, ever more memory and perhaps a GPU."""
    return Gauge(
        clock,
        lambda: TreeUsage(cpu=100.0 + clock.elapsed() / 2, memory=int(clock.elapsed())),
        lambda: GpuUsage(busy=90.0, memory=7) if gpus else None,
        own_cpu=100.0,
    )


def run_for(gauge: Gauge, clock: SettableClock, seconds: int) -> None:
    for _ in range(seconds):
        clock.advance(1.0)
        if gauge.is_due:
            gauge.sample()


def test_samples_tell_the_cores_and_the_memory_since_the_attempt_began() -> None:
    clock = SettableClock()
    gauge = gauge_of(clock)
    assert gauge.usage() == {}
    run_for(gauge, clock, 3)
    assert gauge.usage()["over_time"] == {
        "seconds": [1.0, 2.0, 3.0],
        "cores": [0.5, 0.5, 0.5],
        "memory_bytes": [1, 2, 3],
    }


def test_gpus_are_told_where_there_are_any() -> None:
    clock = SettableClock()
    gauge = gauge_of(clock, gpus=True)
    run_for(gauge, clock, 1)
    assert gauge.usage()["over_time"]["gpu_percent"] == [90.0]
    assert gauge.usage()["over_time"]["gpu_memory_bytes"] == [7]


def test_a_long_attempt_is_sampled_ever_more_rarely() -> None:
    clock = SettableClock()
    gauge = gauge_of(clock)
    run_for(gauge, clock, 100_000)
    seconds = gauge.usage()["over_time"]["seconds"]
    assert 40 <= len(seconds) < 120
    apart = {later - earlier for earlier, later in itertools.pairwise(seconds[5:])}
    assert len(apart) == 1
    assert seconds[-1] > 98_000


def test_it_tells_at_first_after_ten_seconds() -> None:
    clock = SettableClock()
    gauge = gauge_of(clock)
    run_for(gauge, clock, 9)
    assert not gauge.is_telling
    run_for(gauge, clock, 1)
    assert gauge.is_telling
    gauge.usage()
    assert not gauge.is_telling


def test_what_children_use_is_counted_in() -> None:
    alone = tree_usage()
    child = subprocess.Popen(["sleep", "60"])
    try:
        assert tree_usage().memory > alone.memory
    finally:
        child.kill()
        child.wait()


def test_without_a_gpu_to_be_seen_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert visible_gpus_usage() is None


@sweepable(metric="loss", mode="min")
def works_a_while(x: Annotated[float, uniform(0.0, 1.0)] = 0.5) -> float:
    until = time.monotonic() + 2.5
    while time.monotonic() < until:
        x = x**0.5
    return x


@pytest.mark.slow
def test_an_attempt_is_recorded_with_what_it_used(sqlite_url: str) -> None:
    sweep = works_a_while.sweep(
        trials=1, backend="local", workers=1, store=sqlite_url, progress=False
    )
    usage = sweep.trials[0].attempts[0].usage
    assert len(usage["over_time"]["seconds"]) >= 2
    assert max(usage["over_time"]["cores"]) > 0.2
    assert min(usage["over_time"]["memory_bytes"]) > 10_000_000
