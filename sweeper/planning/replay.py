"""A stand-in for a training function: it takes as long and reports what earlier trials did."""

from __future__ import annotations

import heapq
import math
import random
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from sweeper.errors import Infeasible, SweeperError
from sweeper.model.domain import Domain
from sweeper.model.encoding import Json, Value, encode
from sweeper.model.event import Published
from sweeper.model.numeric import Bounded
from sweeper.model.space import SearchSpace
from sweeper.planning.evidence import Evidence, Lived
from sweeper.worker.context import RunningTrial
from sweeper.worker.inside import report, sleep
from sweeper.worker.inside import trial as running_trial

Place: TypeAlias = tuple[Json, ...]
_NEIGHBOURS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What one trial is to play: gaps, steps and values of its reports, and its end."""

    steps: tuple[int, ...]
    gaps: tuple[float, ...]
    reports: tuple[Mapping[str, float], ...]
    rest: float
    result: Mapping[str, float] | None
    refused: bool
    fails: bool


@dataclass(kw_only=True)
class Scene:
    """The trials that a simulated sweep draws its own from, once for each forecast.

    pace stretches all durations; jitter moves each curve by a little, as no two trials are
    equal however few are known; cold_workers have yet to import everything; length is the steps
    of a whole training, None where trials do not report.
    """

    space: SearchSpace
    metrics: tuple[str, ...]
    constrained: tuple[str, ...] = ()
    evidence: Evidence
    pool: Sequence[Lived]
    pace: float
    jitter: float
    length: int | None
    seed: str
    cold_workers: int = 0
    reached: dict[tuple[int, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._places = [place(self.space, lived.params) for lived in self.pool]
        self._wholes = [lived for lived in self.pool if lived.whole] or [
            max(self.pool, key=lambda lived: lived.steps[-1:] or (0,))
        ]
        self._typical = mean_gaps(self._wholes)

    def cast(self, params: Mapping[str, Value], trial_seed: int, attempt: int) -> Role:
        """Choose what a trial of this configuration plays."""
        draw = random.Random(f"{self.seed}/{trial_seed}")
        written = {name: encode(value) for name, value in params.items()}
        here = place(self.space, written)
        apart = [distance(here, there) for there in self._places]
        near = heapq.nsmallest(_NEIGHBOURS, range(len(apart)), key=apart.__getitem__)
        played = self.pool[draw.choice(near)]
        other = draw.choice(self._wholes)
        whole = stretched(prolonged(played, other, self._typical), self.length)
        values = whole.values
        if values is None and whole.curve:
            values = (whole.curve[-1], *(other.values or ())[1:])
        moved, told = draw.gauss(0.0, self.jitter), {**other.told, **played.told}
        result = {name: told[name] for name in self.constrained if name in told}
        if values is not None:
            result.update(zip(self.metrics, (values[0] + moved, *values[1:])))
        fails = random.Random(f"{self.seed}/{trial_seed}/{attempt}").random()
        return Role(
            steps=whole.steps,
            gaps=tuple(self.pace * gap for gap in whole.gaps),
            reports=tuple(self._reports(whole, moved)),
            rest=self.pace * whole.rest,
            result=result or None,
            refused=whole.refused,
            fails=fails < self.evidence.failing,
        )

    def _reports(self, lived: Lived, moved: float) -> Iterator[dict[str, float]]:
        for place, value in enumerate(lived.curve):
            others = {name: values[place] for name, values in lived.others.items()}
            known = {name: other for name, other in others.items() if not math.isnan(other)}
            yield {self.metrics[0]: value + moved, **known}


SCENES: dict[str, Scene] = {}
"""The scenes that are being played, by the name of their simulated sweep."""


def replay(**params: Value) -> dict[str, float] | None:
    """Play a trial of the scene that its sweep belongs to."""
    running = running_trial()
    if running is None:
        raise SweeperError("a replay runs inside a sweep only", hint="Call train.plan(...).")
    scene = SCENES[running.sweep]
    role = scene.cast(params, running.seed, running.attempt)
    begun = _taken_up(scene, running)
    if scene.cold_workers:
        scene.cold_workers -= 1
        sleep(scene.evidence.warmup)
    for step, gap, said in zip(role.steps, role.gaps, role.reports):
        if step > begun:
            sleep(gap)
            scene.reached[running.number, running.replicate] = step
            if scene.evidence.saves and _pays_to_save(running, step):
                running.publish(_saved(running, step))
            report(step, **said)
            if role.fails:
                raise SweeperError("a replayed failure", hint="It stands for the real ones.")
    sleep(role.rest)
    if role.fails:
        raise SweeperError("a replayed failure", hint="It stands for the real ones.")
    if role.refused:
        raise Infeasible("as the trial that is replayed was")
    return None if role.result is None else dict(role.result)


def _taken_up(scene: Scene, running: RunningTrial) -> int:
    """Give the step of the checkpoint that a real training would have gone on from."""
    inherited = running.assignment.inherited
    begun = 0 if inherited is None else inherited.step
    known = running.number, running.replicate
    reached = scene.reached.get(known, begun) if scene.evidence.saves else 0
    if reached:
        running.went_on_from(running.step_of(reached))
    return reached


def _pays_to_save(running: RunningTrial, step: int) -> bool:
    """Tell whether the real function would have saved ahead of its report of this step."""
    if running.replicate > 1:
        return running.should_checkpoint
    pause = running.assignment.milestones.pause_after(running.last_step)
    return running.stopping or (pause is not None and pause <= step)


def _saved(running: RunningTrial, step: int) -> Published:
    """Say that a checkpoint lies there, as the real function would have made it lie."""
    reached = running.step_of(step)
    name = f"step-{reached}"
    key = running.assignment.key
    return Published(
        key=key, time=running.now(), kind="checkpoint", name=name, path=name, step=reached
    )


def prolonged(played: Lived, whole: Lived, typical: Mapping[int, float]) -> Lived:
    """Let a trial that was cut short go on as this whole one did, at its own pace.

    Example:
        >>> def lived(gaps, curve, whole):
        ...     steps = tuple(range(1, len(gaps) + 1))
        ...     return Lived(params={}, steps=steps, gaps=gaps, curve=curve, rest=0.0,
        ...                  values=None, whole=whole)
        >>> cut, other = lived((2.0,), (5.0,), False), lived((1.0, 1.0), (3.0, 2.5), True)
        >>> made = prolonged(cut, other, typical={1: 1.0, 2: 1.5})
        >>> made.gaps, made.curve
        ((2.0, 3.0), (5.0, 4.5))

    Args:
        played: the trial.
        whole: one that ran to its end.
        typical: the mean time ahead of each step: of one trial it may be far from it.
    """
    if played.whole or played.refused or not played.steps:
        return played
    took = sum(typical.get(step, 0.0) for step in played.steps)
    slower = sum(played.gaps) / took if took else 1.0
    levels = [v for s, v in zip(whole.steps, whole.curve) if s <= played.steps[-1]]
    offset = played.curve[-1] - levels[-1] if levels else 0.0
    later = [(s, v) for s, v in zip(whole.steps, whole.curve) if s > played.steps[-1]]
    first = len(whole.steps) - len(later)
    return replace(
        played,
        steps=(*played.steps, *(step for step, _ in later)),
        gaps=(*played.gaps, *(slower * typical.get(step, 0.0) for step, _ in later)),
        curve=(*played.curve, *(value + offset for _, value in later)),
        rest=slower * whole.rest,
        values=None,
        others={name: (*v, *whole.others[name][first:]) for name, v in played.others.items()},
    )


def mean_gaps(wholes: Sequence[Lived]) -> dict[int, float]:
    """Give the mean time ahead of each step."""
    gathered: dict[int, list[float]] = {}
    for lived in wholes:
        for step, gap in zip(lived.steps, lived.gaps):
            gathered.setdefault(step, []).append(gap)
    return {step: statistics.fmean(gaps) for step, gaps in gathered.items()}


def stretched(lived: Lived, length: int | None) -> Lived:
    """Cut a trial behind a step, or add reports up to it that change nothing any more."""
    if length is None or not lived.steps or lived.refused or length == lived.steps[-1]:
        return lived
    kept = max(1, sum(step <= length for step in lived.steps))
    steps, gaps = list(lived.steps[:kept]), lived.gaps[:kept]
    stride = max(1, steps[-1] // len(steps))
    mean = sum(gaps) / len(gaps)
    while steps[-1] < length:
        steps.append(min(length, steps[-1] + stride))
    more = len(steps) - kept

    def held(values: tuple[float, ...]) -> tuple[float, ...]:
        return (*values[:kept], *[values[kept - 1]] * more)

    return replace(
        lived,
        steps=tuple(steps),
        gaps=(*gaps, *[mean] * more),
        curve=held(lived.curve),
        others={name: held(values) for name, values in lived.others.items()},
        values=None,
    )


def place(space: SearchSpace, params: Mapping[str, Json]) -> Place:
    """Give a configuration's place in a space: for each axis a number, or a value."""
    return tuple(_coordinate(domain, params.get(name)) for name, domain in space.domains.items())


def _coordinate(domain: Domain, written: Json) -> Json:
    if not isinstance(domain, Bounded) or type(written) not in (int, float):
        return repr(written)
    if domain.log and written <= 0:
        return repr(written)
    scale = math.log if domain.log else float
    return (scale(written) - scale(domain.low)) / (scale(domain.high) - scale(domain.low))


def distance(one: Place, other: Place) -> float:
    """Say how different two configurations are: the sum over the axes, each at most 1.

    Example:
        >>> distance((0.25, "'adam'"), (0.5, "'sgd'"))
        1.25
    """
    apart = 0.0
    for here, there in zip(one, other):
        if type(here) is float and type(there) is float:
            apart += min(1.0, abs(here - there))
        else:
            apart += here != there
    return apart
