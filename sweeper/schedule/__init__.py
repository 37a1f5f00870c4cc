"""Go on, pause or stop: the pruning schedulers."""

from sweeper.schedule.asha import ASHA
from sweeper.schedule.median import Median
from sweeper.schedule.scheduler import Progress, Scheduler

__all__ = ["ASHA", "Median", "Progress", "Scheduler"]
