"""What is left of the budgets of a sweep that goes on."""

from __future__ import annotations

from dataclasses import replace

from sweeper.clock import SYSTEM_CLOCK
from sweeper.control.budget import ending_due
from sweeper.control.ledger import Ledger
from sweeper.control.rebuild import refill
from sweeper.model.sweep import SweepRecord
from sweeper.planning.plan import Forecast, Range
from sweeper.store.store import Store

_NOTHING = Range(0, 0, 0)


def over_already(sweep: SweepRecord, store: Store, price: float | None) -> Forecast | None:
    """Give the forecast of a recorded sweep that would end at once, with why; else None."""
    options, goals = sweep.asked(), sweep.goals()
    ledger = Ledger(goals, options, SYSTEM_CLOCK)
    # Nothing of what changes here is recorded: a launch will find it again.
    refill(ledger, store, sweep, SYSTEM_CLOCK)
    due = ending_due(ledger, options, goals.first, sweep.active_seconds)
    if due is None:
        return None
    return Forecast(
        trials=_NOTHING,
        seconds=_NOTHING,
        gpu_hours=_NOTHING,
        money=None if price is None else _NOTHING,
        basis=(f"what is recorded: {due.reason}",),
    )


def with_what_is_left(sweep: SweepRecord) -> SweepRecord:
    """Give a recorded sweep as one that has only the rest of its time and GPU-hours."""
    options = sweep.asked()
    time, hours = options.time, options.gpu_hours
    if time is not None:
        time = max(0.0, time - sweep.active_seconds)
    if hours is not None:
        hours = max(0.0, hours - sweep.gpu_seconds / 3600.0)
    return replace(sweep, options=replace(options, time=time, gpu_hours=hours).describe())
