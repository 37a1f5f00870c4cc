"""What a journal does while its store is away, by a clock that only the tests move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import text

from sweeper.control.journal import Journal
from sweeper.control.view import Silent
from sweeper.errors import LeaseLost, StoreError, StoreUnavailable
from sweeper.store import questions
from sweeper.store.recording import Changes
from sweeper.store.store import Store
from sweeper.testing.fakes import make_sweep, make_trial
from sweeper.testing.store import Driven


class Listening(Silent):
    """Keep what an observer is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


@dataclass
class Line:
    """The line to a database, whose commits fail as they are told to, one after another."""

    store: Store
    ends: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._dialect = self.store._engine.dialect
        self._commit: Callable[[Any], None] = self._dialect.do_commit
        self._dialect.do_commit = self.commit  # type: ignore[method-assign]

    def commit(self, connection: Any) -> None:
        """Commit, lose the commit, or commit and lose the answer."""
        end = self.ends.pop(0) if self.ends else "fine"
        if end == "lost":
            connection.rollback()
        else:
            self._commit(connection)
        if end != "fine":
            raise self._dialect.loaded_dbapi.OperationalError("the connection is cut")


@dataclass
class Scene:
    """A journal of a sweep, its line, and what its observer is told."""

    driven: Driven
    line: Line
    observer: Listening
    journal: Journal

    def say(self, word: str, number: int = 0) -> bool:
        """Write a line of log, an event and a metric, half a minute after the last ones."""
        self.driven.clock.advance(30.0)
        return self.journal.write(said(word, number))

    def texts(self) -> list[str]:
        """Read the log back."""
        pieces = questions.read_logs(self.driven.store, self.driven.id, 0)
        return [piece.text for piece in pieces]

    def events(self) -> list[str]:
        """Read the events back."""
        return [e["text"] for e in questions.list_events(self.driven.store, self.driven.id)]


def said(word: str, number: int = 0) -> Changes:
    """Make what a trial says: lines and events are only added, so that doubling would show."""
    changes = Changes(metrics={(0, "loss", number + 1): (0.5, 1.0, 1)})
    changes.trial(make_trial(0))
    changes.event(1.0, "said", word)
    changes.logs.append({"trial": 0, "attempt": 1, "stream": "out", "time": 1.0, "text": word})
    return changes


@pytest.fixture
def scene(store: Store) -> Scene:
    """Drive a sweep in a fresh store, once on SQLite and once on PostgreSQL."""
    driven = Driven(store, make_sweep())
    observer = Listening()
    journal = Journal(
        store=store, sweep_id=driven.id, lease=driven.lease, clock=driven.clock, observer=observer
    )
    return Scene(driven=driven, line=Line(store), observer=observer, journal=journal)


@pytest.mark.parametrize("end", ["lost", "unanswered"])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_commit_without_an_answer_loses_nothing_and_doubles_nothing(
    scene: Scene, end: str, times: int
) -> None:
    assert scene.say("one")

    scene.line.ends = [end, *["lost"] * (times - 1)]
    for number in range(times):
        assert not scene.say(f"away {number}", 1 + number)
    assert scene.journal.is_behind
    assert scene.say("back", 1 + times)

    told = ["one", *[f"away {number}" for number in range(times)], "back"]
    assert scene.texts() == told
    assert scene.events() == told
    curve = questions.trial_metrics(scene.driven.store, scene.driven.id, 0)["loss"]
    assert curve.steps == list(range(1, len(told) + 1))
    assert not scene.journal.is_behind


def test_the_very_first_transaction_may_go_unanswered(scene: Scene) -> None:
    scene.line.ends = ["fine", "unanswered"]  # the rev is read before

    assert not scene.say("one")
    assert scene.say("two")

    assert scene.texts() == ["one", "two"]


def test_an_answer_may_get_lost_again_while_it_is_asked_for(scene: Scene) -> None:
    assert scene.say("one")
    scene.line.ends = ["lost", "unanswered", "unanswered"]

    while not scene.say("more"):
        assert len(scene.observer.notes) == 1

    assert scene.texts() == scene.events() == ["one", *["more"] * 4]


def test_what_comes_while_the_lease_could_not_be_kept_is_not_dropped(scene: Scene) -> None:
    assert scene.say("one")
    scene.driven.clock.advance(10.0)
    scene.line.ends = ["lost"]
    scene.journal.keep_lease()

    assert not scene.journal.write(said("two", 1))
    assert scene.journal.is_behind
    assert scene.say("three", 2)

    assert scene.texts() == ["one", "two", "three"]


def test_the_observer_is_told_once_that_the_store_is_away_and_once_that_it_is_back(
    scene: Scene,
) -> None:
    scene.line.ends = ["lost"] * 5

    while not scene.say("more"):
        assert scene.journal.is_behind

    away, back = scene.observer.notes
    assert "away" in away
    assert "the connection is cut" in away
    assert "back" in back


def test_an_absent_store_is_asked_ever_more_rarely(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    def refuse(*_: object) -> int:
        asked.append(scene.driven.clock.elapsed())
        raise StoreUnavailable("the store is away", hint="Wait.")

    monkeypatch.setattr("sweeper.control.journal.record", refuse)
    monkeypatch.setattr("sweeper.control.journal.record_once", refuse)
    for _ in range(600):
        scene.journal.write(Changes())
        scene.driven.clock.advance(0.1)

    pauses = [round(later - earlier) for earlier, later in pairwise(asked)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (0, 5)


def test_a_store_that_stays_away_ends_the_run_after_the_journals_patience(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise StoreUnavailable("the store is away", hint="Start it.")

    monkeypatch.setattr("sweeper.control.journal.record", refuse)
    monkeypatch.setattr("sweeper.control.journal.record_once", refuse)
    scene.journal.patience = 100.0
    for _ in range(3):
        assert not scene.say("more")

    scene.driven.clock.advance(20.0)
    with pytest.raises(StoreError, match="away") as caught:
        scene.say("too much")

    assert caught.value.hint == "Start it."


def test_whoever_lost_the_lease_while_the_store_was_away_writes_nothing_more(
    scene: Scene,
) -> None:
    assert scene.say("one")
    scene.line.ends = ["lost"]
    assert not scene.say("two")
    scene.driven.let_lease_be(owner="another")

    with pytest.raises(LeaseLost):
        scene.say("three")

    assert scene.texts() == ["one"]


def test_a_refusal_that_will_not_pass_is_no_outage(scene: Scene) -> None:
    with scene.driven.store.writing() as connection:
        connection.execute(text("drop table events"))

    with pytest.raises(StoreError, match="events"):
        scene.say("one")


def test_what_waits_is_bounded(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweeper.control.journal._MOST_ROWS", 10)
    scene.line.ends = ["lost"] * 10
    while not scene.journal.is_full:
        assert not scene.say("more", len(scene.line.ends))

    scene.line.ends = []
    assert scene.say("last")

    assert not scene.journal.is_full


def test_a_trial_is_recorded_as_it_stood_last(scene: Scene) -> None:
    scene.line.ends = ["fine", "unanswered", "lost", "lost"]
    for step in range(1, 6):
        scene.driven.clock.advance(30.0)
        changes = Changes()
        changes.trial(make_trial(0, value=step / 10))
        recorded = scene.journal.write(changes)
    assert recorded

    found = questions.find_trial(scene.driven.store, scene.driven.id, 0)
    assert found is not None
    assert found.value == 0.5
