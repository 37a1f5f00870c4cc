"""Fronts and hypervolumes, against counting."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from sweeper.model.pareto import Front, Scores, dominates, front_of, hypervolume

WORST = -1


def boards(goals: int) -> st.SearchStrategy[list[Scores]]:
    score = st.integers(WORST, 4).map(float)
    return st.lists(st.tuples(*[score] * goals), max_size=9)


ANY_BOARD = st.integers(1, 4).flatmap(boards)


@given(ANY_BOARD)
def test_the_front_is_what_nobody_dominates(found: list[Scores]) -> None:
    unbeaten = [at for at, own in enumerate(found) if not any(dominates(o, own) for o in found)]
    assert front_of(found) == unbeaten


@given(ANY_BOARD)
def test_a_front_that_grows_ends_as_the_front_of_all(found: list[Scores]) -> None:
    front = Front()
    for scores in found:
        before = list(front.members)
        assert front.add(scores) == (front.members != before)
    assert sorted(front.members) == sorted({found[at] for at in front_of(found)})


@given(ANY_BOARD)
def test_the_hypervolume_is_the_number_of_cells_that_are_dominated(found: list[Scores]) -> None:
    goals = len(found[0]) if found else 1
    reference = (0.0,) * goals
    cells = sum(
        any(all(corner < score for corner, score in zip(cell, scores)) for scores in found)
        for cell in product(range(4), repeat=goals)
    )
    assert hypervolume(found, reference) == cells


def test_what_only_equals_the_reference_in_one_objective_adds_nothing() -> None:
    assert hypervolume([(5.0, 0.0), (0.0, 5.0)], reference=(0.0, 0.0)) == 0.0
