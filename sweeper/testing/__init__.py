"""The shipped conformance kit: contracts that any backend must pass, and what tests need."""

from __future__ import annotations

from sweeper.testing.backend import BackendContract
from sweeper.testing.conversation import Conversation, make_assignment, talking
from sweeper.testing.opening import ONE_CPU

__all__ = ["ONE_CPU", "BackendContract", "Conversation", "make_assignment", "talking"]
