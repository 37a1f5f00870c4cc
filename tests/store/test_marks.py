"""Tests of what people write into a store beside a running sweep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sweeper.clock import SYSTEM_CLOCK
from sweeper.model.event import AttemptKey
from sweeper.model.lifecycle import AttemptStatus, Outcome
from sweeper.model.trial import AttemptRecord
from sweeper.store import commands, marks, questions
from sweeper.store.columns import Part, read_columns
from sweeper.store.cursors import sweep_cursor
from sweeper.store.leases import acquire
from sweeper.store.recording import Changes, create_sweep, record
from sweeper.store.store import Store
from sweeper.testing.fakes import make_sweep, make_trial

Write = Callable[[Changes], int]


@pytest.fixture
def sweep_id(store: Store) -> int:
    """A sweep in the store."""
    return create_sweep(store, make_sweep("digits"))


@pytest.fixture
def write(store: Store, sweep_id: int) -> Write:
    """Records what a controller of the sweep would."""
    holder = acquire(store, questions.find_sweep(store, "digits"), SYSTEM_CLOCK)
    return lambda changes: record(store, sweep_id, holder, changes, SYSTEM_CLOCK)


def test_trials_are_tagged_once_and_untagged(store: Store, sweep_id: int) -> None:
    commands.change_tags(store, sweep_id, [1, 2, None], add=["good", " good ", "old", ""])
    commands.change_tags(store, sweep_id, [2, 1], add=["good"], remove=["old"])

    assert marks.marks_of(store, sweep_id).tags == {1: ("good",), 2: ("good",)}
    assert set(questions.find_sweep(store, "digits").tags) >= {"good", "old"}


def test_a_note_replaces_the_one_before_and_an_empty_one_takes_it_away(
    store: Store, sweep_id: int
) -> None:
    commands.write_note(store, sweep_id, [3, 4, None], "odd\x00", by="ada")
    commands.write_note(store, sweep_id, [3], "fine", by="ada")
    commands.write_note(store, sweep_id, [4], " ", by="ada")

    found = marks.marks_of(store, sweep_id)
    assert (dict(found.notes), found.note) == ({3: "fine"}, "odd\ufffd")


def test_a_view_is_kept_under_its_name(store: Store, sweep_id: int) -> None:
    commands.save_view(store, sweep_id, "mine", "?q=lr", by="ada")
    commands.save_view(store, sweep_id, "mine", "?q=x", by="bob")
    commands.save_view(store, sweep_id, "other", "", by="bob")
    commands.forget_view(store, sweep_id, "other")

    found = marks.list_views(store, sweep_id)
    assert [(view.name, view.address, view.by) for view in found] == [("mine", "?q=x", "bob")]


def test_marks_raise_their_own_cursor_and_never_the_rev(store: Store, sweep_id: int) -> None:
    before = questions.find_sweep(store, "digits")
    commands.change_tags(store, sweep_id, [0], add=["a"])
    commands.write_note(store, sweep_id, [0], "b")
    commands.save_view(store, sweep_id, "c", "")
    commands.wish_change(store, sweep_id, {"trials": 9}, by="ada")
    after = questions.find_sweep(store, "digits")

    assert (after.rev, after.marked) == (before.rev, before.marked + 4)
    assert questions.changes_since(store, "digits", after.rev) is None
    assert sweep_cursor(store, "digits") == (sweep_id, after.rev, after.marked)


def test_the_latest_wishes_come_first_with_what_they_want(store: Store, sweep_id: int) -> None:
    commands.wish(store, sweep_id, commands.WishKind.STOP, trial=3, by="ada")
    commands.wish_trial(store, sweep_id, {"lr": 0.1}, by="bob")

    queued, stopped = marks.latest_wishes(store, sweep_id)
    assert (queued.kind, queued.values, queued.answer) == ("queue", {"lr": 0.1}, None)
    assert (stopped.kind, stopped.trial, stopped.by) == ("stop", 3, "ada")


def test_the_end_of_the_latest_attempt_comes_with_its_trial(store: Store, write: Write) -> None:
    key = AttemptKey(0, 2)
    changes = Changes(new_trials={0: replace(make_trial(0), attempts=2), 1: make_trial(1)})
    for number, outcome in ((1, Outcome.LOST_NODE), (2, Outcome.OUT_OF_MEMORY)):
        changes.new_attempts[AttemptKey(0, number)] = AttemptRecord(
            trial=key.trial,
            number=number,
            status=AttemptStatus.FAILED,
            outcome=outcome,
            host=f"node-{number}",
        )
    write(changes)

    parts: list[Part] = []
    read_columns(store, "digits", None, parts.append)
    assert [(part["outcome"], part["host"]) for part in parts] == [
        (("out_of_memory", None), ("node-2", None))
    ]


def test_the_end_of_a_long_log_is_read_without_its_beginning(
    store: Store, write: Write, sweep_id: int
) -> None:
    lines = [
        {"trial": 0, "attempt": 1, "stream": "stdout", "time": 1.0, "text": f"line {n} 50%\n"}
        for n in range(9)
    ]
    write(Changes(logs=lines))

    last = questions.last_logs(store, sweep_id, 0, count=2)
    before = questions.last_logs(store, sweep_id, 0, count=2, before=last[0].id)
    assert [piece.text[:6] for piece in [*before, *last]] == [
        "line 5",
        "line 6",
        "line 7",
        "line 8",
    ]
    found = questions.find_in_logs(store, sweep_id, 0, "LINE 3 50%")
    assert [piece.text for piece in found] == ["line 3 50%\n"]
    assert questions.find_in_logs(store, sweep_id, 0, "5_%") == []
