"""What an attempt uses while it runs: CPU, memory and GPUs over time."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from sweeper.clock import Clock
from sweeper.model.encoding import Json
from sweeper.processes import TreeUsage, tree_usage

_FIRST_SECONDS = 1.0
_MOST_SAMPLES = 120
_TELLING_SECONDS = 10.0


class GpuUsage(NamedTuple):
    """How busy GPUs are, in percent on average, and the bytes that are taken of their memory."""

    busy: float
    memory: int


class Gauge:
    """Sample what an attempt uses, ever more rarely, in a bounded number of samples.

    Example:
        >>> from sweeper.clock import SettableClock
        >>> clock = SettableClock()
        >>> gauge = Gauge(clock, lambda: TreeUsage(cpu=clock.elapsed() / 2, memory=7), lambda: None)
        >>> clock.advance(1.0)
        >>> gauge.sample()
        >>> gauge.usage()["over_time"]
        {'seconds': [1.0], 'cores': [0.5], 'memory_bytes': [7]}

    Samples are a second apart at first. Where there are 120 of them every other one is dropped,
    and the next ones are twice as far apart. own_cpu is what the process had used before.
    """

    def __init__(
        self,
        clock: Clock,
        of_processes: Callable[[], TreeUsage] = tree_usage,
        of_gpus: Callable[[], GpuUsage | None] | None = None,
        own_cpu: float = 0.0,
    ) -> None:
        self._clock = clock
        self._of_processes = of_processes
        self._of_gpus = of_gpus or visible_gpus_usage
        self._began = self._before = clock.elapsed()
        self._cpu_before = own_cpu
        self._apart = _FIRST_SECONDS
        self._told_at = self._began
        self._samples: list[dict[str, float]] = []

    @property
    def is_due(self) -> bool:
        """Whether it is time for a sample."""
        return self._clock.elapsed() - self._before >= self._apart

    @property
    def is_telling(self) -> bool:
        """Whether it is time to tell what was sampled."""
        due = self._clock.elapsed() - self._told_at >= max(_TELLING_SECONDS, 10 * self._apart)
        return due and bool(self._samples)

    def sample(self) -> None:
        """Take a sample."""
        now, used = self._clock.elapsed(), self._of_processes()
        sample = {
            "seconds": round(now - self._began, 1),
            "cores": self._cores(used.cpu, now),
            "memory_bytes": used.memory,
        }
        gpus = self._of_gpus()
        if gpus is not None:
            sample |= {"gpu_percent": gpus.busy, "gpu_memory_bytes": gpus.memory}
        self._before, self._cpu_before = now, used.cpu
        self._samples.append(sample)
        if len(self._samples) >= _MOST_SAMPLES:
            self._samples = self._samples[1::2]
            self._apart *= 2

    def _cores(self, cpu: float, now: float) -> float:
        # Children that have gone take their seconds with them.
        spent = max(0.0, cpu - self._cpu_before)
        return round(spent / (now - self._before), 2)

    def usage(self) -> dict[str, Json]:
        """Give what was sampled, as columns."""
        self._told_at = self._clock.elapsed()
        if not self._samples:
            return {}
        columns = {name: [sample.get(name) for sample in self._samples] for name in self._names()}
        return {"over_time": columns}

    def _names(self) -> Sequence[str]:
        return list(dict.fromkeys(name for sample in self._samples for name in sample))


def visible_gpus_usage() -> GpuUsage | None:
    """Ask the driver about the GPUs that this process may use; None where it cannot be asked."""
    visible = [d.strip() for d in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")]
    asked = _driver() if any(visible) else None
    if asked is None:
        return None
    try:
        return _asked(asked, [device for device in visible if device])
    except asked.NVMLError:
        return None


def _asked(driver: Any, devices: Sequence[str]) -> GpuUsage:
    handles = [
        driver.nvmlDeviceGetHandleByIndex(int(device))
        if device.isdigit()
        else driver.nvmlDeviceGetHandleByUUID(device)
        for device in devices
    ]
    busy = [driver.nvmlDeviceGetUtilizationRates(handle).gpu for handle in handles]
    memory = sum(driver.nvmlDeviceGetMemoryInfo(handle).used for handle in handles)
    return GpuUsage(busy=sum(busy) / len(busy), memory=int(memory))


@cache
def _driver() -> Any:
    """Give NVIDIA's management library where it is installed and finds a driver."""
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    return pynvml
