"""Tests of what people may change while a sweep runs."""

from __future__ import annotations

import pytest

from sweeper.model.encoding import Json
from sweeper.model.lifecycle import SweepStatus, TrialStatus
from sweeper.store import questions
from sweeper.store.commands import answer_to, wish_change, wish_trial
from tests.faults.stage import NAME, Stage


def test_a_running_sweep_goes_on_with_more_trials_and_workers() -> None:
    stage = Stage(room=1, trials=2, asha=False)
    stage.tick(2)
    asked = wish_change(stage.store, stage.id, {"trials": 4, "workers": None}, by="ada")
    stage.tick(2)
    stage.drive_to_end()

    assert answer_to(stage.store, asked) == "done"
    recorded = questions.find_sweep(stage.store, NAME)
    assert (recorded.asked().trials, recorded.asked().workers) == (4, None)
    assert recorded.status is SweepStatus.COMPLETED
    assert len(questions.list_trials(stage.store, stage.id)) == 4


def test_fewer_trials_let_those_that_run_end() -> None:
    stage = Stage(room=2, trials=50, asha=False)
    stage.tick(2)
    wish_change(stage.store, stage.id, {"trials": 1}, by="ada")
    stage.tick()
    stage.drive_to_end()

    ended = questions.list_trials(stage.store, stage.id)
    assert [trial.status for trial in ended] == [TrialStatus.COMPLETED] * 2


def test_a_time_that_is_up_ends_the_sweep() -> None:
    stage = Stage(room=1, trials=None, asha=False)
    stage.tick(2)
    wish_change(stage.store, stage.id, {"time": 1.0}, by="ada")
    stage.tick(4)
    stage.drive_to_end()

    assert "time of 1 s" in str(questions.find_sweep(stage.store, NAME).reason)


@pytest.mark.parametrize(
    ("wanted", "answer"),
    [
        ({"trials": 0}, "trials cannot be 0"),
        ({"workers": 1.5}, "workers cannot be 1.5"),
        ({"time": float("inf")}, "time cannot be inf"),
        ({"seed": 3}, "only trials, workers, time can change while a sweep runs"),
        ({}, "only trials, workers, time can change while a sweep runs"),
    ],
)
def test_a_limit_without_sense_is_answered_and_changes_nothing(
    wanted: dict[str, Json], answer: str
) -> None:
    stage = Stage(room=1)
    stage.tick()
    asked = wish_change(stage.store, stage.id, wanted, by="ada")
    stage.tick(2)

    assert answer_to(stage.store, asked) == answer
    assert questions.find_sweep(stage.store, NAME).asked() == stage.options


def test_a_queued_configuration_is_the_next_trial_that_runs() -> None:
    stage = Stage(room=1, trials=5, asha=False)
    stage.tick(2)
    asked = wish_trial(stage.store, stage.id, {"x": 1}, by="ada")
    stage.tick(2)

    assert answer_to(stage.store, asked) == "done, as trial 1"
    waiting = questions.find_trial(stage.store, stage.id, 1)
    assert waiting is not None
    assert (waiting.params, waiting.origin) == ({"x": 1.0}, "queued")
    assert 1 in [trial.number for trial in stage.observed]
    stage.drive_to_end()
    assert len(questions.list_trials(stage.store, stage.id)) == 5
    done = questions.find_trial(stage.store, stage.id, 1)
    assert done is not None
    assert done.status is TrialStatus.COMPLETED


def test_a_configuration_beyond_the_last_trial_makes_room_for_itself() -> None:
    stage = Stage(room=1, trials=1, asha=False)
    stage.tick(2)
    wish_trial(stage.store, stage.id, {"x": 0.5}, by="ada")
    stage.tick(2)
    stage.drive_to_end()

    assert questions.find_sweep(stage.store, NAME).asked().trials == 2
    assert len(questions.list_trials(stage.store, stage.id)) == 2


@pytest.mark.parametrize(
    ("params", "answer"),
    [({"x": 2.0}, "x = 2.0 lies outside"), ({}, "x is missing"), ({"x": 0.5, "y": 1}, "y is not")],
)
def test_a_configuration_outside_the_space_is_answered(
    params: dict[str, Json], answer: str
) -> None:
    stage = Stage(room=1)
    stage.tick()
    asked = wish_trial(stage.store, stage.id, params, by="ada")
    stage.tick(2)

    assert str(answer_to(stage.store, asked)).startswith(answer)
    assert not [t for t in stage.observed if t.origin == "queued"]


def test_the_next_controller_goes_on_with_what_was_granted() -> None:
    stage = Stage(room=1, trials=2, asha=False)
    stage.tick(2)
    wish_change(stage.store, stage.id, {"trials": 4}, by="ada")
    wish_trial(stage.store, stage.id, {"x": 0.25}, by="ada")
    stage.tick(2)
    stage.crash(politely=False)
    stage.options = questions.find_sweep(stage.store, NAME).asked()
    stage.take_over()
    stage.drive_to_end()
    stage.crash(politely=True)

    found = questions.list_trials(stage.store, stage.id)
    assert [trial.origin for trial in found] == ["search", "queued", "search", "search"]
    assert all(trial.status is TrialStatus.COMPLETED for trial in found)
