"""The shipped contracts: what any backend, searcher, scheduler or store must keep, and fakes.

The contract of stores lies in sweeper.testing.store, because it loads a database library.
"""

from __future__ import annotations

from sweeper.testing.backend import BackendContract
from sweeper.testing.conversation import Conversation, make_assignment, talking
from sweeper.testing.fakes import FakeChannel, ListedSearcher, make_attempt, make_sweep, make_trial
from sweeper.testing.opening import ONE_CPU
from sweeper.testing.scheduler import PruningContract, SchedulerContract
from sweeper.testing.searcher import SearcherContract

__all__ = [
    "ONE_CPU",
    "BackendContract",
    "Conversation",
    "FakeChannel",
    "ListedSearcher",
    "PruningContract",
    "SchedulerContract",
    "SearcherContract",
    "make_assignment",
    "make_attempt",
    "make_sweep",
    "make_trial",
    "talking",
]
