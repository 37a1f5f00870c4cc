"""Go on, pause or stop: the pruning schedulers, and all that writing another one takes.

Example:
    >>> class Patient:
    ...     def milestones(self, trial):
    ...         return Milestones(first=10)
    ...
    ...     def decide(self, report):
    ...         hopeless = report.step == 10 and report.value > 2
    ...         return Decision.STOP if hopeless else Decision.CONTINUE
    ...
    ...     def next_resume(self):
    ...         return None
    ...
    ...     def observe_end(self, trial):
    ...         return
    >>> isinstance(Patient(), Scheduler)
    True
"""

from sweeper.model.assignment import Decision
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.milestones import Milestones
from sweeper.model.trial import Copied, TrialRecord
from sweeper.schedule.asha import ASHA
from sweeper.schedule.hyperband import Hyperband
from sweeper.schedule.median import Median
from sweeper.schedule.pasha import PASHA
from sweeper.schedule.pbt import PBT
from sweeper.schedule.scheduler import (
    Copying,
    Note,
    Noting,
    Pausing,
    Prepared,
    Progress,
    Scheduler,
)
from sweeper.schedule.stop_if import StopIf

__all__ = [
    "ASHA",
    "PASHA",
    "PBT",
    "Copied",
    "Copying",
    "Decision",
    "Hyperband",
    "Median",
    "Milestones",
    "Note",
    "Noting",
    "Pausing",
    "Prepared",
    "Progress",
    "Scheduler",
    "StopIf",
    "TrialRecord",
    "TrialStatus",
]
