"""Tests of the controller with a clock and a backend that are moved by hand."""

from __future__ import annotations

import pytest

from sweeper.clock import Clock
from sweeper.errors import StoreUnavailable, SweeperError
from sweeper.model.assignment import Decision
from sweeper.model.event import AttemptKey, Measured
from sweeper.model.lifecycle import AttemptStatus, Outcome, SweepStatus, TrialStatus
from sweeper.schedule import ASHA
from sweeper.store import questions
from sweeper.store.commands import WishKind, answer_to, wish
from sweeper.testing.fakes import FakeBackend
from tests.faults.stage import STEPS, Hearing, Stage, computed


def settled(stage: Stage) -> list[str]:
    """Say what does not hold of a sweep that has come to its end."""
    audit = stage.audit()
    return [*audit.findings(), *audit.completion(), *audit.values(computed)]


def release_lease(stage: Stage) -> None:
    """Let go as run() would at its end."""
    stage.crash(politely=True)


def test_a_sweep_left_to_itself_tries_every_trial_once() -> None:
    stage = Stage()
    stage.drive_to_end()
    release_lease(stage)
    assert settled(stage) == []
    assert all(trial.attempts == 1 for trial in stage.audit().trials)


class SpokenBackend(FakeBackend):
    """A backend that has something to say of its machines."""

    def __init__(self, room: int = 2, clock: Clock | None = None) -> None:
        super().__init__(room, clock)
        self.unsaid = ["node 7 is avoided"]

    def standing(self) -> str:
        return "2 GPUs: 2 busy"

    def notices(self) -> list[str]:
        said, self.unsaid = self.unsaid, []
        return said


def test_what_a_backend_says_of_its_machines_is_shown_and_recorded() -> None:
    stage = Stage(kind_of_backend=SpokenBackend)
    stage.drive_to_end()
    assert stage.controller.view().machines == "2 GPUs: 2 busy"
    told = questions.list_events(stage.store, stage.id)
    assert [e["text"] for e in told if e["kind"] == "machines"] == ["node 7 is avoided"]


def test_what_an_attempt_uses_is_recorded_while_it_runs_and_kept_at_its_end() -> None:
    stage = Stage(room=1, trials=1)
    stage.tick()
    [key] = stage.backend.live
    stage.backend.begin(key)
    stage.backend.say(Measured(key=key, time=0.0, usage={"node": "n7", "cpu": [0.5]}))
    stage.tick(2)
    stage.backend.say(Measured(key=key, time=1.0, usage={"cpu": [0.5, 0.75]}))
    stage.tick(2)
    [attempt] = stage.audit().attempts[0]
    assert attempt.usage == {"node": "n7", "cpu": [0.5, 0.75]}
    stage.drive_to_end()
    [attempt] = stage.audit().attempts[0]
    assert attempt.usage == {"node": "n7", "cpu": [0.5, 0.75]}


def test_a_rung_that_was_passed_once_is_not_judged_anew() -> None:
    stage = Stage(room=4, trials=4)
    stage.tick()
    numbers = {key.trial: key for key in stage.backend.live}
    losses = {n: stage.backend.live[key].params["x"] for n, key in numbers.items()}
    hopeless = numbers[max(losses, key=lambda n: losses[n])]
    for _ in range(4):  # alone at its rungs, it passes them
        stage.go_on(hopeless)
        stage.tick()
    for key in set(numbers.values()) - {hopeless}:
        stage.go_on(key)
        stage.go_on(key)
        stage.tick()

    stage.crash(politely=False)
    stage.take_over()
    stage.drive_to_end()
    release_lease(stage)

    assert settled(stage) == []
    assert stage.audit().trials[hopeless.trial].last_step == STEPS


def test_what_is_started_late_is_still_told_to_stop() -> None:
    stage = Stage(room=1, asha=None)
    stage.store.away = "before"
    stage.tick()
    stage.controller.request_interrupt()
    stage.tick()
    stage.store.away = None
    stage.tick(20)
    for key in stage.backend.live:
        assert stage.backend.told_to_stop(key)
    stage.drive_to_end()
    assert stage.controller.interrupted


def test_a_wish_is_granted_once_though_its_answer_cannot_be_recorded() -> None:
    stage = Stage(room=1)
    stage.tick(2)
    pause = wish(stage.store, stage.id, WishKind.PAUSE, by="somebody")
    resume = wish(stage.store, stage.id, WishKind.RESUME, by="somebody")
    cancel = wish(stage.store, stage.id, WishKind.STOP, trial=0, by="somebody")
    stage.store.away = "before"
    stage.tick(6)
    stage.store.away = None
    stage.tick(20)
    assert [answer_to(stage.store, number) for number in (pause, resume, cancel)] == ["done"] * 3
    told = [event["kind"] for event in stage.audit().events]
    assert told.count("sweep_paused") == 1


def test_a_cancelled_trial_that_waits_is_told_to_the_searcher() -> None:
    stage = Stage(room=1, asha=None)
    stage.tick()
    (key,) = stage.backend.live
    stage.go_on(key)
    stage.backend.end(key, AttemptStatus.LOST, Outcome.LOST_WORKER)
    for kind, trial in ((WishKind.PAUSE, None), (WishKind.STOP, 0), (WishKind.RESUME, None)):
        wish(stage.store, stage.id, kind, trial=trial, by="somebody")
    stage.tick()
    stage.drive_to_end()
    release_lease(stage)
    assert settled(stage) == []
    assert stage.audit().trials[0].status is TrialStatus.CANCELLED
    told = [(trial.number, trial.status) for trial in stage.observed]
    assert told[0] == (0, TrialStatus.CANCELLED)


def test_the_words_of_a_stale_attempt_change_nothing() -> None:
    stage = Stage(room=1)
    stage.tick()
    stage.crash(politely=True)
    stage.take_over()
    stage.tick()
    stage.say_stale(AttemptKey(0, 1))
    stage.drive_to_end()
    release_lease(stage)
    assert settled(stage) == []
    assert stage.audit().sweep.status is SweepStatus.COMPLETED


def test_a_report_that_only_goes_on_is_answered_while_the_store_is_away() -> None:
    stage = Stage(room=1)
    stage.tick(2)
    (key,) = stage.backend.live
    stage.store.away = "before"
    for _ in range(4):
        stage.go_on(key)
        stage.tick()
    assert (key, Decision.CONTINUE) in stage.backend.answers


def test_whoever_insists_does_not_wait_for_a_store_that_is_away() -> None:
    stage = Stage(room=1)
    stage.tick(2)
    stage.store.away = "before"
    stage.controller.request_interrupt()
    stage.tick(3)
    stage.controller.request_interrupt()

    with pytest.raises(StoreUnavailable):
        stage.tick(30)


def test_a_searcher_hears_what_came_to_the_rungs_and_a_new_one_hears_the_same() -> None:
    stage = Stage(room=3, hearing=True)
    stage.drive_to_end()
    heard = stage.searcher
    assert isinstance(heard, Hearing)
    trials = stage.audit().trials
    assert heard.heard == {
        (trial.number, rung): computed(trial, rung)
        for trial in trials
        for rung in (1, 3)
        if trial.last_step >= rung
    }
    release_lease(stage)

    stage.take_over()

    rebuilt = stage.searcher
    assert isinstance(rebuilt, Hearing)
    assert rebuilt.heard == heard.heard


def test_a_searcher_that_hears_of_rungs_knows_what_runs() -> None:
    stage = Stage(room=2, hearing=True)
    stage.tick()
    assert [(t.number, t.status) for t in stage.observed] == [
        (0, TrialStatus.RUNNING),
        (1, TrialStatus.RUNNING),
    ]


@pytest.mark.parametrize("method", ["capacity", "events", "close"])
def test_a_backend_that_raises_is_let_go_of_like_any_other(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage()
    broken = RuntimeError("the cluster is gone")

    def fail(*_: object) -> None:
        raise broken

    monkeypatch.setattr(stage.backend, method, fail)
    stage.controller.request_interrupt()
    stage.controller.run()

    assert stage.controller.failure is broken
    assert stage.controller.finished.is_set()
    assert stage.backend.closed == (method != "close")
    assert stage.audit().sweep.lease is None


@pytest.mark.parametrize(
    ("method", "answer", "told"),
    [
        ("milestones", [1, 3, 9], "milestones(0) of the scheduler ASHA gave [1, 3, 9], a list"),
        ("decide", True, "decide() of the scheduler ASHA gave True"),
    ],
)
def test_a_scheduler_that_answers_nonsense_is_told_what_to_answer(
    method: str, answer: object, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ASHA, method, lambda *_: answer)
    stage = Stage(room=1)

    with pytest.raises(SweeperError) as caught:
        stage.drive_to_end()

    assert caught.value.message == told
    assert "sweeper.schedule" in str(caught.value.hint)
