"""The contract of a backend as tests: inherit, say how to open yours, and run pytest."""

from __future__ import annotations

import threading
from pathlib import Path

from sweeper.model.assignment import Decision
from sweeper.model.lifecycle import AttemptStatus
from sweeper.model.milestones import Milestones
from sweeper.testing import functions
from sweeper.testing.answers import AnswersContract
from sweeper.testing.conversation import make_assignment
from sweeper.testing.ends import EndsContract
from sweeper.testing.opening import living
from sweeper.testing.promises import promised
from sweeper.testing.traces import TracesContract


class BackendContract(EndsContract, AnswersContract, TracesContract):
    """What every backend keeps; each test opens a backend of its own and closes it.

    Example:
        >>> from sweeper.backend import BackendRequest
        >>> from sweeper.testing.opening import ONE_CPU
        >>> from sweeper_local.backend import open_backend
        >>> class TestLocal(BackendContract):
        ...     def open(self, resources=ONE_CPU, workers=2):
        ...         return open_backend(
        ...             BackendRequest(argument=None, resources=resources, workers=workers)
        ...         )

    Workers must run on this machine, and be able to import sweeper. A flag set to False takes
    away what the backend cannot do by its nature: can_kill, to end a function that does not listen
    and to outlive its worker's death; parallel, to run two attempts at once.
    """

    def test_many_attempts_follow_each_other_in_few_slots(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            capacity = talk.backend.capacity()
            assert capacity >= 1
            for first in range(0, 12, capacity):
                keys = [
                    talk.start(
                        make_assignment(
                            functions.doubles,
                            folder=tmp_path,
                            trial=trial,
                            params={"x": float(trial)},
                        )
                    )
                    for trial in range(first, first + capacity)
                ]
                assert [talk.end_of(key).values for key in keys] == [
                    (2.0 * key.trial,) for key in keys
                ]

    @promised("parallel")
    def test_attempts_run_side_by_side(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            keys = [
                talk.start(
                    make_assignment(
                        functions.reports_steps,
                        folder=tmp_path,
                        trial=trial,
                        milestones=Milestones(first=1),
                    )
                )
                for trial in range(2)
            ]
            for key in keys:
                talk.next_waiting(key)
            for key in keys:
                talk.answer(key, Decision.CONTINUE)
            assert all(talk.end_of(key).status is AttemptStatus.SUCCEEDED for key in keys)

    def test_events_wait_no_longer_than_told_where_nothing_happens(self) -> None:
        with self.talk() as talk:
            assert talk.listen(0.0) == []
            assert talk.listen(0.05) == []

    def test_it_may_be_closed_twice(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            talk.end_of(talk.start(make_assignment(functions.doubles, folder=tmp_path)))
            talk.backend.close()

    @promised("can_kill")
    def test_closing_it_leaves_no_process_behind(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            _, family = self.begin_family(talk, tmp_path)
        pause = threading.Event()
        for _ in range(200):
            if not living(family):
                return
            pause.wait(0.05)
        raise AssertionError(f"of the processes {family}, {living(family)} live on")
