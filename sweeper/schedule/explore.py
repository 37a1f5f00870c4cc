"""Exploring: a configuration near another one, for a trial that goes on from its checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from sweeper.errors import SpaceError
from sweeper.model.categorical import Choice
from sweeper.model.domain import Domain
from sweeper.model.encoding import Value
from sweeper.model.numeric import Bounded, Float, Integer, Normal, Stepped
from sweeper.model.space import SearchSpace

Draw = Callable[[str, str], float]


def varied(space: SearchSpace, wanted: Collection[str] | None) -> list[str]:
    """Give the parameters that may change while a training goes on, as the space orders them.

    Those that were asked for; else all that are no whole numbers and no options, because those
    often shape a model, and a checkpoint fits one shape.

    Example:
        >>> from sweeper.model.domains import choice, uniform
        >>> varied(SearchSpace(domains={"lr": uniform(0.0, 1.0), "act": choice(["a", "b"])}), None)
        ['lr']

    Raises:
        SpaceError: the space has no such parameter, or none at all that may change.
    """
    if wanted is None:
        found = [n for n, d in space.domains.items() if isinstance(d, (Float, Stepped, Normal))]
        if not found:
            raise SpaceError(
                "PBT finds no parameter that it may change: the space has no real numbers",
                hint="Name those with which a checkpoint can be gone on with: PBT(vary=['batch']).",
            )
        return found
    for name in wanted:
        if name not in space.domains:
            raise SpaceError(
                f"PBT got vary = {list(wanted)!r}, and the space has no {name}",
                hint=f"Its parameters are {', '.join(space.domains)}.",
            )
    return [name for name in space.domains if name in wanted]


def explored(
    space: SearchSpace,
    params: Mapping[str, Value],
    vary: Collection[str] | None,
    rates: tuple[float, float],
    draw: Draw,
) -> dict[str, Value]:
    """Give a configuration of the space near another one.

    Args:
        space: what it must lie in.
        params: the other one.
        vary: the names of what may change, as varied() takes them.
        rates: by which share a number is moved, and how often a parameter is drawn anew.
        draw: gives a number in [0, 1) for a parameter's name and a purpose.

    What exists only beside the new values is drawn from its domain.
    """
    names = varied(space, vary)
    share, anew = rates

    def choose(name: str, domain: Domain) -> Value:
        if name not in params:
            return domain.at(draw(name, "value"))
        if name not in names:
            return params[name]
        if draw(name, "resample") < anew:
            return domain.at(draw(name, "value"))
        return moved(domain, params[name], share if draw(name, "up") >= 0.5 else -share)

    return space.build(choose)


def moved(domain: Domain, value: Value, share: float) -> Value:
    """Move a value up or down by a share, or to the next option, and keep it in its domain.

    Example:
        >>> from sweeper.model.domains import randint, uniform
        >>> moved(uniform(0.0, 1.0), 0.5, -0.2), moved(randint(1, 8), 3, 0.2)
        (0.4, 4)

    A number is multiplied by 1 plus the share. Where its bounds lie on both sides of zero it is
    moved by the share of half their distance, a normally distributed one by that of its
    standard deviation. Options without an order stay: only drawing anew changes them.
    """
    up = share > 0
    if isinstance(domain, Choice):
        place = domain.index(value) + (1 if up else -1) * domain.ordered
        return domain.value(min(max(place, 0), len(domain.options) - 1))
    if isinstance(domain, Normal):
        return float(value) + share * domain.sd
    if isinstance(domain, Bounded):
        return _in_bounds(domain, value, share)
    return value


def _in_bounds(domain: Bounded, value: Value, share: float) -> Value:
    low, high, up = domain.low, domain.high, share > 0
    step = share * value if low >= 0 else share * (high - low) / 2
    if isinstance(domain, Integer):
        whole = round(value + step)
        whole = whole if whole != value else value + (1 if up else -1)
        return min(max(whole, low), high)
    if isinstance(domain, Stepped):
        before = round(value / domain.q)
        after = round((value + step) / domain.q)
        after = after if after != before else before + (1 if up else -1)
        return domain.multiple(min(max(after, domain.first), domain.last))
    return min(max(float(value + step), float(low)), float(high))
