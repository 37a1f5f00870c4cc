"""The contract of a backend as tests: inherit, say how to open yours, and run pytest."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import SkipTest

import psutil

from sweeper.backend import Backend
from sweeper.model.assignment import Decision
from sweeper.model.event import AttemptKey, Ended, Logged, Published, Reported, Started
from sweeper.model.lifecycle import AttemptStatus, Outcome
from sweeper.model.milestones import Milestones
from sweeper.model.resources import Resources
from sweeper.testing import functions
from sweeper.testing.conversation import Conversation, make_assignment, talking

ONE_CPU = Resources()
_EVERY_STEP = Milestones(first=1, every=1)


class BackendContract:
    """What every backend keeps; each test opens a backend of its own and closes it.

    Example:
        >>> from sweeper.backend import BackendRequest
        >>> from sweeper_local.backend import open_backend
        >>> class TestLocal(BackendContract):
        ...     def open(self, resources=ONE_CPU, workers=2):
        ...         return open_backend(
        ...             BackendRequest(argument=None, resources=resources, workers=workers)
        ...         )

    Workers must run on this machine, and be able to import sweeper. A flag set to False skips
    what the backend cannot do by its nature: can_kill, to end a function that does not listen
    and to outlive its worker's death; parallel, to run two attempts at once.
    """

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

    def test_an_attempt_starts_and_ends_once_with_its_value(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            key = talk.start(make_assignment(functions.doubles, folder=tmp_path, params={"x": 2.5}))
            ended = talk.end_of(key)
            talk.listen()
        assert ended.status is AttemptStatus.SUCCEEDED
        assert ended.outcome is Outcome.SUCCEEDED
        assert ended.values == (5.0,)
        assert len(talk.of(key, Ended)) == 1
        [started] = talk.of(key, Started)
        assert started.host
        assert started.pid > 0

    def test_reports_arrive_in_order_between_start_and_end(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            key = talk.start(
                make_assignment(functions.reports_steps, folder=tmp_path, params={"steps": 50})
            )
            talk.end_of(key)
        said = [event for event in talk.heard if event.key == key]
        assert isinstance(said[0], Started)
        assert isinstance(said[-1], Ended)
        reports = talk.of(key, Reported)
        assert [report.step for report in reports] == list(range(1, 51))
        assert reports[1].metrics == {"loss": 0.5}

    def test_a_parameter_may_be_an_object(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            key = talk.start(
                make_assignment(_applies, folder=tmp_path, params={"rule": lambda: 4.0})
            )
            assert talk.end_of(key).values == (4.0,)

    def test_an_exception_fails_the_attempt_with_its_traceback(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            ended = talk.end_of(talk.start(make_assignment(functions.raises, folder=tmp_path)))
        assert ended.status is AttemptStatus.FAILED
        assert ended.outcome is Outcome.ERROR
        assert ended.failure is not None
        assert ended.failure.type == "ValueError"
        assert ended.failure.message == "the learning rate is cursed"
        assert "raise ValueError" in ended.failure.traceback

    def test_an_exception_that_cannot_be_pickled_is_told_all_the_same(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            made = make_assignment(functions.raises_unpicklable, folder=tmp_path)
            ended = talk.end_of(talk.start(made))
        assert ended.status is AttemptStatus.FAILED
        assert ended.failure is not None
        assert ended.failure.message == "held back by a generator"

    def test_a_call_of_exit_fails_the_attempt_and_keeps_the_worker(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            ended = talk.end_of(talk.start(make_assignment(functions.calls_exit, folder=tmp_path)))
            assert ended.status is AttemptStatus.FAILED
            assert ended.failure is not None
            assert ended.failure.type == "SystemExit"
            after = make_assignment(functions.doubles, folder=tmp_path, trial=1)
            assert talk.end_of(talk.start(after)).status is AttemptStatus.SUCCEEDED

    def test_a_worker_that_dies_ends_its_attempt_as_lost(self, tmp_path: Path) -> None:
        self._needs_killing()
        with self.talk() as talk:
            key = talk.start(make_assignment(functions.dies, folder=tmp_path))
            ended = talk.end_of(key)
            talk.listen()
            self._assert_lost(ended)
            assert len(talk.of(key, Ended)) == 1
            assert [report.step for report in talk.of(key, Reported)] == [1]
            after = make_assignment(functions.doubles, folder=tmp_path, trial=1)
            assert talk.end_of(talk.start(after)).status is AttemptStatus.SUCCEEDED

    def test_a_segmentation_fault_ends_the_attempt_as_lost(self, tmp_path: Path) -> None:
        self._needs_killing()
        with self.talk() as talk:
            self._assert_lost(
                talk.end_of(talk.start(make_assignment(functions.crashes, folder=tmp_path)))
            )

    def test_an_answer_to_continue_lets_the_function_go_on(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            made = make_assignment(functions.reports_steps, folder=tmp_path, milestones=_EVERY_STEP)
            key = talk.start(made)
            for number in range(1, 6):
                assert talk.next_waiting(key, number).step == number
                assert not talk.of(key, Ended)
                talk.answer(key, Decision.CONTINUE)
            assert talk.end_of(key).status is AttemptStatus.SUCCEEDED

    def test_an_answer_to_stop_or_pause_ends_the_function(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            for trial, decision in enumerate((Decision.STOP, Decision.PAUSE)):
                made = make_assignment(
                    functions.reports_steps,
                    folder=tmp_path,
                    trial=trial,
                    milestones=Milestones(first=2),
                )
                key = talk.start(made)
                assert talk.next_waiting(key).step == 2
                talk.answer(key, decision)
                assert talk.end_of(key).status is AttemptStatus.STOPPED
                assert [report.step for report in talk.of(key, Reported)] == [1, 2]

    def test_a_report_outside_a_milestone_does_not_wait(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            made = make_assignment(
                functions.reports_steps, folder=tmp_path, milestones=Milestones(first=99)
            )
            key = talk.start(made)
            assert talk.end_of(key).status is AttemptStatus.SUCCEEDED
        assert not any(report.waits for report in talk.of(key, Reported))

    def test_a_stop_reaches_a_function_that_reports_without_waiting(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            key = talk.start(make_assignment(functions.reports_slowly, folder=tmp_path))
            talk.until(lambda: bool(talk.of(key, Reported)), "a report")
            talk.backend.stop(key, 60.0)
            assert talk.end_of(key).status is AttemptStatus.STOPPED

    def test_a_stop_reaches_a_function_that_waits_for_an_answer(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            made = make_assignment(functions.reports_steps, folder=tmp_path, milestones=_EVERY_STEP)
            key = talk.start(made)
            talk.next_waiting(key)
            talk.backend.stop(key, 60.0)
            assert talk.end_of(key).status is AttemptStatus.STOPPED

    def test_a_stop_without_grace_kills_the_worker_and_all_it_started(self, tmp_path: Path) -> None:
        self._needs_killing()
        with self.talk() as talk:
            key, family = self._begin_family(talk, tmp_path)
            talk.backend.stop(key, 0)
            self._assert_lost(talk.end_of(key))
            talk.until(lambda: not _living(family), f"the end of the processes {family}")

    def test_a_stop_kills_after_its_grace(self, tmp_path: Path) -> None:
        self._needs_killing()
        with self.talk() as talk:
            key, family = self._begin_family(talk, tmp_path)
            talk.backend.stop(key, 60.0)
            talk.backend.stop(key, 0.2)
            self._assert_lost(talk.end_of(key))
            talk.until(lambda: not _living(family), f"the end of the processes {family}")

    def test_a_stop_or_answer_to_an_ended_attempt_does_nothing(self, tmp_path: Path) -> None:
        with self.talk(workers=1) as talk:
            key = talk.start(make_assignment(functions.doubles, folder=tmp_path))
            talk.end_of(key)
            after = talk.start(
                make_assignment(
                    functions.reports_slowly,
                    folder=tmp_path,
                    trial=1,
                    params={"steps": 10},
                )
            )
            talk.backend.stop(key, 0)
            talk.backend.stop(key, 0.1)
            talk.backend.answer(key, Decision.STOP)
            assert talk.end_of(after).status is AttemptStatus.SUCCEEDED
        assert len(talk.of(key, Ended)) == 1

    def test_both_streams_are_captured_for_the_right_attempt(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            keys = [
                talk.start(
                    make_assignment(
                        functions.writes,
                        folder=tmp_path,
                        trial=trial,
                        params={"text": f"näher {trial}", "errors": f"oh {trial}"},
                    )
                )
                for trial in range(talk.backend.capacity())
            ]
            for trial, key in enumerate(keys):
                talk.end_of(key)
                assert talk.text_of(key, "stdout") == f"näher {trial}\n"
                assert talk.text_of(key, "stderr") == f"oh {trial}"

    def test_output_can_be_read_while_the_attempt_runs(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            made = make_assignment(
                functions.writes,
                folder=tmp_path,
                params={"text": "so far", "seconds": 0.2, "times": 10},
            )
            key = talk.start(made)
            talk.until(lambda: bool(talk.of(key, Logged)), "some output")
            assert not talk.of(key, Ended)
            talk.end_of(key)
            assert talk.text_of(key, "stdout") == 10 * "so far\n"

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

    def test_attempts_run_side_by_side(self, tmp_path: Path) -> None:
        if not self.parallel:
            raise SkipTest("this backend runs one attempt at a time")
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

    def test_a_trial_draws_from_its_own_seed(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            made = make_assignment(functions.draws, folder=tmp_path, trial=5)
            ended = talk.end_of(talk.start(made))
        assert ended.values == (random.Random(made.seed).random(),)
        if ended.result is not None and "numpy" in ended.result:
            import numpy

            assert ended.result["numpy"] == float(numpy.random.RandomState(made.seed).random())

    def test_a_next_attempt_goes_on_from_the_checkpoint(self, tmp_path: Path) -> None:
        made = [
            make_assignment(functions.goes_on_from_a_checkpoint, folder=tmp_path, attempt=attempt)
            for attempt in (1, 2)
        ]
        with self.talk() as talk:
            first, second = (made[0].key, made[1].key)
            talk.start(made[0])
            assert talk.end_of(first).status is AttemptStatus.FAILED
            talk.start(made[1])
            ended = talk.end_of(second)
        assert ended.result is not None
        assert ended.result["begun"] == 2
        assert [report.step for report in talk.of(second, Reported)] == [3, 4]
        published = talk.of(first, Published)
        assert [(event.kind, event.step) for event in published] == [
            ("checkpoint", 1),
            ("checkpoint", 2),
        ]
        assert all(Path(event.path).is_dir() for event in published)

    def test_a_logged_artifact_is_kept_and_told(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            made = make_assignment(
                functions.keeps_a_file, folder=tmp_path, params={"text": "worth it"}
            )
            key = talk.start(made)
            talk.end_of(key)
        [kept] = talk.of(key, Published)
        assert (kept.kind, kept.name, kept.size) == ("artifact", "made.txt", 8)
        assert Path(kept.path).read_text() == "worth it"

    def test_events_wait_no_longer_than_told_where_nothing_happens(self) -> None:
        with self.talk() as talk:
            assert talk.listen(0.0) == []
            assert talk.listen(0.05) == []

    def test_it_may_be_closed_twice(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            talk.end_of(talk.start(make_assignment(functions.doubles, folder=tmp_path)))
            talk.backend.close()

    def test_closing_it_leaves_no_process_behind(self, tmp_path: Path) -> None:
        self._needs_killing()
        with self.talk() as talk:
            _, family = self._begin_family(talk, tmp_path)
        pause = threading.Event()
        for _ in range(200):
            if not _living(family):
                return
            pause.wait(0.05)
        raise AssertionError(f"of the processes {family}, {_living(family)} live on")

    def _needs_killing(self) -> None:
        if not self.can_kill:
            raise SkipTest("this backend cannot kill an attempt")

    def _begin_family(self, talk: Conversation, folder: Path) -> tuple[AttemptKey, list[int]]:
        """Start an attempt that never reports, and wait for its child and grandchild."""
        note = folder / "family"
        made = make_assignment(
            functions.trains_on_in_a_grandchild, folder=folder, params={"note": str(note)}
        )
        key = talk.start(made)
        talk.until(note.exists, "the note of the three processes")
        return key, [int(pid) for pid in note.read_text().split()]

    def _assert_lost(self, ended: Ended) -> None:
        assert ended.status is AttemptStatus.LOST
        assert ended.outcome is Outcome.LOST_WORKER
        assert ended.failure is not None
        assert ended.failure.message


def _applies(rule: object) -> float:
    """Call a parameter that is a function."""
    return float(rule()) if callable(rule) else 0.0


def _living(pids: list[int]) -> list[int]:
    """Give those processes that still run; one that only waits to be reaped does not."""
    return [pid for pid in pids if _lives(pid)]


def _lives(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
