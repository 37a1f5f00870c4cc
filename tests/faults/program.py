"""A program that drives one sweep while faults strike it; the harness starts it."""

from __future__ import annotations

import atexit
import os
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweeper_local.backend import open_backend

import sweeper
import sweeper.store.leases
import sweeper.store.recording
from sweeper.backend import Backend, BackendRequest
from sweeper.errors import LeaseLost, StoreUnavailable, SweepBusy
from sweeper.launching.launch import launch
from sweeper.model.resources import Resources
from sweeper.search import sampled  # noqa: F401 - loaded once, for all programs that are forked
from sweeper.store.leases import LEASE_SECONDS
from tests.faults.injection import FaultyBackend, Injector, replace
from tests.faults.plan import Fault, Scenario
from tests.faults.trainings import descend

NAME = "struck"
MARK = "SWEEPER_FAULT_HARNESS"
DONE, AWAY, BUSY, ROBBED, INTERRUPTED, BROKEN = 0, 3, 4, 5, 130, 70

GRID = {
    "lr": sweeper.loguniform(1e-4, 1.0).grid(3),
    "depth": sweeper.choice([1, 4]),
    "kind": sweeper.choice(["a", "b", "c"]),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One program: where it works, what it drives, and what strikes it.

    Its processes are known by their mark. url is its store's address, cluster that of the Ray
    cluster on which its trials run; without them it is a file, and trials run on this machine.
    """

    folder: Path
    scenario: Scenario
    faults: tuple[Fault, ...] = ()
    mark: str = ""
    lease_seconds: float = LEASE_SECONDS
    url: str | None = None
    cluster: str | None = None

    @property
    def database(self) -> Path:
        """Where the store lies, if it is a file."""
        return self.folder / "store.db"

    @property
    def store(self) -> str:
        """The store's address."""
        return self.url or f"sqlite:///{self.database}"


def main(run: Run) -> None:
    """Drive the sweep to its end or to the fault's; exits with how it came out."""
    os.environ[MARK] = run.mark
    log = os.open(run.folder / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)
    code = _driven(run)
    # A forked process leaves these out at its end; an ordinary program does not.
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(code)


def _driven(run: Run) -> int:
    injector = Injector(run.faults, run.store)
    injector.install()
    for module in (sweeper.store.leases, sweeper.store.recording):
        replace(module, "LEASE_SECONDS", run.lease_seconds)
    try:
        launch(descend.__sweepable__, descend.launch_defaults, arguments(run, injector),
               clock=injector.clock)  # fmt: skip
    except KeyboardInterrupt:
        return INTERRUPTED
    except StoreUnavailable:
        traceback.print_exc()
        return AWAY
    except SweepBusy:
        return BUSY
    except LeaseLost:
        return ROBBED
    except BaseException:  # noqa: BLE001 - whatever else ends a launch is a finding
        traceback.print_exc()
        return BROKEN
    return DONE


def arguments(run: Run, injector: Injector) -> dict[str, Any]:
    """Give what the sweep is launched with, each time the same."""
    scenario = run.scenario
    return {
        "store": run.store,
        "artifacts": str(run.folder / "artifacts"),
        "name": NAME,
        "search": scenario.search,
        "scheduler": sweeper.ASHA(max_steps=9) if scenario.asha else None,
        "space": GRID if scenario.search == "grid" else {},
        "fixed": {"how": scenario.how, "pause": scenario.pause},
        "baseline": scenario.search != "grid",
        "trials": scenario.trials,
        "workers": scenario.workers,
        "seed": scenario.seed,
        "losses": 10,
        "grace": 5,
        "backend": FaultyBackend(opened_backend(run), injector),
        "progress": False,
    }


def opened_backend(run: Run) -> Backend:
    """Open what the trials run on."""
    size = Resources() if run.cluster is None else Resources(cpus=0.5)
    request = BackendRequest(argument=run.cluster, resources=size, workers=run.scenario.workers)
    if run.cluster is None:
        return open_backend(request)
    from sweeper_ray.backend import open_backend as open_ray

    return open_ray(request)
