"""A stand-in for a training function: it takes as long and reports what earlier trials did."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from sweeper.errors import SweeperError
from sweeper.model.domain import Domain
from sweeper.model.encoding import Json, Value, encode
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
    curve: tuple[float, ...]
    rest: float
    values: tuple[float, ...] | None
    fails: bool


@dataclass(kw_only=True)
class Scene:
    """The trials that a simulated sweep draws its own from, once for each forecast.

    pace stretches all durations; jitter moves each curve by a little, as no two trials are
    equal however few are known; length is the steps of a whole training, None where trials
    do not report.
    """

    space: SearchSpace
    metrics: tuple[str, ...]
    evidence: Evidence
    pool: Sequence[Lived]
    pace: float
    jitter: float
    length: int | None
    seed: str
    reached: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._places = [place(self.space, lived.params) for lived in self.pool]
        self._wholes = [lived for lived in self.pool if lived.whole] or [
            max(self.pool, key=lambda lived: lived.steps[-1:] or (0,))
        ]

    def cast(self, params: Mapping[str, Value], trial_seed: int, attempt: int) -> Role:
        """Choose what a trial of this configuration plays."""
        draw = random.Random(f"{self.seed}/{trial_seed}")
        written = {name: encode(value) for name, value in params.items()}
        here = place(self.space, written)
        apart = [distance(here, there) for there in self._places]
        near = heapq.nsmallest(_NEIGHBOURS, range(len(apart)), key=apart.__getitem__)
        played = self.pool[draw.choice(near)]
        whole = prolonged(played, draw.choice(self._wholes), self.length)
        moved = draw.gauss(0.0, self.jitter)
        fails = random.Random(f"{self.seed}/{trial_seed}/{attempt}").random()
        return Role(
            steps=whole.steps,
            gaps=tuple(self.pace * gap for gap in whole.gaps),
            curve=tuple(value + moved for value in whole.curve),
            rest=self.pace * whole.rest,
            values=whole.values and (whole.values[0] + moved, *whole.values[1:]),
            fails=fails < self.evidence.failing,
        )


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
    for step, gap, value in zip(role.steps, role.gaps, role.curve):
        if step > begun:
            sleep(gap)
            scene.reached[running.number] = step
            report(step, **{scene.metrics[0]: value})
            if role.fails:
                raise SweeperError("a replayed failure", hint="It stands for the real ones.")
    sleep(role.rest)
    if role.fails:
        raise SweeperError("a replayed failure", hint="It stands for the real ones.")
    return None if role.values is None else dict(zip(scene.metrics, role.values))


def _taken_up(scene: Scene, running: RunningTrial) -> int:
    """Give the step of the checkpoint that a real trial would have gone on from."""
    reached = scene.reached.get(running.number, 0) if scene.evidence.saves else 0
    if reached:
        running.went_on_from(reached)
    return reached


def prolonged(played: Lived, whole: Lived, length: int | None) -> Lived:
    """Make a trial that was cut short whole, as this other one went on; cut at length.

    Example:
        >>> def lived(gaps, curve, whole):
        ...     steps = tuple(range(1, len(gaps) + 1))
        ...     return Lived(params={}, steps=steps, gaps=gaps, curve=curve, rest=0.0,
        ...                  values=None, whole=whole)
        >>> cut, other = lived((2.0,), (5.0,), False), lived((1.0, 1.0), (3.0, 2.5), True)
        >>> made = prolonged(cut, other, None)
        >>> made.gaps, made.curve
        ((2.0, 2.0), (5.0, 4.5))
    """
    steps, gaps, curve = list(played.steps), list(played.gaps), list(played.curve)
    rest, values = played.rest, played.values
    if not played.whole and steps:
        slower = _ratio(played, whole)
        levels = [v for s, v in zip(whole.steps, whole.curve) if s <= steps[-1]]
        offset = curve[-1] - levels[-1] if levels else 0.0
        for step, gap, value in zip(whole.steps, whole.gaps, whole.curve):
            if step > played.steps[-1]:
                steps.append(step)
                gaps.append(slower * gap)
                curve.append(value + offset)
        rest, values = slower * whole.rest, None
    if length is not None and steps and length != steps[-1]:
        _stretch(steps, gaps, curve, length)
        values = None
    if values is None and curve:
        values = (curve[-1], *(whole.values or ())[1:])
    return Lived(
        params=played.params,
        steps=tuple(steps),
        gaps=tuple(gaps),
        curve=tuple(curve),
        rest=rest,
        values=values,
        whole=True,
    )


def _stretch(steps: list[int], gaps: list[float], curve: list[float], length: int) -> None:
    """Cut reports behind a step, or add some up to it that change nothing any more."""
    keep = max(1, sum(step <= length for step in steps))
    del steps[keep:], gaps[keep:], curve[keep:]
    stride = max(1, steps[-1] // len(steps))
    mean = sum(gaps) / len(gaps)
    while steps[-1] < length:
        steps.append(min(length, steps[-1] + stride))
        gaps.append(mean)
        curve.append(curve[-1])


def _ratio(played: Lived, whole: Lived) -> float:
    """Say how much slower one trial was over the reports that both made."""
    shared = min(len(played.gaps), len(whole.gaps))
    took, other = sum(played.gaps[:shared]), sum(whole.gaps[:shared])
    return took / other if other > 0 else 1.0


def place(space: SearchSpace, params: Mapping[str, Json]) -> Place:
    """Give a configuration's place in a space: a number from 0 to 1, or a value, for each axis."""
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
