"""Tests of the conditions that stop a trial by its own curve, and of what judges beside them."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.errors import SweeperError
from sweeper.model.assignment import Decision
from sweeper.schedule import ASHA, StopIf
from sweeper.schedule.named import describe_scheduler, make_scheduler
from sweeper.testing.fakes import refused
from sweeper.testing.scheduler import make_report, run_curve

WELL = Decision.CONTINUE


def stopped_at(values: list[float], **conditions: Any) -> int | None:
    """Give the step at which a loss curve is stopped."""
    decisions = run_curve(StopIf(**conditions), 0, values)
    return len(decisions) if decisions[-1] is Decision.STOP else None


@pytest.mark.parametrize(
    ("conditions", "values", "step"),
    [
        ({"plateau": 3}, [5, 4, 3, 3, 3, 3, 2], 6),
        ({"plateau": 3}, [5, 4, 3, 3, 3, 2, 2], None),
        ({"plateau": 2, "min_change": 0.5}, [5.0, 4.0, 3.9, 3.8, 3.0], 4),
        ({"plateau": 2, "min_steps": 5}, [5, 5, 5, 5, 5, 5], 5),
        ({"worse_by": 1.0}, [5, 3, 4, 3.5, 4.5], 5),
        ({"outside": (None, 9.0)}, [5, 9, 9.5], 3),
        ({"outside": (0.0, None)}, [1, 0, -1], 3),
        ({"outside": (None, 9.0)}, [5, math.nan], 2),
        ({"plateau": 50}, [5, math.inf], 2),
        ({"outside": [-9.0, None]}, [5, -math.inf], 2),
    ],
)
def test_a_curve_is_stopped_where_a_condition_holds(
    conditions: dict[str, Any], values: list[float], step: int | None
) -> None:
    assert stopped_at([float(value) for value in values], **conditions) == step


@given(
    st.lists(st.integers(0, 6).map(float), min_size=1, max_size=30),
    st.integers(1, 5), st.sampled_from([0.0, 1.0]), st.sampled_from([0.0, 2.0]), st.integers(1, 4),
)  # fmt: skip
def test_it_stops_as_the_plain_one(
    losses: list[float], plateau: int, min_change: float, worse_by: float, first: int
) -> None:
    expected, best, at = None, losses[0], 1
    for step, loss in enumerate(losses[1:], 2):
        worse = loss - best > worse_by
        if loss < best - min_change:
            best, at = loss, step
        if expected is None and step >= first and (step - at >= plateau or worse):
            expected = step
    found = stopped_at(
        losses, plateau=plateau, min_change=min_change, worse_by=worse_by, min_steps=first
    )
    assert found == expected


def test_a_report_that_comes_again_changes_nothing() -> None:
    scheduler = StopIf(plateau=2)
    for step in (1, 2, 2, 1, 2):
        assert scheduler.decide(make_report(0, step, 1.0)) is WELL
    assert scheduler.decide(make_report(0, 3, 1.0)) is Decision.STOP


def test_whoever_is_not_stopped_is_judged_by_the_other_scheduler() -> None:
    alone, beside = ASHA(max_steps=27), StopIf(outside=(None, 1e6), then=ASHA(max_steps=27))
    for trial in range(30):
        values = [float(trial % 7) / step for step in range(1, 28)]
        assert run_curve(beside, trial, values) == run_curve(alone, trial, values)
        assert beside.next_resume() == alone.next_resume()


def test_it_is_made_again_from_what_is_recorded_with_the_other_inside() -> None:
    described = describe_scheduler(StopIf(plateau=3, then=ASHA(max_steps=9)))
    made = make_scheduler(described)
    assert made is not None
    assert describe_scheduler(made) == described


def test_it_saves_where_the_other_one_pauses_and_asks_at_every_step() -> None:
    milestones = StopIf(plateau=3, min_steps=2, then=ASHA(max_steps=27)).milestones(0)
    assert list(milestones.crossed(0, 5)) == [1, 2, 3, 4, 5]
    assert [milestones.pause_after(step) for step in (0, 1, 4, 9)] == [1, 3, 9, None]


@pytest.mark.parametrize(
    "conditions",
    [
        {},
        {"plateau": 0},
        {"plateau": 1.5},
        {"min_change": -1.0, "plateau": 1},
        {"outside": (math.nan, 1.0)},
        {"outside": True},
        {"outside": (2.0, 1.0)},
        {"outside": (None, None)},
        {"outside": (None, 1.0), "then": "asha"},
        {"outside": (None, 1.0), "then": ASHA},
    ],
)
def test_conditions_that_make_no_sense_are_refused(conditions: dict[str, Any]) -> None:
    refused(SweeperError, lambda: StopIf(**conditions))
