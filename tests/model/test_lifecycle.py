"""Tests that walk all reachable states of a trial, its attempt and the wish on it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from sweeper.errors import LifecycleError
from sweeper.model.lifecycle import (
    ATTEMPT_NEXT,
    ENDED,
    LIVE,
    RETRY_POLICY,
    TRIAL_AFTER,
    TRIAL_NEXT,
    AttemptStatus,
    Outcome,
    TrialStatus,
    Wish,
    advance_attempt,
    advance_trial,
    trial_after,
)

A, T, W = AttemptStatus, TrialStatus, Wish
OVER = set(AttemptStatus) - LIVE
STORY = "trial 3, attempt 2"

# The table of the design: how it ended, then what becomes of it under each wish. "again" is
# waiting while a further attempt is left, else failed; "never" cannot be.
DESIGN = """
succeeded completed completed completed completed
stopped   never     paused    pruned    cancelled
failed    again     again     pruned    cancelled
lost      again     again     pruned    cancelled
"""


def designed() -> Iterator[tuple[AttemptStatus, Wish, str]]:
    """Give each entry of the design's table."""
    for line in DESIGN.strip().splitlines():
        ended, *after = line.split()
        for wish, then in zip(Wish, after, strict=True):
            yield AttemptStatus(ended), wish, then


@pytest.mark.parametrize(("ended", "wish", "then"), list(designed()))
def test_what_becomes_of_a_trial_is_what_the_design_says(
    ended: AttemptStatus, wish: Wish, then: str
) -> None:
    for chance_left in (True, False):
        again = T.WAITING if chance_left else T.FAILED
        if then == "never":
            with pytest.raises(LifecycleError, match=STORY):
                trial_after(ended, wish, chance_left=chance_left, story=STORY)
            continue
        after = trial_after(ended, wish, chance_left=chance_left, story=STORY)
        assert after is (again if then == "again" else T(then))


@pytest.mark.parametrize("wish", list(Wish))
def test_what_succeeds_with_a_configuration_that_cannot_be_used_is_infeasible(wish: Wish) -> None:
    after = trial_after(A.SUCCEEDED, wish, chance_left=True, story=STORY, feasible=False)
    assert after is T.INFEASIBLE


def test_the_table_has_an_entry_for_every_end_and_wish_but_the_impossible_one() -> None:
    assert set(TRIAL_AFTER) == set(product(OVER, Wish)) - {(A.STOPPED, W.NONE)}


State = tuple[TrialStatus, AttemptStatus | None, Wish]


def steps(state: State) -> Iterator[State]:
    """Give the states that follow one: what people, workers and controllers may do next."""
    trial, attempt, wish = state
    if attempt is None:
        yield from ((then, None, W.NONE) for then in TRIAL_NEXT[trial] if then is not T.RUNNING)
        if T.RUNNING in TRIAL_NEXT[trial]:
            yield T.RUNNING, A.CREATED, W.NONE
        return
    yield from ((trial, attempt, stronger) for stronger in Wish if stronger > wish)
    for then in ATTEMPT_NEXT[attempt]:
        if then in LIVE:
            yield trial, then, wish
        elif (then, wish) in TRIAL_AFTER:
            for chance_left, feasible in product((True, False), (True, False)):
                after = trial_after(
                    then, wish, chance_left=chance_left, story=STORY, feasible=feasible
                )
                yield advance_trial(trial, after, STORY), None, W.NONE


def reachable() -> set[State]:
    """Walk from a new trial to every state that can follow."""
    found: set[State] = set()
    ahead: list[State] = [(T.WAITING, None, W.NONE)]
    while ahead:
        state = ahead.pop()
        if state not in found:
            found.add(state)
            ahead += steps(state)
    return found


def test_every_state_is_reached_and_a_trial_runs_exactly_while_an_attempt_lives() -> None:
    states = reachable()
    assert {trial for trial, _, _ in states} == set(TrialStatus)
    assert {attempt for _, attempt, _ in states} == {None, *LIVE}
    assert {(attempt, wish) for _, attempt, wish in states if attempt} == set(product(LIVE, Wish))
    assert all((trial is T.RUNNING) == (attempt is not None) for trial, attempt, _ in states)


def test_from_every_state_a_trial_can_come_to_its_end() -> None:
    ways = {state: set(steps(state)) for state in reachable()}
    ending = {state for state in ways if state[0] in ENDED}
    while more := {s for s, after in ways.items() if s not in ending and after & ending}:
        ending |= more
    assert ending == set(ways)


def test_what_is_completed_is_never_run_again_and_what_is_pruned_at_most_waits_again() -> None:
    assert TRIAL_NEXT[T.COMPLETED] == TRIAL_NEXT[T.INFEASIBLE] == frozenset()
    assert TRIAL_NEXT[T.PRUNED] == {T.PAUSED}
    assert TRIAL_NEXT[T.FAILED] == TRIAL_NEXT[T.CANCELLED] == {T.WAITING}


@pytest.mark.parametrize(("now", "then"), list(product(AttemptStatus, AttemptStatus)))
def test_an_attempt_moves_as_the_table_says_or_raises_its_story(
    now: AttemptStatus, then: AttemptStatus
) -> None:
    if then in ATTEMPT_NEXT[now]:
        assert advance_attempt(now, then, STORY) is then
        return
    with pytest.raises(LifecycleError, match=f"{STORY}.*{now}.*{then}") as caught:
        advance_attempt(now, then, STORY)
    assert caught.value.hint


@pytest.mark.parametrize(("now", "then"), list(product(TrialStatus, TrialStatus)))
def test_a_trial_moves_as_the_table_says_or_raises_its_story(
    now: TrialStatus, then: TrialStatus
) -> None:
    if then in TRIAL_NEXT[now]:
        assert advance_trial(now, then, STORY) is then
        return
    with pytest.raises(LifecycleError, match=f"{STORY}.*{now}.*{then}") as caught:
        advance_trial(now, then, STORY)
    assert caught.value.hint


def test_each_status_has_a_row_and_the_rows_lead_nowhere_else() -> None:
    assert set(ATTEMPT_NEXT) == set(AttemptStatus)
    assert set(TRIAL_NEXT) == set(TrialStatus)
    assert {status for status in AttemptStatus if not ATTEMPT_NEXT[status]} == OVER


def test_every_outcome_has_a_policy_for_further_attempts() -> None:
    assert set(RETRY_POLICY) == set(Outcome)
