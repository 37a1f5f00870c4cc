"""The places of this machine where attempts run: how many, and which GPUs each holds."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass

from sweeper.errors import BackendUnavailable
from sweeper.model.resources import Resources
from sweeper.model.setup import Setup
from sweeper.processes import cores


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One place for one attempt at a time, with the GPUs that are pinned to it."""

    number: int
    devices: tuple[str, ...] = ()

    def environment(self, resources: Resources) -> dict[str, str]:
        """Give the variables by which a child keeps to its place."""
        threads = str(max(1, int(resources.cpus)))
        return {
            "CUDA_VISIBLE_DEVICES": ",".join(self.devices),
            "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", threads),
        }


def require_one_machine(resources: Resources, setup: Setup) -> None:
    """Refuse what only a cluster can give.

    Raises:
        BackendUnavailable: a trial asks for several nodes, or workers for what is not here.
    """
    if resources.nodes > 1:
        raise BackendUnavailable(
            f"a trial asks for {resources}, and this is one machine",
            hint="Leave nodes= out, or use a cluster: backend='ray:auto'.",
        )
    if resources.custom:
        raise BackendUnavailable(
            f"a trial asks for {resources}, and this machine gives out only CPUs and GPUs",
            hint="Leave resources= out, or use a cluster: backend='ray:auto'.",
        )
    if resources.accelerator and not any(resources.accelerator in m for m in _models_of_gpus()):
        raise BackendUnavailable(
            f"a trial asks for {resources}, and this machine has: "
            f"{', '.join(_models_of_gpus()) or 'no GPU'}",
            hint="Leave accelerator= out, or use a cluster: backend='ray:auto'.",
        )
    if setup.pip:
        raise BackendUnavailable(
            f"workers on this machine share its packages, and pip= asks for {setup.pip[0]}",
            hint="Install them here and leave pip= out, or use a cluster: backend='ray:auto'.",
        )
    if setup.working_dir and "://" in setup.working_dir:
        raise BackendUnavailable(
            f"workers on this machine cannot work in {setup.working_dir}",
            hint="Give a folder: working_dir='src'.",
        )


def make_slots(resources: Resources, workers: int | None, gpus: list[str]) -> list[Slot]:
    """Divide the machine: GPUs are never shared beyond what was asked, CPUs only on demand.

    Example:
        >>> [s.devices for s in make_slots(Resources(gpus=0.5), None, ["0"])]
        [('0',), ('0',)]

    Raises:
        BackendUnavailable: not even one trial has room here.
    """
    if not resources.gpus:
        count = workers or _by_cores(resources)
        return [Slot(number=number) for number in range(count)]
    held = _by_gpus(resources, gpus)
    if workers is None:
        workers = min(len(held), max(1, _by_cores(resources)))
    return [Slot(number=n, devices=devices) for n, devices in enumerate(held[:workers])]


def _by_cores(resources: Resources) -> int:
    available = cores()
    if resources.cpus > available:
        raise BackendUnavailable(
            f"a trial asks for {resources.cpus:g} CPUs, and this machine has {available}",
            hint=f"Ask for cpus={available} or fewer, or use a cluster: backend='ray:auto'.",
        )
    return int(available / resources.cpus) if resources.cpus else available


def _by_gpus(resources: Resources, gpus: list[str]) -> list[tuple[str, ...]]:
    if resources.gpus > len(gpus):
        raise BackendUnavailable(
            f"a trial asks for {resources.gpus:g} GPUs, and this machine has {len(gpus)}",
            hint="Ask for fewer gpus, or use a cluster: backend='ray:auto'.",
        )
    if resources.gpus < 1:
        return [(gpu,) for gpu in gpus for _ in range(int(1 / resources.gpus))]
    each = int(resources.gpus)
    return [tuple(gpus[i : i + each]) for i in range(0, len(gpus) - each + 1, each)]


def find_gpus() -> list[str]:
    """List the GPUs that this process may use, as CUDA_VISIBLE_DEVICES would name them."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [device.strip() for device in visible.split(",") if device.strip()]
    return _asked_of_driver("index")


def _models_of_gpus() -> list[str]:
    return _asked_of_driver("name")


def _asked_of_driver(question: str) -> list[str]:
    if shutil.which("nvidia-smi") is None:
        return []
    listed = subprocess.run(
        ["nvidia-smi", f"--query-gpu={question}", "--format=csv,noheader"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    return listed.stdout.strip().splitlines() if listed.returncode == 0 else []
