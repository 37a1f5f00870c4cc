"""Running a launch on the simulated backend, several times, to see how long it may take."""

from __future__ import annotations

import math
import random
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sweeper.backend import Timekeeper
from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.control.parts import Parts
from sweeper.controller import Controller
from sweeper.errors import SweeperError
from sweeper.model.space import SearchSpace
from sweeper.model.sweep import Options, SweepRecord
from sweeper.planning.evidence import Evidence, Lived
from sweeper.planning.plan import Forecast, Range
from sweeper.planning.replay import SCENES, Scene, replay
from sweeper.plugins import open_backend
from sweeper.search.named import make_pruning, make_searcher
from sweeper.store import questions
from sweeper.store.leases import acquire
from sweeper.store.recording import create_sweep
from sweeper.store.store import Store
from sweeper.worker.code import pack

_RUNS = 20
_FEWEST_RUNS = 4
_REAL_SECONDS = 12.0
_SLOW_SECONDS = 4.0
_FEWEST_TRIALS = 400
_MOST_TRIALS = 4000
_LEAST_SPREAD = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be forecast: the sweep as it would be launched, and what its function is like.

    done are the trials that have ended already, workers how many will run at once; length is
    the steps of a whole training. search and scheduler are the objects that were given.
    """

    sweep: SweepRecord
    space: SearchSpace
    evidence: Evidence
    workers: int
    done: int = 0
    length: int | None = None
    search: object = None
    scheduler: object = None


@dataclass(frozen=True, slots=True)
class _Took:
    trials: float
    seconds: float
    gpu_seconds: float
    best: float | None


def forecast(question: Question, price: float | None, clock: Clock = SYSTEM_CLOCK) -> Forecast:
    """Run the sweep in virtual time, each time with other draws, and sum up what it took.

    The trials of a run play earlier ones of similar configurations, drawn with replacement;
    each run is paced anew by how surely the few that are known tell the mean.
    """
    notes = []
    begun = clock.elapsed()
    took: list[_Took] = []
    with tempfile.TemporaryDirectory(prefix="sweeper-plan-") as folder:
        store = Store(f"sqlite:///{folder}/plan.db")
        try:
            while len(took) < _RUNS and (
                len(took) < _FEWEST_RUNS or clock.elapsed() - begun < _REAL_SECONDS
            ):
                took.append(_run(question, store, len(took)))
                if len(took) == 1 and clock.elapsed() - begun > _SLOW_SECONDS:
                    changed = _with_random_search(question)
                    if changed is not question:
                        question, took = changed, []
                        notes.append("configurations drawn at random, which is quicker to simulate")
        finally:
            store.close()
    hours = _range([one.gpu_seconds / 3600.0 for one in took])
    bests = [one.best for one in took if one.best is not None]
    return Forecast(
        trials=_range([one.trials for one in took], whole=True),
        seconds=_range([one.seconds for one in took]),
        gpu_hours=hours,
        money=None
        if price is None
        else Range(*(price * end for end in (hours.low, hours.middle, hours.high))),
        best=_range(bests) if bests else None,
        basis=(*_basis(question), f"{len(took)} simulated runs of the sweep", *notes),
    )


def _basis(question: Question) -> list[str]:
    evidence = question.evidence
    said = list(evidence.sources)
    if evidence.failing:
        said.append(f"{evidence.failing:.0%} of their attempts failed")
    if evidence.lost:
        said.append(f"a worker was lost every {1 / evidence.lost:.3g} hours of work")
    if not any(lived.whole for lived in evidence.trials):
        said.append("none of them ran to its end, so that trainings may be longer than known")
    capped = _simulated_trials(question)
    if capped != _wanted(question):
        said.append(f"the first {capped} trials of each run; the rest at their pace")
    return said


def _with_random_search(question: Question) -> Question:
    options = question.sweep.asked()
    if options.search["kind"] in ("random", "grid"):
        return question
    written = replace(options, search={"kind": "random"}).describe()
    return replace(question, search=None, sweep=replace(question.sweep, options=written))


def _wanted(question: Question) -> int | None:
    trials = question.sweep.asked().trials
    return None if trials is None else max(0, trials - question.done)


def _simulated_trials(question: Question) -> int:
    most = min(_MOST_TRIALS, max(_FEWEST_TRIALS, 5 * question.workers))
    wanted = _wanted(question)
    return most if wanted is None else min(wanted, most)


def _run(question: Question, store: Store, number: int) -> _Took:
    """Simulate the sweep once and say what it took."""
    options = question.sweep.asked()
    trials = _simulated_trials(question)
    simulated = replace(options, trials=trials)
    name = f"run {number}"
    sweep = replace(
        question.sweep,
        id=0,
        name=name,
        options=simulated.describe(),
        points=question.sweep.points if not question.done else (),
        active_seconds=0.0,
        gpu_seconds=0.0,
        lease=None,
    )
    sweep = replace(sweep, id=create_sweep(store, sweep))
    SCENES[name] = _scene(question, number)
    try:
        _simulate(question, store, sweep)
    finally:
        del SCENES[name]
    found = questions.overview(store, name)
    took = _Took(
        trials=found.ended,
        seconds=found.sweep.active_seconds,
        gpu_seconds=found.sweep.gpu_seconds,
        best=found.sweep.best_value,
    )
    capped = trials != _wanted(question) and found.ended >= trials
    return _carried_on(question, took) if capped else took


def _scene(question: Question, number: int) -> Scene:
    draw = random.Random(f"{question.sweep.seed}/{number}")
    known = question.evidence.trials
    return Scene(
        space=question.space,
        metrics=question.sweep.goals().metrics,
        evidence=question.evidence,
        pool=draw.choices(known, k=len(known)),
        pace=math.exp(draw.gauss(0.0, _doubt(known))),
        jitter=_jitter(known),
        length=question.length,
        seed=f"{question.sweep.seed}/{number}",
    )


def _doubt(known: Sequence[Lived]) -> float:
    """Say how far the mean of a few durations may lie from the true one, as a log's error."""
    paces = [math.log(lived.seconds / max(1, len(lived.steps))) for lived in known if lived.seconds]
    if len(paces) < 2:
        return 0.3
    return max(_LEAST_SPREAD, statistics.stdev(paces) / math.sqrt(len(paces)))


def _jitter(known: Sequence[Lived]) -> float:
    """Say how far apart unknown trials may lie between the known ones: less, the more these are."""
    ends = [lived.curve[-1] for lived in known if lived.curve and math.isfinite(lived.curve[-1])]
    if len(ends) < 2:
        return abs(ends[0]) * 0.1 if ends else 0.0
    return statistics.stdev(ends) * min(1.0, 3.0 / len(ends))


def _simulate(question: Question, store: Store, sweep: SweepRecord) -> None:
    """Drive a stand-in of the sweep in virtual time, on this thread."""
    options: Options = sweep.asked()
    evidence = question.evidence
    address = f"simulated:{question.workers},startup={evidence.startup:.6g}"
    backend = open_backend(f"{address},loss={evidence.lost:.6g}", options)
    if not isinstance(backend, Timekeeper):
        raise SweeperError("the simulated backend keeps no time", hint="Reinstall sweepable.")
    controller = Controller(
        Parts(
            store=store,
            sweep=sweep,
            lease=acquire(store, sweep, SYSTEM_CLOCK),
            space=question.space,
            options=options,
            code=pack(replay, far=False),
            backend=backend,
            searcher=make_searcher(
                options.search, question.space, sweep.goals(), sweep.seed, question.search
            ),
            scheduler=make_pruning(options.scheduler, sweep.goals().first, question.scheduler),
            simulated=backend.keep_time(sweep.updated),
        )
    )
    controller.run()
    if controller.failure is not None:
        raise controller.failure


def _carried_on(question: Question, took: _Took) -> _Took:
    """Let a run that was simulated in part go on at its pace, until a budget is used up."""
    options = question.sweep.asked()
    wanted = _wanted(question)
    paced = statistics.fmean(lived.seconds for lived in question.evidence.trials)
    filling = min(paced, took.seconds / 2)
    each = (took.seconds - filling) / took.trials
    most = [math.inf if wanted is None else wanted - took.trials]
    if options.time is not None:
        most.append((options.time - took.seconds) / each if each else math.inf)
    if options.gpu_hours is not None and took.gpu_seconds:
        left = options.gpu_hours * 3600.0 - took.gpu_seconds
        most.append(left / (took.gpu_seconds / took.trials))
    more = max(0.0, min(most))
    if more == math.inf:
        return took
    return _Took(
        trials=took.trials + math.floor(more),
        seconds=took.seconds + each * more,
        gpu_seconds=took.gpu_seconds * (1 + more / took.trials),
        best=took.best,
    )


def _range(values: Sequence[float], *, whole: bool = False) -> Range:
    """Give the 10 %, 50 % and 90 % quantiles of a few values; wider where they are very few.

    Example:
        >>> _range([5.0] * 20)
        Range(low=5.0, middle=5.0, high=5.0)
    """
    middle = statistics.median(values)
    if len(values) < 2 or min(values) == max(values):
        return Range(middle, middle, middle)
    spread = statistics.stdev(values) * (1.2816 + 1.5 / len(values))
    low, high = max(min(0.0, min(values)), middle - spread), middle + spread
    return (
        Range(*(round(end) for end in (low, middle, high))) if whole else Range(low, middle, high)
    )
