"""Which configuration next: grid, random, Optuna's samplers, and all that writing one's own takes.

Example:
    >>> class Halving:
    ...     def suggest(self, number):
    ...         return {"lr": 0.1 / 2**number} if number < 5 else None
    ...
    ...     def observe(self, trial):
    ...         return
    >>> isinstance(Halving(), Searcher)
    True
"""

from sweeper.model.lifecycle import TrialStatus
from sweeper.model.trial import TrialRecord
from sweeper.search.searcher import (
    Independent,
    Learning,
    Lesson,
    Remembering,
    RungAware,
    Searcher,
)

__all__ = [
    "Independent",
    "Learning",
    "Lesson",
    "Remembering",
    "RungAware",
    "Searcher",
    "TrialRecord",
    "TrialStatus",
]
