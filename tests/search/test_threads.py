"""Tests of how many threads a suggestion takes."""

from __future__ import annotations

from typing import Any

import pytest
from threadpoolctl import ThreadpoolController

from sweeper.model.domains import uniform
from sweeper.model.encoding import Json
from sweeper.model.objective import Goal, Mode, Objective
from sweeper.model.space import SearchSpace
from sweeper.search.coordinates import Coordinates
from sweeper.search.rung_history import RungHistory
from sweeper.search.rung_search import RungSearcher


class Counting:
    """A model that notes on how many threads it is asked, and knows nothing."""

    name = "counting"

    def __init__(self, cube: Coordinates) -> None:
        self.seen: list[int] = []

    def rank(self, history: RungHistory, number: int, rng: Any) -> Any | None:
        self.seen += threads()
        return None

    def notes(self) -> Json:
        return None

    def recall(self, notes: Json) -> None:
        raise AssertionError("nothing was noted")


def threads() -> list[int]:
    found = ThreadpoolController().lib_controllers
    return [library.num_threads for library in found if library.user_api == "blas"]


@pytest.fixture
def machine_of_four() -> Any:
    """Let linear algebra take four threads, whatever this machine has."""
    import scipy.linalg  # noqa: F401

    with ThreadpoolController().limit(limits=4, user_api="blas"):
        yield


def test_a_model_calculates_on_one_thread_and_gives_the_others_back(machine_of_four: None) -> None:
    model = Counting(Coordinates(SearchSpace(domains={})))
    space = SearchSpace(domains={"x": uniform(0.0, 1.0)})
    objective = Objective(goals=(Goal(metric="loss", mode=Mode.MIN),))
    searcher = RungSearcher(space, objective, 1, [lambda _cube: model])

    suggested = [searcher.suggest(number) for number in range(5)]

    assert None not in suggested
    assert set(model.seen) == {1}
    assert set(threads()) == {4}
