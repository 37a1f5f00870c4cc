"""Replicates: one configuration run with several seeds, as one trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from sweeper.model.encoding import Json
from sweeper.model.randomness import seed_from

SPREAD = "_sd"
"""What follows an objective's name in that of its standard deviation over the replicates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicate:
    """One finished run of a trial's function, with a seed of its own.

    step is that of the trial at the end of this run, all replicates before it included; time is
    when that was, in epoch seconds. metrics holds the last finite value of each that it told,
    the objectives among them, result the dict that it returned.
    """

    seed: int
    step: int
    time: float
    metrics: Mapping[str, float]
    result: Mapping[str, Json] | None = None


def replicate_seed(seed: int, number: int) -> int:
    """Give the seed of a replicate, numbered from 1; the first one has the trial's own.

    Example:
        >>> replicate_seed(7, 1), replicate_seed(7, 2) == replicate_seed(7, 3)
        (7, False)
    """
    return seed if number == 1 else seed_from(seed, "replicate", number)


def told_as(metric: str, number: int) -> str:
    """Give the name under which a replicate's own reports of a metric are recorded.

    Example:
        >>> told_as("loss", 1), told_as("loss", 2)
        ('loss', 'loss#2')
    """
    return metric if number == 1 else f"{metric}#{number}"


def reported_as(told: str, number: int) -> str | None:
    """Give the metric that a replicate calls so in its reports; None where it is not its own.

    Example:
        >>> reported_as("loss#2", 2), reported_as("loss", 2), reported_as("loss", 1)
        ('loss', None, 'loss')
    """
    metric = told.removesuffix(f"#{number}")
    return told if number == 1 else metric if metric != told else None


def means(replicates: Sequence[Replicate], objectives: Sequence[str]) -> dict[str, float]:
    """Give the means of what all replicates told, and the spread of the objectives.

    Example:
        >>> told = [{"loss": 1.0, "size": 2.0}, {"loss": 3.0}]
        >>> runs = [Replicate(seed=0, step=s, time=0.0, metrics=m) for s, m in enumerate(told, 1)]
        >>> means(runs, ["loss"])
        {'loss': 2.0, 'loss_sd': 1.4142135623730951}
    """
    names = [name for name in replicates[-1].metrics if all(name in r.metrics for r in replicates)]
    summed = {name: fmean(r.metrics[name] for r in replicates) for name in names}
    if len(replicates) > 1:
        for name in objectives:
            summed[name + SPREAD] = stdev(r.metrics[name] for r in replicates)
    return summed


def mean_result(replicates: Sequence[Replicate]) -> dict[str, Json] | None:
    """Give the dict that the replicates returned: the mean of each number, else the last word.

    Example:
        >>> def run(**result):
        ...     return Replicate(seed=0, step=1, time=0.0, metrics={}, result=result)
        >>> mean_result([run(size=3, kind="a"), run(size=4, kind="b")])
        {'size': 3.5, 'kind': 'b'}
    """
    returned = [r.result for r in replicates if r.result is not None]
    if not returned:
        return None
    return {name: _summed_up([one.get(name) for one in returned]) for name in returned[-1]}


def _summed_up(values: Sequence[Json]) -> Json:
    numbers = [
        float(value) for value in values if type(value) in (int, float) and value is not None
    ]
    return fmean(numbers) if len(numbers) == len(values) else values[-1]
