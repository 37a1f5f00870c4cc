"""The part of a backend's contract that is about how attempts begin and end."""

from __future__ import annotations

from pathlib import Path

from sweeper.model.event import Ended, Reported, Started
from sweeper.model.lifecycle import AttemptStatus, Outcome
from sweeper.testing import functions
from sweeper.testing.conversation import make_assignment
from sweeper.testing.opening import Opening
from sweeper.testing.promises import promised


class EndsContract(Opening):
    """An attempt is heard of from its start to its one end."""

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

    @promised("can_kill")
    def test_a_worker_that_dies_ends_its_attempt_as_lost(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            key = talk.start(make_assignment(functions.dies, folder=tmp_path))
            ended = talk.end_of(key)
            talk.listen()
            self.assert_lost(ended)
            assert len(talk.of(key, Ended)) == 1
            assert [report.step for report in talk.of(key, Reported)] == [1]
            after = make_assignment(functions.doubles, folder=tmp_path, trial=1)
            assert talk.end_of(talk.start(after)).status is AttemptStatus.SUCCEEDED

    @promised("can_kill")
    def test_a_segmentation_fault_ends_the_attempt_as_lost(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            self.assert_lost(
                talk.end_of(talk.start(make_assignment(functions.crashes, folder=tmp_path)))
            )


def _applies(rule: object) -> float:
    """Call a parameter that is a function."""
    return float(rule()) if callable(rule) else 0.0
