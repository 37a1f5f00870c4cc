"""A store under any order of writes, lost answers, thefts and reopenings, beside a plain model.

SWEEPER_EXAMPLES=2000 asks for more than the few that run with the other tests.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sweeper.errors import LeaseLost
from sweeper.model.event import AttemptKey
from sweeper.model.lifecycle import AttemptStatus, TrialStatus
from sweeper.model.trial import AttemptRecord, TrialRecord
from sweeper.store import questions
from sweeper.store.recording import Changes, record_once
from sweeper.store.store import Store
from sweeper.testing.fakes import make_attempt, make_sweep, make_trial, refused
from sweeper.testing.store import Driven

EXAMPLES = int(os.environ.get("SWEEPER_EXAMPLES", "8"))
NUMBERS = st.integers(0, 3)
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=5)

THINGS = st.one_of(
    st.tuples(st.just("trial"), NUMBERS, st.sampled_from(TrialStatus), st.floats(-1e6, 1e6)),
    st.tuples(st.just("attempt"), NUMBERS, st.integers(1, 3), st.sampled_from(AttemptStatus)),
    st.tuples(st.just("metric"), NUMBERS, st.sampled_from("ab"), st.integers(0, 4), st.floats()),
    st.tuples(st.just("log"), NUMBERS, WORDS),
    st.tuples(st.just("event"), WORDS),
    st.tuples(st.just("artifact"), NUMBERS, st.sampled_from("xy"), WORDS),
    st.tuples(st.just("gone"), NUMBERS, st.sampled_from("xy")),
)
CHANGES = st.lists(THINGS, max_size=8)


class Model:
    """What a store must hold, in ordinary dicts and lists."""

    def __init__(self) -> None:
        self.trials: dict[int, TrialRecord] = {}
        self.attempts: dict[AttemptKey, AttemptRecord] = {}
        self.metrics: dict[tuple[int, str, int], float] = {}
        self.logs: dict[int, str] = {}
        self.events: list[str] = []
        self.artifacts: dict[tuple[int, str], str] = {}
        self.rev = 0

    def changes(self, things: list[Any]) -> Changes:
        """Note some things here, and give the changes that say them to a store."""
        changes = Changes()
        for kind, *given in things:
            getattr(self, f"_{kind}")(changes, *given)
        return changes

    def _trial(self, changes: Changes, number: int, status: TrialStatus, value: float) -> None:
        trial = make_trial(number, {"x": value}, status=status, value=value)
        if number in self.trials:
            changes.trial(trial)
        else:
            changes.new_trials[number] = trial
        self.trials[number] = trial

    def _attempt(self, changes: Changes, trial: int, number: int, status: AttemptStatus) -> None:
        attempt = self.attempts[AttemptKey(trial, number)] = make_attempt(trial, number, status)
        changes.attempt(attempt)

    def _metric(self, changes: Changes, trial: int, name: str, step: int, value: float) -> None:
        changes.metrics[trial, name, step] = (value, 1.0, 1)
        self.metrics[trial, name, step] = value

    def _log(self, changes: Changes, trial: int, text: str) -> None:
        row = {"trial": trial, "attempt": 1, "stream": "stdout", "time": 1.0, "text": text}
        changes.logs.append(row)
        self.logs[trial] = self.logs.get(trial, "") + text

    def _event(self, changes: Changes, text: str) -> None:
        changes.event(1.0, "said", text)
        self.events.append(text)

    def _artifact(self, changes: Changes, trial: int, name: str, path: str) -> None:
        row = {"trial": trial, "attempt": 1, "kind": "artifact", "name": name, "path": path}
        changes.artifacts.append({**row, "step": None, "size": 0, "time": 1.0})
        self.artifacts[trial, name] = path

    def _gone(self, changes: Changes, trial: int, name: str) -> None:
        changes.remove_artifact(trial, "artifact", name)
        self.artifacts.pop((trial, name), None)


class StoreMachine(RuleBasedStateMachine):
    """Let a controller write, lose answers and lose its lease."""

    open: Callable[[], Store] = staticmethod(lambda: Store("sqlite:///:memory:"))

    @initialize()
    def begin(self) -> None:
        self.store = type(self).open()
        self.driven = Driven(self.store, make_sweep())
        self.model = Model()
        self.seen = 0
        self.touched: set[int] = set()

    def say(self, things: list[Any]) -> Changes:
        """Give changes, and note which trials they touch."""
        self.touched |= {thing[1] for thing in things if thing[0] == "trial"}
        self.model.rev += 1
        return self.model.changes(things)

    @rule(things=CHANGES)
    def write(self, things: list[Any]) -> None:
        assert self.driven.record(self.say(things)) == self.model.rev

    @rule(first=CHANGES, second=CHANGES, third=CHANGES)
    def write_what_has_waited(self, first: list[Any], second: list[Any], third: list[Any]) -> None:
        waiting = self.say(first)
        for things in (second, third):
            waiting.absorb(self.say(things))
        self.model.rev -= 2
        assert self.driven.record(waiting) == self.model.rev

    @rule(things=CHANGES, times=st.integers(1, 2))
    def write_again_what_got_no_answer(self, things: list[Any], times: int) -> None:
        before = self.model.rev
        changes = self.say(things)
        for _ in range(1 + times):
            got = record_once(
                self.store, self.driven.id, self.driven.lease, changes, self.driven.clock, before
            )
            assert got == self.model.rev

    @rule(things=CHANGES)
    def lose_the_lease(self, things: list[Any]) -> None:
        robbed = self.driven.lease
        found = questions.find_sweep(self.store, self.driven.name).lease
        assert found is not None
        # A store that was opened anew asks its server for the time, which our clock did not move.
        left = found.expires - self.store.time(self.driven.clock)
        self.driven.clock.advance(left + 1.0)
        self.driven.lease = self.driven.take()
        changes = Model().changes(things)
        refused(LeaseLost, lambda: self.driven.record(changes, robbed))

    @precondition(lambda self: self.store.file is not None or self.store.dialect != "sqlite")
    @rule()
    def open_it_anew(self) -> None:
        self.store.close()
        self.driven.store = self.store = type(self).open()

    @rule()
    def ask_what_is_new(self) -> None:
        found = questions.changes_since(self.store, self.driven.name, self.seen, self.driven.clock)
        told = set() if found is None else {trial.number for trial in found.trials}
        assert told == self.touched
        self.seen, self.touched = self.model.rev, set()

    @invariant()
    def it_holds_what_was_said(self) -> None:
        sweep_id, store = self.driven.id, self.store
        trials = {trial.number: trial for trial in questions.list_trials(store, sweep_id)}
        assert {n: (t.status, t.value, t.params) for n, t in trials.items()} == {
            n: (t.status, t.value, t.params) for n, t in self.model.trials.items()
        }
        attempts = questions.list_attempts(store, sweep_id)
        assert {AttemptKey(a.trial, a.number): a.status for a in attempts} == {
            key: attempt.status for key, attempt in self.model.attempts.items()
        }
        assert [e["text"] for e in questions.list_events(store, sweep_id)] == self.model.events

    @invariant()
    def it_holds_what_trials_said(self) -> None:
        sweep_id, store = self.driven.id, self.store
        for number in range(4):
            curves = questions.trial_metrics(store, sweep_id, number)
            read = {
                (number, name, step): value
                for name, curve in curves.items()
                for step, value in zip(curve.steps, curve.values)
            }
            wanted = {key: v for key, v in self.model.metrics.items() if key[0] == number}
            assert read == pytest.approx(wanted, rel=0, abs=0, nan_ok=True)
            pieces = questions.read_logs(store, sweep_id, number)
            assert "".join(piece.text for piece in pieces) == self.model.logs.get(number, "")
            kept = questions.list_artifacts(store, sweep_id, number)
            assert {(number, row["name"]): row["path"] for row in kept} == {
                key: path for key, path in self.model.artifacts.items() if key[0] == number
            }

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()


SETTINGS = settings(
    max_examples=EXAMPLES,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
StoreMachine.TestCase.settings = SETTINGS
TestStoreMachine = StoreMachine.TestCase


@pytest.mark.slow
def test_a_server_holds_the_same(postgres_server: Any) -> None:
    url = ""

    def begin_anew() -> Store:
        nonlocal url
        url = postgres_server.url(postgres_server.create_database())
        return Store(url)

    class OnServer(StoreMachine):
        open = staticmethod(lambda: Store(url))

        @initialize()
        def begin(self) -> None:
            begin_anew().close()
            super().begin()

    run_state_machine_as_test(
        OnServer, settings=settings(SETTINGS, max_examples=max(3, EXAMPLES // 40))
    )
