"""What is known of a training function: how earlier trials of it went, report by report."""

from __future__ import annotations

import bisect
import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sweeper.model.encoding import Json
from sweeper.model.feasibility import raised, told
from sweeper.model.lifecycle import AttemptStatus, TrialStatus
from sweeper.model.objective import Objective
from sweeper.model.sweep import SweepRecord
from sweeper.model.trial import AttemptRecord, TrialRecord
from sweeper.schedule.named import asks_to_save, make_scheduler
from sweeper.store import questions
from sweeper.store.questions import Curve
from sweeper.store.store import Store

_MOST_SWEEPS = 5
_MOST_TRIALS = 200
_MOST_REPORTS = 60
_TELLING = (TrialStatus.COMPLETED, TrialStatus.PRUNED, TrialStatus.INFEASIBLE)
_SIMULATED = ("simulated", "Simulation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """One earlier trial: the seconds ahead of each report, and what the reports said.

    curve is of the first objective, others of the further ones, NaN where they were not reported.
    told holds the last of every metric. rest is what came after the last report; whole is False
    where the trial was cut short, refused is True where its function found its configuration
    infeasible, and cold where it was the first in its process, which had everything to import.
    """

    params: Mapping[str, Json]
    steps: tuple[int, ...]
    gaps: tuple[float, ...]
    curve: tuple[float, ...]
    rest: float
    values: tuple[float, ...] | None
    whole: bool
    others: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    told: Mapping[str, float] = field(default_factory=dict)
    refused: bool = False
    cold: bool = False

    @property
    def seconds(self) -> float:
        """How long it ran."""
        return sum(self.gaps) + self.rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The earlier trials of a function, and how often its attempts came to grief.

    startup is the mean time from an attempt's launch to its beginning; warmup what the first
    trial in a process takes longer, which trials no longer hold; failing the share of attempts
    whose function raised; lost how often an hour a worker was lost; saves whether
    the function makes checkpoints, None where it was never told that it pays. sources names where
    all this comes from.
    """

    trials: Sequence[Lived]
    startup: float = 0.0
    warmup: float = 0.0
    failing: float = 0.0
    lost: float = 0.0
    saves: bool | None = None
    sources: tuple[str, ...] = ()


def gather(
    store: Store, function: str, metrics: tuple[str, ...], *, simulated: bool
) -> Evidence | None:
    """Gather the evidence of the latest sweeps of a function; None where there are none.

    Sweeps in simulated time count for simulated ones, and only where there are no others for
    real ones; and the other way round.
    """
    known = [
        overview.sweep
        for overview in questions.list_sweeps(store)
        if overview.sweep.function == function and overview.sweep.goals().first.metric == metrics[0]
    ]
    alike = [sweep for sweep in known if is_simulated(sweep.asked().backend) == simulated]
    for sweeps in (alike, [sweep for sweep in known if sweep not in alike]):
        found = evidence_of(store, sweeps[:_MOST_SWEEPS], metrics)
        if found is not None:
            return found
    return None


def is_simulated(backend: str) -> bool:
    """Tell whether a backend's recorded name is that of the simulated one."""
    return backend.partition(":")[0] in _SIMULATED


def evidence_of(
    store: Store, sweeps: Iterable[SweepRecord], metrics: tuple[str, ...]
) -> Evidence | None:
    """Read the evidence of some sweeps; None where no trial of them has ended with a result.

    Sweeps whose trials do not tell all objectives are left out.
    """
    lived: list[Lived] = []
    attempts: list[AttemptRecord] = []
    sources, saved, asked = [], False, False
    for sweep in sweeps:
        of_sweep = questions.list_attempts(store, sweep.id)
        objective = sweep.goals()
        trials = [_run_once(one, objective) for one in questions.list_trials(store, sweep.id)]
        curves = {
            metric: {curve.trial: curve for curve in questions.curves(store, sweep.id, metric)}
            for metric in metrics
        }
        found = _lived_in(trials, of_sweep, _Said(objective=objective, curves=curves))
        if not found or any(one.values is None for one in found if one.whole):
            continue
        lived += found
        attempts += of_sweep
        saved = saved or any(
            row["kind"] == "checkpoint" for row in questions.list_artifacts(store, sweep.id)
        )
        asked = asked or _was_asked_to_save(sweep)
        sources.append(f"{_many(found)} of sweep {sweep.name!r} on {sweep.asked().backend}")
    if not lived:
        return None
    every = max(1, len(lived) // _MOST_TRIALS)
    warmup = _warmup(lived)
    return Evidence(
        trials=[_warmed(one, warmup) for one in lived[::every][:_MOST_TRIALS]],
        warmup=warmup,
        saves=saved if saved or asked else None,
        sources=tuple(sources),
        **_griefs(attempts),
    )


def _was_asked_to_save(sweep: SweepRecord) -> bool:
    """Tell whether a sweep's scheduler asked for checkpoints, where its description tells."""
    described = sweep.asked().scheduler
    if described is None or described["kind"] == "object":
        return False
    scheduler = make_scheduler(described)
    return scheduler is not None and asks_to_save(scheduler)


def _run_once(trial: TrialRecord, objective: Objective) -> TrialRecord:
    """Give a trial as its first replicate alone would have left it."""
    if not trial.replicates:
        return trial
    first = trial.replicates[0]
    values = tuple(first.metrics[name] for name in objective.metrics)
    return replace(trial, status=TrialStatus.COMPLETED, value=values[0], values=values)


def _upto(curve: Curve, step: int) -> Curve:
    """Give a curve as far as a step."""
    end = bisect.bisect_right(curve.steps, step)
    return replace(
        curve, steps=curve.steps[:end], values=curve.values[:end], times=curve.times[:end]
    )


def _many(trials: Sequence[Lived]) -> str:
    return f"{len(trials)} trial{'' if len(trials) == 1 else 's'}"


def _griefs(attempts: Sequence[AttemptRecord]) -> dict[str, float]:
    begun = [a for a in attempts if a.started is not None]
    hours = sum((a.ended or 0.0) - (a.started or 0.0) for a in begun if a.ended) / 3600.0
    failed = sum(a.status is AttemptStatus.FAILED for a in begun)
    # What was lost with an interrupted controller is no misfortune of a worker.
    lost = sum(a.status is AttemptStatus.LOST and a.outcome != "interrupted" for a in begun)
    return {
        "startup": sum(max(0.0, (a.started or 0.0) - a.created) for a in begun) / len(begun),
        "failing": failed / len(begun),
        "lost": lost / hours if hours > 0 else 0.0,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What the trials of a sweep reported of the objectives asked for, and what its own were."""

    objective: Objective
    curves: Mapping[str, Mapping[int, Curve]]


def _lived_in(
    trials: Iterable[TrialRecord], attempts: Sequence[AttemptRecord], said: _Said
) -> list[Lived]:
    by_trial: dict[int, list[AttemptRecord]] = defaultdict(list)
    for attempt in attempts:
        if attempt.started is not None and attempt.ended is not None:
            by_trial[attempt.trial].append(attempt)
    cold = _first_in_their_processes(attempts)
    return [
        _lived(
            trial,
            by_trial[trial.number],
            said,
            cold=(trial.number, by_trial[trial.number][0].number) in cold,
        )
        for trial in trials
        if trial.status in _TELLING and by_trial[trial.number]
    ]


def _first_in_their_processes(attempts: Iterable[AttemptRecord]) -> set[tuple[int, int]]:
    first: dict[tuple[str | None, int | None], AttemptRecord] = {}
    for attempt in sorted(attempts, key=lambda one: one.started or math.inf):
        first.setdefault((attempt.host, attempt.pid), attempt)
    return {(attempt.trial, attempt.number) for attempt in first.values()}


def _warmup(lived: Sequence[Lived]) -> float:
    """Say how much longer the way to the first report is in a new process; 0 where it hardly is."""
    ways: dict[bool, list[float]] = {True: [], False: []}
    for one in lived:
        ways[one.cold].append(one.gaps[0] if one.gaps else one.rest)
    if not (ways[True] and ways[False]):
        return 0.0
    cold, warm = statistics.median(ways[True]), statistics.median(ways[False])
    return cold - warm if cold > 2 * warm else 0.0


def _warmed(lived: Lived, warmup: float) -> Lived:
    """Take what a new process needs off a trial that was the first in one."""
    if not lived.cold or not warmup:
        return lived
    if not lived.gaps:
        return replace(lived, rest=max(0.0, lived.rest - warmup))
    return replace(lived, gaps=(max(0.0, lived.gaps[0] - warmup), *lived.gaps[1:]))


def _lived(
    trial: TrialRecord, attempts: Sequence[AttemptRecord], said: _Said, *, cold: bool
) -> Lived:
    first, *others = said.curves
    curve = said.curves[first].get(trial.number)
    begun = sorted(attempt.started or 0.0 for attempt in attempts)
    last = max(attempt.ended or 0.0 for attempt in attempts)
    if trial.replicates:
        last = trial.replicates[0].time
        curve = curve and _upto(curve, trial.replicates[0].step)
    times = curve.times if curve is not None else []
    before, gaps = begun[0], []
    for time in times:
        # What lies between two attempts is no time of training.
        resumed = begun[max(0, bisect.bisect_right(begun, time) - 1)]
        gaps.append(max(0.0, time - max(before, resumed)))
        before = max(before, time)
    steps, gaps, values = _thinned(curve.steps, gaps, curve.values) if curve else ([], [], [])
    known = told(said.objective, trial.summary, trial.result, trial.values)
    refused = raised(trial)
    finished = trial.status in (TrialStatus.COMPLETED, TrialStatus.INFEASIBLE) and not refused
    return Lived(
        params=trial.params,
        steps=tuple(steps),
        gaps=tuple(gaps),
        curve=tuple(values),
        rest=max(0.0, last - max(before, begun[-1])),
        values=_finite(known, said.curves) if trial.value is not None else None,
        whole=finished,
        others={name: _at(said.curves[name].get(trial.number), steps) for name in others},
        told=known,
        refused=refused,
        cold=cold,
    )


def _finite(known: Mapping[str, float], metrics: Iterable[str]) -> tuple[float, ...] | None:
    values = tuple(known.get(metric, math.nan) for metric in metrics)
    return values if all(map(math.isfinite, values)) else None


def _at(curve: Curve | None, steps: Sequence[int]) -> tuple[float, ...]:
    known = {} if curve is None else dict(zip(curve.steps, curve.values))
    return tuple(known.get(step, math.nan) for step in steps)


def _thinned(
    steps: Sequence[int], gaps: Sequence[float], values: Sequence[float]
) -> tuple[list[int], list[float], list[float]]:
    """Keep some of very many reports, with the same time in all; the last one always."""
    every = -(-len(steps) // _MOST_REPORTS)
    if every <= 1:
        return list(steps), list(gaps), list(values)
    kept = sorted({*range(every - 1, len(steps), every), len(steps) - 1})
    summed, before = [], -1
    for place in kept:
        summed.append(sum(gaps[before + 1 : place + 1]))
        before = place
    return [steps[p] for p in kept], summed, [values[p] for p in kept]
