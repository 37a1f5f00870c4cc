"""Tests of milestones against brute force."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.errors import SweeperError
from sweeper.model.milestones import NO_MILESTONES, Milestones
from sweeper.testing.fakes import refused

_FAR = 400

milestones = st.builds(
    Milestones,
    first=st.one_of(st.none(), st.integers(1, 20)),
    every=st.one_of(st.none(), st.integers(1, 9)),
    factor=st.one_of(st.none(), st.integers(2, 4)),
    last=st.one_of(st.none(), st.integers(1, 200)),
)


def _listed(made: Milestones) -> list[int]:
    """List all milestones up to a far step, by looking at every step."""
    if made.first is None:
        return []
    powers = {made.first * made.factor**power for power in range(10)} if made.factor else set()
    return [
        step
        for step in range(made.first, _FAR)
        if (step - made.first) % (made.every or _FAR) == 0 or (not made.every and step in powers)
        if made.last is None or step <= made.last
    ]


@given(milestones, st.integers(0, 300))
@settings(max_examples=60)
def test_the_one_after_a_step_is_the_first_beyond_it(made: Milestones, step: int) -> None:
    beyond = [milestone for milestone in _listed(made) if milestone > step]
    found = made.after(step)
    assert found == (beyond[0] if beyond else None) or (found or 0) >= _FAR


@given(milestones, st.integers(0, 300), st.integers(0, 300))
@settings(max_examples=60)
def test_those_crossed_lie_beyond_one_step_and_up_to_another(
    made: Milestones, before: int, step: int
) -> None:
    assert list(made.crossed(before, step)) == [m for m in _listed(made) if before < m <= step]


def test_a_leap_over_a_billion_steps_costs_nothing() -> None:
    assert Milestones(first=1, every=2).after(10**9) == 10**9 + 1
    assert list(NO_MILESTONES.crossed(0, 10**9)) == []


def test_milestones_that_never_ascend_are_refused() -> None:
    refused(SweeperError, lambda: Milestones(first=1, factor=1))
    refused(SweeperError, lambda: Milestones(first=0, factor=2))
    refused(SweeperError, lambda: Milestones(first=1, every=-1))
    refused(SweeperError, lambda: Milestones(first=1, every=0))
