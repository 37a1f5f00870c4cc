"""The part of a backend's contract that is about answers and stops."""

from __future__ import annotations

from pathlib import Path

from sweeper.model.assignment import Decision
from sweeper.model.event import Ended, Reported
from sweeper.model.lifecycle import AttemptStatus
from sweeper.model.milestones import Milestones
from sweeper.testing import functions
from sweeper.testing.conversation import make_assignment
from sweeper.testing.opening import Opening, living
from sweeper.testing.promises import promised

_EVERY_STEP = Milestones(first=1, every=1)


class AnswersContract(Opening):
    """What the controller says reaches the attempt that it is meant for."""

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

    @promised("can_kill")
    def test_a_stop_without_grace_kills_the_worker_and_all_it_started(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            key, family = self.begin_family(talk, tmp_path)
            talk.backend.stop(key, 0)
            self.assert_lost(talk.end_of(key))
            talk.until(lambda: not living(family), f"the end of the processes {family}")

    @promised("can_kill")
    def test_a_stop_kills_after_its_grace(self, tmp_path: Path) -> None:
        with self.talk() as talk:
            key, family = self.begin_family(talk, tmp_path)
            talk.backend.stop(key, 60.0)
            talk.backend.stop(key, 0.2)
            self.assert_lost(talk.end_of(key))
            talk.until(lambda: not living(family), f"the end of the processes {family}")

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
