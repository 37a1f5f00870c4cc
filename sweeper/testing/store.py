"""The contract of a store as tests: inherit, say how to open yours, and run pytest."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sweeper.clock import SettableClock
from sweeper.errors import LeaseLost, SweepBusy, SweepExists, SweepNotFound
from sweeper.model.event import AttemptKey
from sweeper.model.lifecycle import AttemptStatus, Outcome, SweepStatus, TrialStatus, Wish
from sweeper.model.sweep import LeaseHolder, SweepRecord
from sweeper.model.trial import AttemptRecord, TrialRecord
from sweeper.store import questions
from sweeper.store.commands import WishKind, answer_to, wish
from sweeper.store.leases import LEASE_SECONDS, acquire, release
from sweeper.store.recording import Changes, Sums, create_sweep, keep_lease, record
from sweeper.store.store import Store
from sweeper.testing.fakes import make_attempt, make_sweep, make_trial, refused

_TEXTS = ("plain", "", "naïve 漢字 🎉", "two\nlines\t", "quotes ' \" \\ %s :name")


class Driven:
    """A sweep in a store whose lease is held here, at a time that only tests move."""

    def __init__(self, store: Store, sweep: SweepRecord) -> None:
        self.store = store
        self.clock = SettableClock()
        self.id = create_sweep(store, sweep)
        self.name = sweep.name
        self.lease = self.take()

    def take(self) -> LeaseHolder:
        """Take the sweep's lease."""
        return acquire(self.store, questions.find_sweep(self.store, self.name), self.clock)

    def record(self, changes: Changes, lease: LeaseHolder | None = None) -> int:
        """Record changes, and give the new rev."""
        return record(self.store, self.id, lease or self.lease, changes, self.clock)

    def let_lease_be(self, **columns: Any) -> None:
        """Write who holds the lease, as another machine would have done."""
        with self.store.writing() as connection:
            held = ", ".join(f"lease_{name} = {value!r}" for name, value in columns.items())
            connection.exec_driver_sql(f"update sweeps set {held} where id = {self.id}")


def full_trial() -> TrialRecord:
    """Make a trial that has a value in every column."""
    return replace(
        make_trial(0, {"x": {"$sweeper": "float", "text": "nan"}, "s": "\x00\ud800", "n": 10**30}),
        status=TrialStatus.COMPLETED,
        seed=2**63 - 1,
        value=0.1,
        values=(0.1, 1e308),
        result={"loss": 0.1, "note": "naïve 漢字 🎉 \ud800", "size": None},
        summary={"loss": {"last": 0.1, "min": 5e-324, "max": 1e308, "step": 3.0}},
        last_step=2**40,
        attempts=2,
        failures=1,
        losses=1,
        error="ValueError: no",
        memory={"attrs": {"cma": [1, None, True]}},
        started=1_700_000_000.123456,
        ended=1_700_000_001.654321,
        duration=1.530865,
    )


def full_attempt() -> AttemptRecord:
    """Make an attempt that has a value in every column."""
    return replace(
        make_attempt(0, 2, AttemptStatus.FAILED),
        wish=Wish.PRUNE,
        outcome=Outcome.ERROR,
        host="node-7",
        pid=4_000_000,
        devices=("0", "GPU-5ca1ab1e"),
        started=1_700_000_000.5,
        ended=1_700_000_001.5,
        error_type="ValueError",
        error="no",
        traceback="Traceback …\nValueError: no\n",
        usage={"cpu_seconds": 0.5, "memory": 1e9},
    )


class StoreContract:
    """What a store keeps on every database; each test opens a store of its own.

    Example:
        >>> class TestMemory(StoreContract):
        ...     def open(self):
        ...         return Store("sqlite:///:memory:")

    The stores that open() gives are empty.
    """

    def open(self) -> Store:
        """Open a fresh, empty store."""
        raise NotImplementedError("a contract test says how its store is opened")

    @contextmanager
    def driven(self, sweep: SweepRecord | None = None) -> Iterator[Driven]:
        """Record a sweep in a fresh store, and hold its lease."""
        store = self.open()
        try:
            yield Driven(store, sweep or make_sweep())
        finally:
            store.close()

    def test_a_sweep_reads_back_as_it_was_recorded(self) -> None:
        sweep = make_sweep("naïve 漢字", tags=("b", "a", "b"))
        with self.driven(sweep) as driven:
            found = questions.find_sweep(driven.store, sweep.name)
            assert found == replace(sweep, id=driven.id, tags=("b", "a"), lease=driven.lease)

    def test_a_trial_and_an_attempt_read_back_with_every_column(self) -> None:
        trial, attempt = full_trial(), full_attempt()
        with self.driven() as driven:
            changes = Changes(new_trials={0: trial}, new_attempts={AttemptKey(0, 2): attempt})
            rev = driven.record(changes)
            assert questions.list_trials(driven.store, driven.id) == [replace(trial, rev=rev)]
            assert questions.find_trial(driven.store, driven.id, 0) == replace(trial, rev=rev)
            assert questions.find_trial(driven.store, driven.id, 1) is None
            assert questions.list_attempts(driven.store, driven.id) == [attempt]

    def test_names_that_a_worker_tells_may_have_any_length(self) -> None:
        made = replace(make_attempt(0), host="h" * 300, error_type="E\x00\ud800" * 100)
        with self.driven() as driven:
            driven.record(Changes(new_attempts={AttemptKey(0, 1): made}))
            [found] = questions.list_attempts(driven.store, driven.id)
            assert found.host == "h" * 200
            assert len(found.error_type or "") == 200

    def test_every_status_outcome_and_wish_can_be_recorded(self) -> None:
        with self.driven() as driven:
            changes = Changes()
            for number, status in enumerate(TrialStatus):
                changes.new_trials[number] = make_trial(number, status=status)
            for number, ended in enumerate(AttemptStatus, 1):
                made = replace(make_attempt(0, number, ended), wish=Wish(number % 4))
                changes.new_attempts[AttemptKey(0, number)] = made
            for number, outcome in enumerate(Outcome, 1):
                made = replace(make_attempt(1, number), outcome=outcome)
                changes.new_attempts[AttemptKey(1, number)] = made
            expected = dict(changes.new_attempts)
            driven.record(changes)
            found = questions.list_attempts(driven.store, driven.id)
            assert {AttemptKey(a.trial, a.number): a for a in found} == expected
            counts = questions.overview(driven.store, driven.name, driven.clock).counts
            assert counts == dict.fromkeys(TrialStatus, 1)
            live = questions.list_attempts(driven.store, driven.id, 0, status=["running"])
            assert [attempt.number for attempt in live] == [3]

    def test_what_changes_replaces_what_was_recorded(self) -> None:
        with self.driven() as driven:
            driven.record(
                Changes(
                    new_trials={0: make_trial(0), 1: make_trial(1)},
                    new_attempts={AttemptKey(0, 2): make_attempt(0, 2)},
                )
            )
            trial, attempt = full_trial(), full_attempt()
            rev = driven.record(Changes(trials={0: trial}, attempts={AttemptKey(0, 2): attempt}))
            assert questions.list_trials(driven.store, driven.id) == [
                replace(trial, rev=rev),
                replace(make_trial(1), rev=rev - 1),
            ]
            assert questions.list_attempts(driven.store, driven.id) == [attempt]

    def test_metrics_read_back_also_where_they_are_no_numbers(self) -> None:
        told = [0.5, math.nan, math.inf, -math.inf, 0.0, 5e-324, 1.7e308]
        with self.driven() as driven:
            metrics = {(0, "loss", step): (v, 10.0 + step, 1) for step, v in enumerate(told)}
            driven.record(Changes(metrics={**metrics, (1, "ac\n c", 2**40): (1.0, 9.0, 1)}))
            [curve] = questions.curves(driven.store, driven.id, "loss")
            assert curve.steps == list(range(7))
            assert list(map(repr, curve.values)) == list(map(repr, told))
            assert curve.times == [10.0 + step for step in range(7)]
            assert questions.trial_metrics(driven.store, driven.id, 1)["ac\n c"].steps == [2**40]
            assert questions.metric_names(driven.store, driven.id) == ["ac\n c", "loss"]
            assert questions.curves(driven.store, driven.id, "loss", [1]) == []

    def test_a_step_reported_again_replaces(self) -> None:
        with self.driven() as driven:
            driven.record(Changes(metrics={(0, "loss", 1): (0.9, 1.0, 1)}))
            driven.record(Changes(metrics={(0, "loss", 1): (0.5, 2.0, 2)}))
            [curve] = questions.curves(driven.store, driven.id, "loss")
            assert (curve.steps, curve.values, curve.times) == ([1], [0.5], [2.0])

    def test_logs_read_back_in_order_fit_for_every_reader(self) -> None:
        told = [*_TEXTS, "nul \x00 inside", "lone \ud800 surrogate", "x" * 100_000]
        with self.driven() as driven:
            row = {"trial": 0, "attempt": 1, "stream": "stdout", "time": 1.0}
            driven.record(Changes(logs=[{**row, "text": text} for text in told]))
            pieces = questions.read_logs(driven.store, driven.id, 0)
            assert [piece.text for piece in pieces[:5]] == list(_TEXTS)
            assert pieces[5].text == "nul \ufffd inside"
            assert pieces[6].text.replace("\ufffd", "?") == "lone ? surrogate"
            assert len(pieces[7].text) == 100_000
            rest = questions.read_logs(driven.store, driven.id, 0, after=pieces[4].id, limit=2)
            assert rest == pieces[5:7]
            assert questions.read_logs(driven.store, driven.id, 0, attempt=2) == []

    def test_artifacts_and_events_read_back(self) -> None:
        with self.driven() as driven:
            row: dict[str, Any] = {"trial": 0, "attempt": 1, "kind": "artifact", "size": 2**40}
            row |= {"step": None, "time": 1.0, "path": "s3://bucket/a", "name": "a/b ü.png"}
            odd = {**row, "name": "lone \udcff.png", "path": "/lone \udcff.png", "time": 2.0}
            changes = Changes(artifacts=[row, odd])
            changes.event(1.0, "retried", "because\x00", AttemptKey(0, 1))
            changes.event(2.0, "sweep_paused", "")
            driven.record(changes)
            first, second = questions.list_artifacts(driven.store, driven.id, 0)
            assert first == {"sweep_id": driven.id, **row}
            assert second["name"].startswith("lone ")
            told = questions.list_events(driven.store, driven.id)
            assert [(e["kind"], e["text"], e["trial"]) for e in told] == [
                ("retried", "because\ufffd", 0),
                ("sweep_paused", "", None),
            ]
            assert len(questions.list_events(driven.store, driven.id, 0)) == 1

    def test_an_artifact_published_again_replaces(self) -> None:
        with self.driven() as driven:
            row = {"trial": 0, "attempt": 1, "kind": "artifact", "name": "a", "path": "/a"}
            for size in (1, 2):
                again = {**row, "step": None, "size": size, "time": float(size)}
                driven.record(Changes(artifacts=[again]))
            [found] = questions.list_artifacts(driven.store, driven.id)
            assert found["size"] == 2

    def test_a_wish_is_open_until_it_is_answered(self) -> None:
        with self.driven() as driven:
            first = wish(driven.store, driven.id, WishKind.STOP, trial=3, by="me")
            second = wish(driven.store, driven.id, WishKind.PAUSE, clock=driven.clock)
            found = questions.open_wishes(driven.store, driven.id)
            assert [(w["id"], w["kind"], w["trial"]) for w in found] == [
                (first, "stop", 3),
                (second, "pause", None),
            ]
            assert answer_to(driven.store, first) is None
            driven.record(Changes(answers=[{"id": first, "answered": 1.0, "answer": "done"}]))
            assert answer_to(driven.store, first) == "done"
            assert [w["id"] for w in questions.open_wishes(driven.store, driven.id)] == [second]

    def test_each_transaction_bumps_the_rev_once(self) -> None:
        with self.driven() as driven:
            changes = Changes(new_trials={n: make_trial(n) for n in range(3)})
            changes.event(1.0, "kind", "text")
            assert driven.record(changes) == 1
            assert driven.record(Changes(sums=Sums(best_trial=1, best_value=0.5))) == 2
            found = questions.find_sweep(driven.store, driven.name)
            assert (found.rev, found.best_trial, found.best_value) == (2, 1, 0.5)
            assert driven.record(Changes(sums=Sums(gpu_seconds=7.0))) == 3
            found = questions.find_sweep(driven.store, driven.name)
            assert (found.gpu_seconds, found.best_value) == (7.0, 0.5)

    def test_changes_since_a_rev_are_exactly_the_trials_that_changed(self) -> None:
        with self.driven() as driven:
            driven.record(Changes(new_trials={n: make_trial(n) for n in range(4)}))
            first = self._changed(driven, 0)
            assert first == (1, [0, 1, 2, 3])
            assert self._changed(driven, 1) is None
            driven.record(Changes(trials={2: make_trial(2, status=TrialStatus.RUNNING)}))
            driven.record(Changes(new_trials={4: make_trial(4)}))
            assert self._changed(driven, 1) == (3, [2, 4])
            assert self._changed(driven, 2) == (3, [4])
            assert self._changed(driven, 99) == (3, [0, 1, 2, 3, 4])
            refused(SweepNotFound, lambda: questions.changes_since(driven.store, "nothing", 0))

    def _changed(self, driven: Driven, rev: int) -> tuple[int, list[int]] | None:
        found = questions.changes_since(driven.store, driven.name, rev, driven.clock)
        return (found.rev, [trial.number for trial in found.trials]) if found else None

    def test_a_name_is_taken_once_and_an_unknown_one_lists_the_latest(self) -> None:
        with self.driven() as driven:
            assert (
                driven.name
                in refused(SweepExists, lambda: create_sweep(driven.store, make_sweep())).message
            )
            error = refused(SweepNotFound, lambda: questions.find_sweep(driven.store, "digit"))
            assert driven.name in error.hint
            assert questions.has_sweep(driven.store, driven.name)
            assert not questions.has_sweep(driven.store, "digit")

    def test_a_living_holder_is_named_to_whoever_comes_second(self) -> None:
        with self.driven() as driven:
            error = refused(SweepBusy, driven.take)
            assert str(driven.lease.pid) in error.message
            assert driven.lease.host in error.message
            driven.let_lease_be(host="elsewhere")
            assert "elsewhere" in refused(SweepBusy, driven.take).message

    def test_the_lease_of_a_dead_process_is_taken_at_once(self) -> None:
        with self.driven() as driven:
            driven.let_lease_be(pid_started=0.0)
            assert driven.take().owner != driven.lease.owner
            driven.let_lease_be(boot="an earlier one")
            driven.take()

    def test_an_expired_lease_is_taken_over_and_its_holder_writes_nothing_more(self) -> None:
        with self.driven() as driven:
            driven.let_lease_be(host="elsewhere")
            driven.clock.advance(LEASE_SECONDS)
            new = driven.take()
            changes = Changes(new_trials={0: make_trial(0)}, metrics={(0, "loss", 1): (1, 1, 1)})
            refused(LeaseLost, lambda: driven.record(changes))
            refused(
                LeaseLost, lambda: keep_lease(driven.store, driven.id, driven.lease, driven.clock)
            )
            assert questions.list_trials(driven.store, driven.id) == []
            assert questions.metric_names(driven.store, driven.id) == []
            assert not release(driven.store, driven.id, driven.lease)
            assert driven.record(Changes(new_trials={0: make_trial(0)}), new) == 1

    def test_a_lease_lasts_while_it_is_renewed_and_ends_when_it_is_given_back(self) -> None:
        with self.driven() as driven:
            for _ in range(3):
                driven.clock.advance(LEASE_SECONDS * 0.9)
                keep_lease(driven.store, driven.id, driven.lease, driven.clock)
                assert questions.is_driven(driven.store, driven.name, driven.clock)
            driven.clock.advance(LEASE_SECONDS * 0.9)
            driven.record(Changes())
            driven.clock.advance(LEASE_SECONDS * 0.9)
            refused(SweepBusy, driven.take)
            assert release(driven.store, driven.id, driven.lease)
            assert not questions.is_driven(driven.store, driven.name, driven.clock)
            driven.take()

    def test_running_without_a_living_lease_is_interrupted(self) -> None:
        with self.driven() as driven:
            assert self._status(driven) is SweepStatus.RUNNING
            driven.let_lease_be(host="elsewhere")
            driven.clock.advance(LEASE_SECONDS)
            assert self._status(driven) is SweepStatus.INTERRUPTED
            [listed] = questions.list_sweeps(driven.store, driven.clock)
            assert listed.status is SweepStatus.INTERRUPTED
            driven.record(Changes(sweep={"status": "completed"}))
            driven.clock.advance(LEASE_SECONDS)
            assert self._status(driven) is SweepStatus.COMPLETED

    def _status(self, driven: Driven) -> SweepStatus:
        return questions.overview(driven.store, driven.name, driven.clock).status

    def test_a_transaction_reads_one_state_whatever_is_written_meanwhile(self) -> None:
        with self.driven() as driven, driven.store.reading() as connection:
            query = "select rev from sweeps"
            before = connection.exec_driver_sql(query).scalar_one()
            driven.record(Changes(new_trials={0: make_trial(0)}))
            assert connection.exec_driver_sql(query).scalar_one() == before
            assert connection.exec_driver_sql("select count(*) from trials").scalar_one() == 0
