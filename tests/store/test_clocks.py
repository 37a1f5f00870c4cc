"""Clocks that are set, or that never agreed: a lease is neither lost nor kept by them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sweeper.clock import SettableClock
from sweeper.errors import SweepBusy
from sweeper.model.lifecycle import SweepStatus
from sweeper.store import leases, questions
from sweeper.store.leases import LEASE_SECONDS, acquire
from sweeper.store.recording import Changes, keep_lease
from sweeper.store.store import Store
from sweeper.testing.fakes import make_sweep, refused
from sweeper.testing.store import Driven

HOUR = 3600.0


class OffClock(SettableClock):
    """A clock that can be set, while its time passes as everywhere."""

    off = 0.0

    def now(self) -> float:
        return super().now() + self.off


@pytest.fixture
def driven(store: Store) -> Driven:
    """Drive a sweep from another machine, in a fresh store on either database."""
    made = Driven(store, make_sweep())
    made.let_lease_be(host="elsewhere")
    return made


def take(driven: Driven, clock: SettableClock) -> None:
    """Want the lease as a launch does."""
    acquire(driven.store, questions.find_sweep(driven.store, driven.name), clock, watch=True)


def while_watched(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> list[float]:
    """Let something happen whenever somebody who wants a lease waits; gives how long it does."""
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        act()

    monkeypatch.setattr(leases.time, "sleep", sleep)
    return waited


@pytest.mark.parametrize("off", [-HOUR, HOUR])
def test_a_holder_that_gives_signs_of_life_keeps_its_lease_whatever_the_clocks_say(
    driven: Driven, off: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = OffClock()
    ours.off = off
    ours.advance(HOUR)  # by our reckoning its lease has long expired, or has it not

    def keep() -> None:
        driven.clock.advance(leases._LOOK_SECONDS)
        keep_lease(driven.store, driven.id, driven.lease, driven.clock)

    waited = while_watched(monkeypatch, keep)

    refused(SweepBusy, lambda: take(driven, ours))

    assert len(waited) <= 1
    driven.record(Changes())


def test_a_holder_that_is_silent_is_watched_for_a_while_and_then_replaced(
    driven: Driven, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = while_watched(monkeypatch, lambda: None)
    driven.clock.advance(LEASE_SECONDS + 1)

    take(driven, driven.clock)

    assert sum(waited) == pytest.approx(LEASE_SECONDS / 3)


def test_a_lease_that_is_given_back_while_it_is_watched_is_free(
    driven: Driven, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = while_watched(
        monkeypatch, lambda: leases.release(driven.store, driven.id, driven.lease)
    )
    driven.clock.advance(LEASE_SECONDS + 1)

    take(driven, driven.clock)

    assert len(waited) == 1


def test_whoever_died_is_replaced_without_a_look_however_far_off_its_clock(
    driven: Driven, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = while_watched(monkeypatch, lambda: None)
    driven.let_lease_be(host=leases.this_process().host, pid_started=0.0, expires=1e12)

    take(driven, driven.clock)

    assert waited == []


@pytest.mark.slow
@pytest.mark.parametrize("off", [-HOUR, HOUR])
def test_on_a_server_machines_whose_clocks_differ_agree_who_drives(
    postgres_url: str, off: float
) -> None:
    driven = Driven(Store(postgres_url), make_sweep())
    driven.let_lease_be(host="elsewhere")
    another, clock = Store(postgres_url), OffClock()
    clock.off = off

    assert questions.is_driven(another, driven.name, clock)
    assert questions.overview(another, driven.name, clock).status is SweepStatus.RUNNING
    clock.advance(LEASE_SECONDS / 2)
    clock.off += HOUR  # set while it is used, it is put right by the server
    assert questions.is_driven(another, driven.name, clock)

    driven.clock.advance(LEASE_SECONDS / 2)
    keep_lease(driven.store, driven.id, driven.lease, driven.clock)
    assert questions.is_driven(another, driven.name, clock)
    another.close()
    driven.store.close()
