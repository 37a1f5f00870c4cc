"""A real controller under any order of events, wishes, crashes and losses of its store.

SWEEPER_EXAMPLES=2000 asks for more than the few that run with the other tests.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sweeper.model.event import AttemptKey
from sweeper.model.lifecycle import AttemptStatus, Outcome, SweepStatus
from sweeper.store import questions
from sweeper.store.commands import WishKind, wish
from tests.faults.stage import Stage, computed

EXAMPLES = int(os.environ.get("SWEEPER_EXAMPLES", "25"))
TRIALS = 6

ENDS = (
    (AttemptStatus.FAILED, Outcome.ERROR),
    (AttemptStatus.FAILED, Outcome.NOT_A_NUMBER),
    (AttemptStatus.LOST, Outcome.LOST_WORKER),
    (AttemptStatus.LOST, Outcome.PREEMPTED),
    (AttemptStatus.LOST, Outcome.OUT_OF_MEMORY),
)


class ControllerMachine(RuleBasedStateMachine):
    """Let workers, people, machines and databases do what they may."""

    @initialize(room=st.integers(1, 3), asha=st.sampled_from([None, "stopping", "promotion"]))
    def begin(self, room: int, asha: str | None) -> None:
        self.stage = Stage(room=room, asha=asha, trials=TRIALS, losses=1, max_failures=100)
        self.started: set[AttemptKey] = set()

    def live(self, data: st.DataObject) -> AttemptKey:
        """Choose an attempt that runs."""
        return data.draw(st.sampled_from(sorted(self.stage.backend.live)))

    @rule(times=st.integers(1, 3))
    def tick(self, times: int) -> None:
        self.stage.tick(times)

    @precondition(lambda self: self.stage.backend.live)
    @rule(data=st.data(), times=st.integers(1, 3))
    def go_on(self, data: st.DataObject, times: int) -> None:
        key = self.live(data)
        for _ in range(times):
            if key in self.stage.backend.live:
                self.stage.go_on(key)

    @precondition(lambda self: self.stage.backend.live)
    @rule(data=st.data(), how=st.sampled_from(ENDS))
    def end_badly(self, data: st.DataObject, how: tuple[AttemptStatus, Outcome]) -> None:
        self.stage.backend.end(self.live(data), *how)

    @precondition(lambda self: self.stage.backend.live)
    @rule(times=st.integers(2, 3))
    def lose_one_trial_again_and_again(self, times: int) -> None:
        for _ in range(times):
            if self.stage.backend.live:
                first = min(self.stage.backend.live)
                self.stage.backend.end(first, AttemptStatus.LOST, Outcome.LOST_WORKER)
            self.stage.tick(2)
            self.what_is_recorded_holds()

    @precondition(lambda self: self.stage.steps)
    @rule(data=st.data())
    def hear_a_stale_attempt(self, data: st.DataObject) -> None:
        known = sorted(set(self.stage.steps) - set(self.stage.backend.live))
        ended = {(a.trial, a.number) for trial in self.stage.audit().attempts.values()
                 for a in trial if a.ended is not None}  # fmt: skip
        stale = [key for key in known if key in ended]
        if stale:
            self.stage.say_stale(data.draw(st.sampled_from(stale)))

    @rule(kind=st.sampled_from([WishKind.PAUSE, WishKind.RESUME]))
    def wish_for_the_sweep(self, kind: WishKind) -> None:
        self.wish(kind, None)

    @rule(trial=st.integers(0, TRIALS - 1))
    def wish_a_trial_to_stop(self, trial: int) -> None:
        self.wish(WishKind.STOP, trial)

    def wish(self, kind: WishKind, trial: int | None) -> None:
        """Write a wish; people see their store as it is."""
        away, self.stage.store.away = self.stage.store.away, None
        wish(self.stage.store, self.stage.id, kind, trial=trial, by="somebody")
        self.stage.store.away = away

    @rule()
    def interrupt(self) -> None:
        self.stage.interrupt()

    @rule(away=st.sampled_from(["before", "after"]), times=st.integers(1, 3))
    def lose_the_store_for_a_while(self, away: str, times: int) -> None:
        self.stage.store.away = away
        self.stage.tick(times)
        self.stage.store.away = None

    @rule(politely=st.booleans(), away=st.sampled_from([None, "before", "after"]))
    def crash_and_resume(self, politely: bool, away: str | None) -> None:
        self.stage.store.away = away
        self.stage.tick()
        self.stage.store.away = None
        self.stage.crash(politely=politely)
        self.stage.take_over()

    @precondition(lambda self: self.stage.over)
    @rule()
    def go_on_after_the_end(self) -> None:
        self.stage.crash(politely=True)
        self.stage.take_over()

    @invariant()
    def what_is_recorded_holds(self) -> None:
        audit = self.stage.audit()
        findings = [*audit.findings(), *audit.values(computed)]
        assert findings == [], findings

    @invariant()
    def nothing_runs_that_was_not_recorded_first(self) -> None:
        recorded = {
            AttemptKey(attempt.trial, attempt.number)
            for attempt in questions.list_attempts(self.stage.store, self.stage.id)
        }
        assert {assignment.key for assignment in self.stage.backend.started} <= recorded

    def teardown(self) -> None:
        """Let the sweep come to its end, whatever has happened."""
        if not hasattr(self, "stage"):
            return
        self.stage.store.away = None
        self.stage.crash(politely=True)
        self.stage.take_over()
        self.wish(WishKind.RESUME, None)
        self.stage.drive_to_end()
        self.stage.crash(politely=True)
        audit = self.stage.audit()
        if audit.sweep.status is SweepStatus.COMPLETED:
            assert list(audit.completion()) == []
        findings = audit.findings()
        assert findings == [], findings
        assert len(audit.trials) == TRIALS
        self.stage.store.close()


ControllerMachine.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestControllerMachine = pytest.mark.slow(ControllerMachine.TestCase)
