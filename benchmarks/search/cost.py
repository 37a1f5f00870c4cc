"""What a suggestion costs at 10,000 finished and 200 running trials, for every searcher.

    OMP_NUM_THREADS=1 python -m benchmarks.search.cost

CPU time, with three reports arriving between two suggestions, under ASHA where a searcher serves
one objective. "median" and "mean" are over suggestions; the largest one is where a model refits.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np
import optuna

from sweeper.model.domains import choice, loguniform, randint, uniform
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import Goal, Mode, Objective
from sweeper.model.space import SearchSpace, Signature, build_space
from sweeper.schedule.scheduler import Progress
from sweeper.search.named import make_searcher
from sweeper.search.random_search import Random
from sweeper.search.searcher import Remembering, RungAware, Searcher
from sweeper.testing.fakes import LOSS, make_trial

_RUNGS = (1, 3, 9, 27)
BOTH = Objective(goals=(*LOSS.goals, Goal(metric="latency", mode=Mode.MIN)))


def space_of(options: bool) -> SearchSpace:
    """Make a space of ten parameters, two of them options where those are wanted."""
    domains: dict[str, Any] = {f"float{i}": uniform(0.0, 1.0) for i in range(4)}
    domains |= {f"log{i}": loguniform(1e-4, 1.0) for i in range(2)}
    domains |= {f"whole{i}": randint(1, 100) for i in range(2)}
    last = choice(["a", "b", "c"]) if options else uniform(0.0, 1.0)
    domains |= {f"last{i}": last for i in range(2)}
    return build_space(domains, {}, Signature(takes_any=True))


class History:
    """Trials under ASHA, or trained to the end where there are several objectives."""

    def __init__(self, searcher: Searcher, space: SearchSpace, objectives: int) -> None:
        self.searcher, self.space, self.objectives = searcher, space, objectives
        self.hears = searcher if isinstance(searcher, RungAware) and objectives == 1 else None
        self.random = Random(space, 3)

    def started(self, number: int) -> None:
        """Let a random trial start."""
        params = self.random.suggest(number) or {}
        trial = make_trial(number, self.space.encode(params), status=TrialStatus.RUNNING)
        self.searcher.observe(trial)

    def ended(self, number: int) -> None:
        """Let a random trial report at its rungs and end."""
        params = self.random.suggest(number) or {}
        loss = sum(float(params[f"float{i}"]) for i in range(4))
        rungs = [rung for k, rung in enumerate(_RUNGS) if number % 3**k == 0]
        for rung in rungs if self.hears else ():
            report = Progress(trial=number, step=rung, value=loss, score=-loss, before=0)
            self.hears.observe_report(report, (rung,))  # type: ignore[union-attr]
        whole = self.objectives > 1 or number % _RUNGS[-1] == 0
        status = TrialStatus.COMPLETED if whole else TrialStatus.PRUNED
        trial = make_trial(number, self.space.encode(params), status=status, value=loss)
        values = (loss, float(params["log0"]))[: self.objectives] if whole else None
        self.searcher.observe(replace(trial, values=values, last_step=rungs[-1]))


def milliseconds(
    make: Callable[[SearchSpace], Searcher], options: bool, finished: int, objectives: int
) -> list[float]:
    """Measure some suggestions."""
    space = space_of(options)
    history = History(make(space), space, objectives)
    for number in range(finished + 200):
        history.started(number)
        if number < finished:
            history.ended(number)
    found = []
    for number in range(finished + 200, finished + 224):
        began = time.process_time()
        history.searcher.suggest(number)
        if isinstance(history.searcher, Remembering):
            history.searcher.memory(number)
        found.append(1000.0 * (time.process_time() - began))
        for other in range(3):
            history.ended(number - 200 + 24 * other)
    return found[2:]


def searchers() -> dict[str, tuple[Any, Objective, bool]]:
    """Give every searcher by its label: what is given, its objective, whether with options."""
    found: dict[str, tuple[Any, Objective, bool]] = {
        name: (name, LOSS, True) for name in ("random", "qmc", "tpe", "gp", "gp+tpe")
    }
    if find_spec("cmaes") is not None:
        found["cmaes"] = ("cmaes", LOSS, False)
    found["nsga2"] = ("nsga2", LOSS, True)
    found["nsga2, two objectives"] = ("nsga2", BOTH, True)
    found["tpe, two objectives"] = ("tpe", BOTH, True)
    found["Optuna's TPESampler()"] = (optuna.samplers.TPESampler(), LOSS, True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--finished", type=int, default=10_000)
    parser.add_argument("--only", default="", help="only labels that have this in them")
    given = parser.parse_args()
    print("| search | median ms | mean ms | most ms |\n|---|---|---|---|", flush=True)
    for label, (search, objective, options) in searchers().items():
        if given.only not in label:
            continue

        def make(space: SearchSpace, search: Any = search, goal: Objective = objective) -> Searcher:
            named = isinstance(search, str)
            described = {"kind": "auto", "chosen": search} if named else {"kind": "object"}
            return make_searcher(described, space, goal, 7, None if named else search)

        found = milliseconds(make, options, given.finished, len(objective.goals))
        cells = " | ".join(f"{f(found):.1f}" for f in (np.median, np.mean, max))
        print(f"| {label} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
