"""Running a launch on the simulated backend, several times, to see how long it may take."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from sweeper.backend import Timekeeper
from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.control.parts import Parts
from sweeper.controller import Controller
from sweeper.display.wording import duration
from sweeper.errors import SweeperError
from sweeper.model.space import SearchSpace
from sweeper.model.sweep import Options, SweepRecord
from sweeper.planning.evidence import Evidence, Lived
from sweeper.planning.plan import Forecast, Range
from sweeper.planning.replay import SCENES, Scene, replay
from sweeper.plugins import open_backend
from sweeper.schedule.scheduler import Copying
from sweeper.search.named import make_searcher, pruning_of
from sweeper.store import questions
from sweeper.store.leases import acquire
from sweeper.store.recording import create_sweep
from sweeper.store.store import Store
from sweeper.worker.code import pack

_RUNS = 20
_FEWEST_RUNS = 4
_REAL_SECONDS = 8.0
_SLOW_SECONDS = 4.0
_FEWEST_TRIALS = 400
_MOST_TRIALS = 4000
_LEAST_DOUBT, _MOST_DOUBT = 0.03, 0.5
_MANY = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be forecast: the sweep as it would be launched, and its function.

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


def forecast(question: Question, price: float | None, clock: Clock = SYSTEM_CLOCK) -> Forecast:
    """Run the sweep in virtual time, each time with other draws, and sum up what it took.

    The trials of a run play earlier ones of similar configurations, drawn with replacement;
    each run is paced anew by how surely the few that are known tell the mean.
    """
    notes = []
    begun = clock.elapsed()
    if question.evidence.saves is None and _copies(question):
        question = replace(question, evidence=replace(question.evidence, saves=True))
        notes.append("the belief that the function saves checkpoints: none was told to so far")
    with closing(Store("sqlite:///:memory:")) as store:
        took = [_run(question, store, 0)]
        if clock.elapsed() - begun > _SLOW_SECONDS and not _is_quick(question):
            question, took = _with_random_search(question), []
            notes.append("configurations drawn at random, which is quicker to simulate")
        while len(took) < _FEWEST_RUNS or (
            len(took) < _RUNS and clock.elapsed() - begun < _REAL_SECONDS
        ):
            took.append(_run(question, store, len(took) + 1))
    hours = _range([one.gpu_seconds / 3600.0 for one in took])
    if price and not question.sweep.asked().resources.all_gpus:
        notes.append("trials that ask for no GPU, so that they cost nothing")
    return Forecast(
        trials=_range([one.trials for one in took], whole=True),
        seconds=_range([one.seconds for one in took]),
        gpu_hours=hours,
        money=None if price is None else hours.times(price),
        basis=(*_basis(question), f"{len(took)} simulated runs of the sweep", *notes),
    )


def _basis(question: Question) -> list[str]:
    evidence = question.evidence
    said = list(evidence.sources)
    if evidence.warmup:
        said.append(f"the first trial in a process took {duration(evidence.warmup)} longer")
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


def _copies(question: Question) -> bool:
    return isinstance(pruning_of(question.sweep, question.scheduler), Copying)


def _is_quick(question: Question) -> bool:
    return question.sweep.asked().search["kind"] in ("random", "grid", "qmc")


def _with_random_search(question: Question) -> Question:
    options = question.sweep.asked()
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
    # The stand-in saves nothing; where it would go on from is kept in its scene.
    kept = {m: bound for m, bound in options.constraints.items() if m in _told_by_all(question)}
    simulated = replace(options, trials=trials, artifacts="", constraints=kept)
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
    )
    capped = trials != _wanted(question) and found.ended >= trials
    if not capped:
        return took
    recorded = questions.list_trials(store, sweep.id)
    return _carried_on(question, took, [trial.duration for trial in recorded])


def _told_by_all(question: Question) -> set[str]:
    """Give the metrics that can be held against bounds, because every whole trial told them."""
    told = [set(lived.told) for lived in question.evidence.trials if lived.whole]
    return set.intersection(*told) if told else set()


def _scene(question: Question, number: int) -> Scene:
    draw = random.Random(f"{question.sweep.seed}/{number}")
    known = question.evidence.trials
    return Scene(
        space=question.space,
        metrics=question.sweep.goals().metrics,
        constrained=tuple(question.sweep.asked().constraints),
        evidence=question.evidence,
        # Of very few, some draws would hold one alone; their pace is doubted enough.
        pool=draw.choices(known, k=len(known)) if len(known) >= _MANY else known,
        pace=math.exp(draw.gauss(0.0, _doubt(known))),
        jitter=_jitter(known),
        cold_workers=question.workers if question.evidence.warmup else 0,
        length=question.length,
        seed=f"{question.sweep.seed}/{number}",
    )


def _doubt(known: Sequence[Lived]) -> float:
    """Say how far the mean of a few durations may lie from the true one, as a log's error."""
    paces = [math.log(lived.seconds / max(1, len(lived.steps))) for lived in known if lived.seconds]
    if len(paces) < 2:
        return _MOST_DOUBT
    doubt = statistics.stdev(paces) / math.sqrt(len(paces))
    return min(_MOST_DOUBT, max(_LEAST_DOUBT, doubt))


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
            scheduler=pruning_of(sweep, question.scheduler),
            simulated=backend.keep_time(sweep.updated),
        )
    )
    controller.run()
    failure = controller.failure
    if isinstance(failure, Exception) and not isinstance(failure, SweeperError):
        raise SweeperError(
            f"simulated, the sweep ends with {type(failure).__name__}: {failure}",
            hint="So would the launch, where its search or its scheduler raises this.",
        ) from failure
    if failure is not None:
        raise failure


def _carried_on(question: Question, took: _Took, durations: Sequence[float]) -> _Took:
    """Let a run that was simulated in part go on at its pace, until a budget is used up.

    durations are those of its trials: all workers are busy with such ones until then.
    """
    options, wanted = question.sweep.asked(), _wanted(question)
    each = (statistics.fmean(durations) + question.evidence.startup) / question.workers
    gpus = took.gpu_seconds / took.trials
    until = math.inf if options.time is None else options.time
    if options.gpu_hours is not None and gpus:
        until = min(until, options.gpu_hours * 3600.0 / gpus * each)
    whole = math.inf if wanted is None else took.seconds + each * (wanted - took.trials)
    if wanted is not None and whole <= until:
        return _Took(wanted, whole, gpus * wanted)
    if until == math.inf or not each:
        return took
    # What still runs at the end is stopped then, half-way in the mean, and counts as well.
    return _Took(until / each + question.workers / 2, until, gpus * until / each)


def _range(values: Sequence[float], *, whole: bool = False) -> Range:
    """Give the 10 %, 50 % and 90 % quantiles of a few values; wider where they are very few.

    Example:
        >>> _range([5.0] * 20)
        Range(low=5.0, middle=5.0, high=5.0)

    What is never negative is taken as lognormal: a forecast errs by factors.
    """
    middle = statistics.median(values)
    if len(values) < 2 or min(values) == max(values):
        return Range(middle, middle, middle)
    wide = 1.2816 + 1.5 / len(values)
    if min(values) > 0:
        factor = math.exp(wide * statistics.stdev(math.log(value) for value in values))
        low, high = middle / factor, middle * factor
    else:
        low = max(0.0, middle - wide * statistics.stdev(values))
        high = middle + wide * statistics.stdev(values)
    return Range(round(low), round(middle), round(high)) if whole else Range(low, middle, high)
