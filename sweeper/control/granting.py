"""Granting what people wish of a running sweep besides its end: other limits, a configuration."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from sweeper.control.assigning import Assigner
from sweeper.errors import SweeperError
from sweeper.model.encoding import Json
from sweeper.store.commands import WishKind

_LIMITS = ("trials", "workers", "time")


def change(assigner: Assigner, wanted: Mapping[str, Json]) -> str:
    """Go on with other limits, recorded with the sweep so that a resume keeps them."""
    unknown = [name for name in wanted if name not in _LIMITS]
    if unknown or not wanted:
        return f"only {', '.join(_LIMITS)} can change while a sweep runs"
    for name, value in wanted.items():
        if value is not None and not _is_limit(name, value):
            return f"{name} cannot be {value!r}"
    _limit(assigner, dict(wanted))
    return "done"


def queue(assigner: Assigner, wanted: Mapping[str, Json]) -> str:
    """Record a configuration as the next trial; the next free worker runs it."""
    space = assigner.space
    try:
        given = space.decode(wanted)
    except (SweeperError, ValueError, KeyError, TypeError) as error:
        return f"these parameters cannot be read: {error}"
    params = {**{name: _as_drawn(assigner, name, v) for name, v in given.items()}, **space.fixed}
    problem = space.problem_of(params)
    if problem is not None:
        return problem
    number = assigner.enqueue(space.encode(params))
    trials = assigner.options.trials
    if trials is not None and number >= trials:
        _limit(assigner, {"trials": number + 1})
    return f"done, as trial {number}"


GRANTS: Mapping[WishKind, Callable[[Assigner, Mapping[str, Json]], str]] = {
    WishKind.CHANGE: change,
    WishKind.QUEUE: queue,
}


def _as_drawn(assigner: Assigner, name: str, value: object) -> object:
    domain = assigner.space.domains.get(name)
    return value if domain is None else domain.as_drawn(value)


def _is_limit(name: str, value: Json) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return math.isfinite(value) and value > 0 and (name == "time" or isinstance(value, int))


def _limit(assigner: Assigner, limits: dict[str, Json]) -> None:
    assigner.options = replace(assigner.options, **limits)
    recorded = assigner.ledger.changes.sweep
    recorded["options"] = {**assigner.sweep.options, **assigner.options.describe()}
