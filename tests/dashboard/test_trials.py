"""Tests of the trials in columns: they hold what the store holds, whatever changes."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweeper_dashboard.ranking import best_of, best_places, rank_of, shown_value, shown_values
from sweeper_dashboard.strips import cell, cells, chosen, joined, packed, replaced, same
from sweeper_dashboard.trials import Trials, read_trials

from sweeper.model.domains import choice, uniform
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import Goal
from sweeper.model.trial import TrialRecord
from sweeper.store import questions
from sweeper.store.cursors import SweepCursor, sweep_cursor
from sweeper.store.recording import Changes
from sweeper.store.store import Store
from tests.dashboard.cluster import run_on_cluster
from tests.dashboard.factory import add_failures, add_trials, complete, populate, start_sweep


def place_of(trial: TrialRecord, goal: Goal) -> tuple[bool, float, int]:
    """Say where a trial stands: completed before others, better before worse, by number."""
    cost = -goal.score(shown_value(trial, goal))
    return trial.status is not TrialStatus.COMPLETED, cost, trial.number


VALUES = st.lists(st.none() | st.floats(allow_nan=False) | st.integers() | st.text(), max_size=6)


def recorded(store: Store, name: str) -> list[TrialRecord]:
    """Read the records, without what the columns leave out."""
    found = questions.list_trials(store, questions.find_sweep(store, name).id)
    return [replace(trial, memory=None, result=None) for trial in found]


@given(VALUES, VALUES)
def test_strips_are_put_behind_one_another_as_lists_are(
    first: list[object], second: list[object]
) -> None:
    made = joined(packed(list(first)), packed(list(second)))

    assert cells(made) == [*first, *second]
    assert [cell(made, place) for place in range(len(made))] == [*first, *second]


@given(VALUES, st.data())
def test_a_changed_strip_leaves_the_one_before_as_it_was(
    values: list[object], data: st.DataObject
) -> None:
    places = data.draw(st.lists(st.sampled_from(range(len(values))), unique=True)) if values else []
    news = [data.draw(st.none() | st.floats(allow_nan=False) | st.text()) for _ in places]
    before = packed(list(values))

    after = replaced(before, places, packed(list(news)))

    wanted = list(values)
    for place, value in zip(places, news, strict=True):
        wanted[place] = value
    assert cells(after) == wanted
    assert cells(before) == values
    assert cells(chosen(after, places)) == news


@pytest.mark.parametrize(
    ("values", "is_same"),
    [([], True), ([0.5, 0.5], True), ([None, 0.5], False), (["a", "a"], True), ([1, 2], False)],
)
def test_a_strip_of_one_value_is_told_from_others(values: list[object], is_same: bool) -> None:
    assert same(packed(values)) is is_same


def test_the_columns_give_the_records_of_the_store(store: Store) -> None:
    populate(store, "one", 40)
    run_on_cluster(store, "two", 30, metrics=("val_loss", "latency"))

    for name in ("one", "two"):
        assert list(read_trials(store, name)[1]) == recorded(store, name)


def test_a_parameter_that_is_none_is_told_from_one_that_is_not_there(store: Store) -> None:
    space = {"kind": choice([None, "a"]), "x": uniform(0, 1).when(kind="a")}
    add_trials(start_sweep(store, "gaps", space=space), range(20), curves=False)

    trials = read_trials(store, "gaps")[1]

    assert [dict(trial.params) for trial in trials] == [
        dict(trial.params) for trial in recorded(store, "gaps")
    ]
    assert set(cells(trials.param("kind"))) == {None, "a"}


def test_a_number_that_json_does_not_know_is_read(store: Store) -> None:
    driven = start_sweep(store, "odd", space={"x": uniform(0, 1)})
    [trial] = add_trials(driven, [0], curves=False)
    odd = {"loss": {"last": math.inf, "min": math.nan}}
    driven.write(Changes(trials={0: replace(trial, summary=odd)}))

    trials = read_trials(store, "odd")[1]

    assert cells(trials.reported("loss")) == [math.inf]
    assert cells(trials.reported("loss", "min")) == [None]


@settings(max_examples=15)
@given(st.lists(st.sampled_from(["new", "failed", "better", "marked"]), max_size=6))
def test_whatever_changes_the_columns_follow(steps: list[str]) -> None:
    store = Store("sqlite:///:memory:")
    driven = start_sweep(store, "followed")
    add_trials(driven, range(4), curves=False)
    cursor: SweepCursor | None = None
    trials = Trials()
    for step in steps:
        state, changed = read_trials(store, "followed", cursor)
        trials = changed if state.whole else trials.renewed(changed)
        cursor = sweep_cursor(store, "followed")
        last = len(recorded(store, "followed"))
        if step == "new":
            # A later number may be recorded before an earlier one.
            add_trials(driven, [last + 1], curves=False)
            add_trials(driven, [last], curves=False)
        elif step == "failed":
            add_failures(driven, [last], "KeyError", "'lr'")
        elif step == "better":
            complete(driven, recorded(store, "followed")[2], 0.01)

    known = list(trials)
    state, changed = read_trials(store, "followed", cursor)
    after = changed if state.whole else trials.renewed(changed)

    assert list(after) == recorded(store, "followed")
    assert list(trials) == known
    store.close()


@pytest.mark.parametrize("name", ["single", "several"])
def test_trials_are_ranked_in_columns_as_one_by_one(store: Store, name: str) -> None:
    metrics = ("val_loss",) if name == "single" else ("val_loss", "latency")
    run_on_cluster(store, name, 60, metrics=metrics)
    state, trials = read_trials(store, name)
    goal = state.overview.sweep.goals().first

    values = [None if value != value else value for value in shown_values(trials, goal).tolist()]

    assert values == [shown_value(trial, goal) for trial in trials]
    ranked = sorted(trials, key=lambda trial: place_of(trial, goal))
    assert best_places(trials, goal) == [trial.number for trial in ranked]
    assert rank_of(trials, ranked[0].number, goal).startswith("1 of ")
    assert best_of(trials, goal)[-1] == (ranked[0].number, shown_value(ranked[0], goal))
