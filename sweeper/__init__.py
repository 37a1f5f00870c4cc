"""Turn a training function into hundreds of trials, and resume them exactly.

Importing this loads no heavy library: what needs one is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sweeper.errors import (
    AllTrialsFailed,
    BackendUnavailable,
    Infeasible,
    SpaceError,
    StoreError,
    SweepBusy,
    SweeperError,
    SweepExists,
    SweepMismatch,
    SweepNotFound,
    TrialStopped,
)
from sweeper.model.domains import (
    choice,
    lograndint,
    loguniform,
    normal,
    ordinal,
    qloguniform,
    quniform,
    randint,
    uniform,
)
from sweeper.sweepable import sweepable

if TYPE_CHECKING:
    from sweeper.schedule.asha import ASHA
    from sweeper.schedule.hyperband import Hyperband
    from sweeper.schedule.median import Median
    from sweeper.schedule.pasha import PASHA
    from sweeper.schedule.pbt import PBT
    from sweeper.schedule.stop_if import StopIf
    from sweeper.sweep import Sweep, load, resume, sweeps
    from sweeper.worker.inside import checkpoint, log_artifact, report, restore, sleep, trial
    from sweeper.worker.sharing import share, shared

_HOMES = {
    "ASHA": "sweeper.schedule.asha",
    "Hyperband": "sweeper.schedule.hyperband",
    "Median": "sweeper.schedule.median",
    "PASHA": "sweeper.schedule.pasha",
    "PBT": "sweeper.schedule.pbt",
    "StopIf": "sweeper.schedule.stop_if",
    "Sweep": "sweeper.sweep",
    "checkpoint": "sweeper.worker.inside",
    "load": "sweeper.sweep",
    "log_artifact": "sweeper.worker.inside",
    "report": "sweeper.worker.inside",
    "restore": "sweeper.worker.inside",
    "resume": "sweeper.sweep",
    "share": "sweeper.worker.sharing",
    "shared": "sweeper.worker.sharing",
    "sleep": "sweeper.worker.inside",
    "sweeps": "sweeper.sweep",
    "trial": "sweeper.worker.inside",
}

__all__ = [
    "ASHA",
    "PASHA",
    "PBT",
    "AllTrialsFailed",
    "BackendUnavailable",
    "Hyperband",
    "Infeasible",
    "Median",
    "SpaceError",
    "StopIf",
    "StoreError",
    "Sweep",
    "SweepBusy",
    "SweepExists",
    "SweepMismatch",
    "SweepNotFound",
    "SweeperError",
    "TrialStopped",
    "checkpoint",
    "choice",
    "load",
    "log_artifact",
    "lograndint",
    "loguniform",
    "normal",
    "ordinal",
    "qloguniform",
    "quniform",
    "randint",
    "report",
    "restore",
    "resume",
    "share",
    "shared",
    "sleep",
    "sweepable",
    "sweeps",
    "trial",
    "uniform",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sweeper' has no attribute {name!r}")
    found = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
