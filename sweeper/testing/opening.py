"""How contract tests open a backend, and what they know of the processes that it starts."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sweeper.backend import Backend
from sweeper.model.event import AttemptKey, Ended
from sweeper.model.lifecycle import AttemptStatus, Outcome
from sweeper.model.resources import Resources
from sweeper.testing import functions
from sweeper.testing.conversation import Conversation, make_assignment, talking
from sweeper.testing.promises import Promises

ONE_CPU = Resources()


class Opening(Promises):
    """What a backend's contract asks of its heir: open(), and what the backend cannot do."""

    can_kill = True
    parallel = True

    def open(self, resources: Resources = ONE_CPU, workers: int = 2) -> Backend:
        """Open the backend under test."""
        raise NotImplementedError("a contract test says how its backend is opened")

    @contextmanager
    def talk(self, workers: int = 2) -> Iterator[Conversation]:
        """Open the backend, converse with it, and close it."""
        with talking(self.open(workers=workers)) as talk:
            yield talk

    def begin_family(self, talk: Conversation, folder: Path) -> tuple[AttemptKey, list[int]]:
        """Start an attempt that never reports, and wait for its child and grandchild."""
        note = folder / "family"
        made = make_assignment(
            functions.trains_on_in_a_grandchild, folder=folder, params={"note": str(note)}
        )
        key = talk.start(made)
        talk.until(note.exists, "the note of the three processes")
        return key, [int(pid) for pid in note.read_text().split()]

    def assert_lost(self, ended: Ended) -> None:
        """Hold that an attempt was lost with its worker, and that the reason is told."""
        assert ended.status is AttemptStatus.LOST
        assert ended.outcome is Outcome.LOST_WORKER
        assert ended.failure is not None
        assert ended.failure.message


def living(pids: list[int]) -> list[int]:
    """Give those processes that still run; one that only waits to be reaped does not."""
    return [pid for pid in pids if _lives(pid)]


def _lives(pid: int) -> bool:
    command = ["ps", "-o", "stat=", "-p", str(pid)]
    state = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return bool(state) and not state.startswith("Z")
