"""Random sound spaces, values that JSON must keep, and configurations, for property tests."""

from __future__ import annotations

import math
from collections import OrderedDict
from enum import Enum, IntEnum, StrEnum
from typing import Any

from hypothesis import strategies as st

from sweeper.model.categorical import Choice
from sweeper.model.domain import Domain
from sweeper.model.domains import (
    choice,
    lograndint,
    loguniform,
    normal,
    ordinal,
    qloguniform,
    quniform,
    randint,
    uniform,
)
from sweeper.model.randomness import unit
from sweeper.model.space import SearchSpace, Signature, build_space

ANY = Signature(takes_any=True)


class Color(Enum):
    """An ordinary enum, whose members are options."""

    RED = 1
    GREEN = "green"


class Size(IntEnum):
    """An enum whose members are numbers too."""

    SMALL = 1
    LARGE = 2


class Word(StrEnum):
    """An enum whose members are texts too."""

    YES = "yes"


def some_function() -> None:
    """Stand for an activation or a loss."""


OBJECTS: list[Any] = [Color.RED, Color.GREEN, Size.SMALL, Size.LARGE, Word.YES]
OBJECTS += [OrderedDict, some_function, math.sqrt, Color]

texts = st.text(st.characters(exclude_categories=()), max_size=8)
plain_values: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.integers(),
    st.sampled_from([10**30, -(2**70), 2**63]),
    st.floats(),
    st.sampled_from([math.inf, -math.inf, math.nan, -0.0, 0.0, 5e-324, 0.1]),
    texts,
)
values: st.SearchStrategy[Any] = st.recursive(
    plain_values,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(texts.filter(lambda key: key != "$sweeper"), inner, max_size=3),
    ),
    max_leaves=6,
)
options: st.SearchStrategy[Any] = st.one_of(values, st.sampled_from(OBJECTS))

units = st.floats(0.0, 1.0, exclude_max=True)
_bounds = st.floats(-1e6, 1e6).map(lambda x: round(x, 6))
_positive = st.floats(1e-9, 1e6)


@st.composite
def pairs(draw: st.DrawFn, numbers: st.SearchStrategy[Any]) -> tuple[Any, Any]:
    """Draw two different numbers, the smaller first."""
    low, high = draw(st.lists(numbers, min_size=2, max_size=2, unique=True))
    return min(low, high), max(low, high)


@st.composite
def stepped(draw: st.DrawFn) -> Domain:
    """Draw a domain of multiples, at least one of which lies inside."""
    log = draw(st.booleans())
    q = draw(st.sampled_from([0.1, 0.25, 0.3, 1, 2.0, 5, 1e-3, 7.7]))
    first = draw(st.integers(1 if log else -30, 30))
    low = float(first * q) if draw(st.booleans()) else (first - 0.4) * q
    high = low + q * draw(st.integers(1, 40)) + draw(st.sampled_from([0.0, 0.01]))
    return (qloguniform if log else quniform)(low, high, q)


def unique_options(found: list[Any]) -> bool:
    """Tell whether options are all different."""
    return Choice(options=tuple(found)).problem() is None


def choices(most: int = 5) -> st.SearchStrategy[Domain]:
    """Draw choices and ordinals of all kinds of options."""
    listed = st.lists(options, min_size=1, max_size=most).filter(unique_options)
    return st.builds(lambda make, given: make(given), st.sampled_from([choice, ordinal]), listed)


discrete: st.SearchStrategy[Domain] = st.one_of(
    choices(),
    pairs(st.integers(-1000, 1000)).map(lambda ends: randint(*ends)),
    pairs(st.integers(1, 10**6)).map(lambda ends: lograndint(*ends)),
    stepped(),
)
small: st.SearchStrategy[Domain] = st.one_of(
    choices(3),
    st.integers(-9, 9).map(lambda low: randint(low, low + 2)),
    st.integers(1, 9).map(lambda low: lograndint(low, low + 3)),
    st.integers(0, 5).map(lambda low: quniform(low, low + 1, 0.5)),
)
continuous: st.SearchStrategy[Domain] = st.one_of(
    pairs(_bounds).map(lambda ends: uniform(*ends)),
    pairs(_positive).map(lambda ends: loguniform(*ends)),
    st.builds(normal, _bounds, st.floats(1e-6, 1e6)),
)
domains: st.SearchStrategy[Domain] = st.one_of(discrete, continuous)


@st.composite
def gridded(draw: st.DrawFn, most: int = 7) -> Domain:
    """Draw a domain that grid search can list."""
    domain = draw(domains)
    return domain.grid(draw(st.integers(1, most)))


@st.composite
def spaces(draw: st.DrawFn, of: st.SearchStrategy[Domain] = domains, most: int = 5) -> SearchSpace:
    """Draw a sound space: parents and their conditional children, and pinned values."""
    made: dict[str, Domain] = {}
    for place in range(draw(st.integers(1, most))):
        domain = draw(of)
        known = st.sampled_from([None, *made])
        for parent in sorted({*draw(st.lists(known, max_size=2))} - {None}):
            domain = domain.when(**{parent: draw(_wanted(made[parent]))})
        made[f"p{place}"] = domain
    fixed = draw(st.dictionaries(st.sampled_from(["f0", "f1"]), options, max_size=2))
    return build_space(made, fixed, ANY)


@st.composite
def _wanted(draw: st.DrawFn, parent: Domain) -> Any:
    """Draw one value of a parent, or a list of some, as .when() takes them."""
    count = parent.grid_size or 1
    place = st.integers(0, min(count, 10**6) - 1)
    listed = [
        parent.grid_value(index) if parent.grid_size else parent.at(index / 7)
        for index in draw(st.lists(place, min_size=1, max_size=3, unique=True))
    ]
    if len(listed) == 1 and not isinstance(listed[0], list) and draw(st.booleans()):
        return listed[0]
    return listed


def sample(space: SearchSpace, seed: int) -> dict[str, Any]:
    """Draw one configuration."""
    return space.build(lambda name, domain: domain.at(unit(seed, name)))


def same(one: Any, other: Any) -> bool:
    """Tell whether two values and all inside them are equal, of equal types, bit for bit."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return one.hex() == other.hex()
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return bool(one == other)
