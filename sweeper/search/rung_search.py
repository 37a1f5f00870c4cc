"""Searching by models that learn from rungs: what all of them share.

A model ranks configurations from a history; this searcher asks it, keeps repeats out of discrete
spaces, and lets some suggestions be random, so that no model can lock itself in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from sweeper.model.encoding import Json, Value
from sweeper.model.objective import Objective
from sweeper.model.randomness import seed_from, unit
from sweeper.model.space import SearchSpace
from sweeper.model.trial import TrialRecord
from sweeper.schedule.scheduler import Progress
from sweeper.search.coordinates import Coordinates
from sweeper.search.feasible import FeasibleModel
from sweeper.search.rung_history import RungHistory
from sweeper.search.searcher import Lesson
from sweeper.search.threads import one_thread
from sweeper.search.visited import Visited

_RANDOM_SHARE, _RANDOM_SHARE_BELOW = 0.1, 0.15
_TRUSTED = 15
_DRAWS = 32


class Model(Protocol):
    """Say from a history which configurations promise most.

    Whatever a model keeps between two calls must be in its notes, or follow from the history.
    Its name tells its notes from another model's.
    """

    name: str

    def rank(self, history: RungHistory, number: int, rng: Any) -> Any | None:
        """Give points of the cube for a trial, the best first; None while too little is known."""
        ...

    def notes(self) -> Json:
        """Give what the last ranking left to be remembered, or None."""
        ...

    def recall(self, notes: Json) -> None:
        """Take back the notes, or None, that were recorded with a trial."""
        ...


class RungSearcher:
    """Ask one of some models for each suggestion, which one following from the trial's number.

    All of them see all results and everything that runs.
    """

    def __init__(
        self,
        space: SearchSpace,
        objective: Objective,
        seed: int,
        models: Sequence[Callable[[Coordinates], Model]],
    ) -> None:
        """Take the models by how each is made for a cube."""
        self._seed = seed
        self._cube = Coordinates(space)
        self._history = RungHistory(self._cube, objective)
        self._visited = Visited(space)
        self._models = [make(self._cube) for make in models]
        self._feasible = FeasibleModel(self._cube)
        self._memories: dict[int, Json] = {}
        self._recalled: dict[str, int] = {}

    def suggest(self, number: int) -> Mapping[str, Value] | None:
        with one_thread():
            params = self._unvisited(self._ranked(number), number)
        if params is not None:
            self._visited.add(params)
            self._history.suggested(number, self._cube.row(params))
        return params

    def memory(self, number: int) -> Json:
        """Give the model's notes on a suggestion, where it made any."""
        return self._memories.pop(number, None)

    def learn(self, lessons: Sequence[Lesson]) -> None:
        """Take note of an earlier sweep's trials, which may be tried again."""
        self._history.learn(lessons)

    def observe(self, trial: TrialRecord) -> None:
        self._visited.add_written(trial.params)
        self._history.observe(trial)
        if not trial.memory or trial.origin != "search":
            return
        models: list[Model | FeasibleModel] = [*self._models, self._feasible]
        for model in models:
            # Each by itself: a trial may have the notes of one of them alone.
            if model.name in trial.memory and trial.number > self._recalled.get(model.name, -1):
                self._recalled[model.name] = trial.number
                model.recall(trial.memory[model.name])

    def observe_report(self, report: Progress, rungs: Sequence[int]) -> None:
        self._history.observe_report(report, rungs)

    def _ranked(self, number: int) -> Any:
        """Give points to try, the best first: a model's, or those of the design or of chance."""
        rng = np.random.default_rng(seed_from(self._seed, number, "search"))
        by_chance = unit(self._seed, number, "chance") < self._chance()
        if by_chance:
            return self._cube.settle(rng.random((_DRAWS, self._cube.size)))
        place = int(unit(self._seed, number, "model") * len(self._models))
        self._history.likely = self._feasible.learn(self._history.degrees, self._history.rows, rng)
        ranked = self._models[place].rank(self._history, number, rng)
        self._note(number, self._models[place], self._feasible)
        return self._design(number, rng) if ranked is None else ranked

    def _note(self, number: int, *asked: Model | FeasibleModel) -> None:
        notes = {model.name: model.notes() for model in asked}
        kept = {name: noted for name, noted in notes.items() if noted is not None}
        if kept:
            self._memories[number] = kept
            self._recalled |= dict.fromkeys(kept, number)

    def _design(self, number: int, rng: Any) -> Any:
        """Give points that cover the space, those first that are likely to be feasible."""
        points = rng.random((_DRAWS, self._cube.size))
        points[0] = spread_point(self._seed, number, self._cube.size)
        settled = self._cube.settle(points)
        if self._history.likely is None:
            return settled
        return settled[np.argsort(-self._history.likely(settled), kind="stable")]

    def _chance(self) -> float:
        """Give the share of random suggestions: the larger, the lower the rungs that are known.

        What leads at a low rung may not lead in the end, and a model that follows it fills the
        higher rungs with its like; a random trial costs little, because most end at once.
        """
        levels = self._history.levels()
        if not self._history.has_rungs or not levels:
            return 0.0
        trusted, highest = self._history.acquisition(_TRUSTED), levels[-1].resource
        if trusted is None or highest <= 1.0:
            return _RANDOM_SHARE + _RANDOM_SHARE_BELOW
        missing = 1.0 - math.log(trusted.resource) / math.log(highest)
        return _RANDOM_SHARE + _RANDOM_SHARE_BELOW * missing

    def _unvisited(self, ranked: Any, number: int) -> Mapping[str, Value] | None:
        for row in ranked:
            params = self._cube.params(row)
            if params not in self._visited:
                return params
        return self._visited.unvisited(unit(self._seed, number, "unvisited"))


def spread_point(seed: int, number: int, size: int) -> Any:
    """Give the point of a low-discrepancy sequence that is shifted by the seed.

    Source: Roberts, "The Unreasonable Effectiveness of Quasirandom Sequences", 2018.
    """
    golden = 2.0
    for _ in range(40):
        golden = (1.0 + golden) ** (1.0 / (size + 1))
    steps = golden ** -np.arange(1.0, size + 1)
    shift = np.array([unit(seed, "shift", j) for j in range(size)])
    # A whole number may be too large for its product to keep a fraction.
    return np.mod(shift + math.fmod(number, 2**40) * steps, 1.0)
