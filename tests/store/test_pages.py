"""Tests of long lists that are read page by page."""

from __future__ import annotations

import math

from sweeper.clock import SYSTEM_CLOCK
from sweeper.model.lifecycle import TrialStatus
from sweeper.store import commands, pages, questions
from sweeper.store.leases import acquire
from sweeper.store.recording import Changes, create_sweep, record
from sweeper.store.store import Store
from sweeper.testing.fakes import make_sweep, make_trial


def test_every_page_begins_behind_its_cursor(store: Store) -> None:
    for name in ("a", "b", "c"):
        create_sweep(store, make_sweep(name))
    found = questions.find_sweep(store, "b")
    changes = Changes()
    for number in range(4):
        changes.new_trials[number] = make_trial(number, {"x": 1.0}, status=TrialStatus.WAITING)
    for step in (1, 2, 3):
        changes.metrics[0, "loss", step] = (math.nan if step == 2 else 0.5, 1.0, 1)
    record(store, found.id, acquire(store, found, SYSTEM_CLOCK), changes, SYSTEM_CLOCK)
    wished = [commands.wish(store, found.id, commands.WishKind.STOP, by="me") for _ in range(3)]

    newest = pages.sweeps_before(store, None, 2)
    assert [one.sweep.name for one in newest] == ["c", "b"]
    rest = pages.sweeps_before(store, newest[-1].sweep.id, 2)
    assert [one.sweep.name for one in rest] == ["a"]
    assert [t.number for t in pages.trials_after(store, found.id, 0, 2)] == [1, 2]
    assert pages.trials_after(store, found.id, 2**53, 2, TrialStatus.FAILED) == []
    reports = pages.reports_after(store, (found.id, 0), "loss", 1, 10)
    assert [(one.step, math.isnan(one.value)) for one in reports] == [(2, True), (3, False)]
    before = pages.wishes_before(store, found.id, wished[-1], 10)
    assert [wish.id for wish in before] == wished[1::-1]
