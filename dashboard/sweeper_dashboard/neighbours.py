"""The trials nearest to one in the search space: what small changes did."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sweeper.model.trial import TrialRecord
from sweeper_dashboard.figures.frame import Array, Frame


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A trial, how far it lies away (0 the same, 1 everything opposite), and what differs."""

    trial: TrialRecord
    distance: float
    differing: tuple[str, ...]


def neighbours_of(frame: Frame, number: int, most: int = 6) -> list[Neighbour]:
    """List the trials nearest to one, the nearest first.

    Each parameter counts alike: a number by its distance on its own scale as a share of the
    range tried, an option by being another, a parameter that only one of both has as opposite.
    """
    numbers = frame.numbers
    places = np.flatnonzero(numbers == number)
    if not places.size or not frame.parameters:
        return []
    here = int(places[0])
    apart = np.stack([_apart(frame, name, here) for name in frame.parameters])
    distance = apart.mean(axis=0)
    distance[here] = np.inf
    found = []
    for place in np.argsort(distance, kind="stable")[:most]:
        if not np.isfinite(distance[place]):
            break
        names = [
            name.removeprefix("p:")
            for name, far in zip(frame.parameters, apart[:, place], strict=True)
            if far > 0
        ]
        trial = frame.trials[int(place)]
        found.append(Neighbour(trial, float(distance[place]), tuple(names)))
    return found


def _apart(frame: Frame, name: str, here: int) -> Array:
    column = frame.column(name)
    values = column.scaled
    known = ~np.isnan(values)
    if column.kind == "category":
        apart = (values != values[here]).astype(np.float64)
    else:
        reach = float(np.ptp(values[known])) if known.any() else 0.0
        apart = np.abs(values - values[here]) / (reach or 1.0)
    both_missing = ~known & ~known[here]
    one_missing = known != known[here]
    return np.where(both_missing, 0.0, np.where(one_missing, 1.0, apart))
