"""Tests of what Hyperband and PASHA add to successive halving: brackets, and a growing top."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from sweeper.errors import SweeperError
from sweeper.model.assignment import Decision
from sweeper.schedule import PASHA, Hyperband, Note
from sweeper.testing.fakes import LOSS, refused
from sweeper.testing.scheduler import run_curve


def made(seed: int, **options: Any) -> Hyperband:
    """Make a Hyperband for a sweep of a seed."""
    scheduler = Hyperband(**options)
    scheduler.prepare(seed, LOSS)
    return scheduler


def test_brackets_follow_from_seed_and_number_in_any_order() -> None:
    forward, backward = made(7, max_steps=27), made(7, max_steps=27)
    drawn = [forward.bracket(trial) for trial in range(200)]
    assert [backward.bracket(trial) for trial in reversed(range(200))] == drawn[::-1]
    assert [made(8, max_steps=27).bracket(trial) for trial in range(200)] != drawn


def test_brackets_come_as_often_as_hyperband_begins_trials_in_them() -> None:
    scheduler = made(1, max_steps=27)
    drawn = Counter(scheduler.bracket(trial) for trial in range(4000))
    assert [drawn[b] / 4000 for b in range(4)] == pytest.approx(scheduler.weights, abs=0.03)
    firsts = {b: list(h.milestones.crossed(0, 27)) for b, h in enumerate(scheduler._halvings)}
    assert firsts == {0: [1, 3, 9], 1: [3, 9], 2: [9], 3: []}


def test_the_drawn_bracket_is_recorded_once_and_taken_back() -> None:
    scheduler = made(3, max_steps=27)
    for trial in (0, 1, 0):
        scheduler.milestones(trial)
    notes = scheduler.notes()
    assert [note.trial for note in notes] == [0, 1]
    assert scheduler.notes() == []
    moved = [Note(note.trial, "bracket 2: rungs from step 9") for note in notes]
    again = made(3, max_steps=27)
    again.recall(moved)
    assert [again.bracket(trial) for trial in (0, 1)] == [2, 2]
    assert again.notes() == []


@pytest.mark.parametrize("brackets", [0, 5, 1.5, True])
def test_brackets_that_do_not_fit_are_refused(brackets: Any) -> None:
    assert (
        "brackets"
        in refused(SweeperError, lambda: Hyperband(max_steps=27, brackets=brackets)).message
    )


def curve(level: float, late: float, crossing: int = 99) -> list[float]:
    """Make a loss that stays at a level, and from a step on at another one."""
    return [level if step < crossing else late for step in range(1, 28)]


def test_the_largest_training_stays_short_while_the_ranking_stays() -> None:
    scheduler = PASHA(max_steps=27)
    for trial in range(40):
        decisions = run_curve(scheduler, trial, curve(trial % 10, trial % 10))
        assert len(decisions) <= 3
    assert scheduler.notes() == []


def test_the_largest_training_grows_when_the_ranking_changes() -> None:
    scheduler = PASHA(max_steps=27)
    for trial in range(12):
        level = 12.0 - trial
        run_curve(scheduler, trial, curve(level, trial, crossing=3))
    assert [note.text.split(":")[0] for note in scheduler.notes()][:1] == ["largest rung 9"]


def test_curves_that_cross_to_and_fro_do_not_let_it_grow() -> None:
    scheduler = PASHA(min_steps=9, max_steps=81)
    for trial in range(12):
        # Each is ahead of the next at every second step, and better by 3 than the one after.
        wobble = [3.0 * -(trial // 2) + ((step + trial) % 2) for step in range(1, 81)]
        run_curve(scheduler, trial, wobble)
    assert scheduler.notes() == []


def test_at_the_end_the_best_of_the_largest_rung_is_trained_to_the_end() -> None:
    scheduler = PASHA(max_steps=27)
    for trial in range(9):
        run_curve(scheduler, trial, curve(9.0 - trial, 9.0 - trial))
    while scheduler.next_resume() is not None:
        continue
    assert scheduler.last_resume() == 8
    assert Decision.PAUSE in run_curve(scheduler, 9, curve(9.5, 9.5))
