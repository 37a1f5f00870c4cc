"""One parameter's domain: which values it may take, how they are drawn and gridded."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from statistics import NormalDist
from typing import Self

from sweeper.errors import SpaceError
from sweeper.model.encoding import Json, Value, canonical, decode, encode

SMALLEST_UNIT = 2.0**-53


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A parent parameter and the values of it under which a parameter exists."""

    parent: str
    values: tuple[Value, ...]

    def holds(self, value: Value) -> bool:
        """Tell whether the parent's value is one of those wanted."""
        return canonical(value) in {canonical(wanted) for wanted in self.values}


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """The base of all domains; a subclass says how a unit number becomes a value."""

    conditions: tuple[Condition, ...] = ()
    grid_points: int | None = None

    @property
    def kind(self) -> str:
        """The name of the function that makes such a domain."""
        raise NotImplementedError(type(self))

    def when(self, **parents: Value) -> Self:
        """Let the parameter exist only where each parent has the value, or one of a list.

        Example:
            >>> uniform(0.0, 1.0).when(optimizer=["sgd", "rmsprop"])
            uniform(0.0, 1.0).when(optimizer=['sgd', 'rmsprop'])
        """
        added = tuple(
            Condition(parent=parent, values=tuple(v) if isinstance(v, list) else (v,))
            for parent, v in parents.items()
        )
        return replace(self, conditions=self.conditions + added)

    def grid(self, points: int) -> Self:
        """Give grid search so many points of this domain, both ends included."""
        return replace(self, grid_points=points)

    def problem(self) -> tuple[str, str] | None:
        """Say what makes the domain impossible, and the remedy; None where it is sound."""
        if self.grid_points is not None and (
            type(self.grid_points) is not int or self.grid_points < 1
        ):
            return f"has {self.grid_points!r} grid points", "Give .grid(n) a whole number from 1."
        return self._problem()

    def _problem(self) -> tuple[str, str] | None:
        raise NotImplementedError(type(self))

    def at(self, unit: float) -> Value:
        """Give the value at a quantile: unit lies in [0, 1)."""
        raise NotImplementedError(type(self))

    def contains(self, value: Value) -> bool:
        """Tell whether the value may be suggested from here."""
        raise NotImplementedError(type(self))

    @property
    def size(self) -> int | None:
        """How many values there are; None for a continuous domain."""
        return None

    def value(self, index: int) -> Value:
        """Give the index-th value of a discrete domain, in ascending or listed order."""
        raise NotImplementedError(type(self))

    @property
    def grid_size(self) -> int | None:
        """How many points grid search has here; None where nobody has said."""
        if self.grid_points is None:
            return self.size
        return self.grid_points if self.size is None else min(self.grid_points, self.size)

    def grid_value(self, index: int) -> Value:
        """Give the index-th grid point."""
        count = self.grid_size
        if count is None:
            raise SpaceError("a continuous domain has no grid", hint="Give it .grid(n) points.")
        if self.size is not None:
            return self.value(spread(index, count, self.size))
        return self._point(0.5 if count == 1 else index / (count - 1))

    def _point(self, share: float) -> Value:
        raise NotImplementedError(type(self))

    def encode(self, value: Value) -> Json:
        """Write a value of this domain as JSON."""
        return encode(value)

    def decode(self, written: Json) -> Value:
        """Read a value of this domain back from JSON."""
        return decode(written)

    def _arguments(self) -> str:
        raise NotImplementedError(type(self))

    def __repr__(self) -> str:
        text = f"{self.kind}({self._arguments()})"
        for condition in self.conditions:
            values = condition.values
            text += f".when({condition.parent}={values[0] if len(values) == 1 else list(values)!r})"
        return text if self.grid_points is None else f"{text}.grid({self.grid_points})"

    def describe(self) -> dict[str, Json]:
        """Write the domain itself as JSON, from which domain_from reads it."""
        written: dict[str, Json] = {"kind": self.kind, **self._fields()}
        if self.grid_points is not None:
            written["grid"] = self.grid_points
        if self.conditions:
            written["when"] = [
                {"parent": c.parent, "values": [encode(v) for v in c.values]}
                for c in self.conditions
            ]
        return written

    def _fields(self) -> dict[str, Json]:
        raise NotImplementedError(type(self))


def spread(index: int, count: int, size: int) -> int:
    """Place count indexes evenly over size values, both ends included, none twice."""
    if count == size:
        return index
    return (size - 1) // 2 if count == 1 else index * (size - 1) // (count - 1)


def _number(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Bounded(Domain):
    """What all domains between two bounds share: their checks."""

    low: float
    high: float
    log: bool = False

    def _problem(self) -> tuple[str, str] | None:
        if not (_number(self.low) and _number(self.high)):
            return (
                f"has the bounds {self.low!r} and {self.high!r}",
                "Bounds are finite numbers, low before high.",
            )
        if self.low >= self.high:
            return (
                f"has low = {self.low!r}, which is not below high = {self.high!r}",
                "Put the smaller bound first; for a single value use fixed={...}.",
            )
        if self.log and self.low <= 0:
            return (
                f"takes the logarithm of low = {self.low!r}",
                "A logarithmic scale needs a positive low; bounds are values, never exponents.",
            )
        return None

    def _arguments(self) -> str:
        return f"{self.low!r}, {self.high!r}"

    def _fields(self) -> dict[str, Json]:
        return {"low": self.low, "high": self.high}

    def _between(self, share: float, low: float, high: float) -> float:
        if self.log:
            return math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
        return low + share * (high - low)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Float(Bounded):
    """A continuous number on a linear or logarithmic scale."""

    @property
    def kind(self) -> str:
        return "loguniform" if self.log else "uniform"

    def at(self, unit: float) -> float:
        return self._point(unit)

    def _point(self, share: float) -> float:
        value = self._between(share, float(self.low), float(self.high))
        return min(max(value, float(self.low)), float(self.high))

    def contains(self, value: Value) -> bool:
        return _number(value) and self.low <= value <= self.high


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Stepped(Bounded):
    """The multiples of q between two bounds."""

    q: float

    @property
    def kind(self) -> str:
        return "qloguniform" if self.log else "quniform"

    def _problem(self) -> tuple[str, str] | None:
        if not _number(self.q) or self.q <= 0:
            return f"has the quantum q = {self.q!r}", "Give a positive q."
        found = Bounded._problem(self)
        if found is None and self.last < self.first:
            return (
                f"has no multiple of q = {self.q!r} between {self.low!r} and {self.high!r}",
                "Widen the bounds or take a smaller q.",
            )
        return found

    @property
    def first(self) -> int:
        """The smallest multiplier of q inside."""
        return math.ceil(Decimal(repr(self.low)) / Decimal(repr(self.q)))

    @property
    def last(self) -> int:
        """The largest multiplier of q inside."""
        return math.floor(Decimal(repr(self.high)) / Decimal(repr(self.q)))

    @property
    def size(self) -> int:
        return self.last - self.first + 1

    def at(self, unit: float) -> float:
        value = self._between(
            unit, max(self.first - 0.5, 0.5) if self.log else self.first - 0.5, self.last + 0.5
        )
        return self.multiple(min(max(round(value), self.first), self.last))

    def multiple(self, multiplier: int) -> float:
        """Give multiplier times q, exact in decimal: three tenths are 0.3."""
        return float(Decimal(repr(self.q)) * multiplier)

    def value(self, index: int) -> float:
        return self.multiple(self.first + index)

    def contains(self, value: Value) -> bool:
        if not _number(value):
            return False
        multiplier = round(Decimal(repr(value)) / Decimal(repr(self.q)))
        return self.first <= multiplier <= self.last and self.multiple(multiplier) == value

    def _arguments(self) -> str:
        return f"{self.low!r}, {self.high!r}, {self.q!r}"

    def _fields(self) -> dict[str, Json]:
        return {"low": self.low, "high": self.high, "q": self.q}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Integer(Bounded):
    """The whole numbers between two bounds, both included."""

    low: int
    high: int

    @property
    def kind(self) -> str:
        return "lograndint" if self.log else "randint"

    def _problem(self) -> tuple[str, str] | None:
        if type(self.low) is not int or type(self.high) is not int:
            return (
                f"has the bounds {self.low!r} and {self.high!r}",
                "Whole-number domains take whole bounds; use uniform or quniform for others.",
            )
        return Bounded._problem(self)

    @property
    def size(self) -> int:
        return self.high - self.low + 1

    def at(self, unit: float) -> int:
        if self.log:
            value = round(self._between(unit, self.low - 0.5, self.high + 0.5))
            return min(max(value, self.low), self.high)
        return min(self.low + int(unit * self.size), self.high)

    def value(self, index: int) -> int:
        return self.low + index

    def grid_value(self, index: int) -> int:
        count = self.grid_size or 1
        if not self.log or count in (1, self.size):
            return self.value(spread(index, count, self.size))
        return self._log_points(count)[index]

    def _log_points(self, count: int) -> list[int]:
        points: list[int] = []
        for index in range(count):
            wanted = round(self._between(index / (count - 1), self.low, self.high))
            lowest = points[-1] + 1 if points else self.low
            points.append(min(max(wanted, lowest), self.high - (count - 1 - index)))
        return points

    def contains(self, value: Value) -> bool:
        return type(value) is int and self.low <= value <= self.high


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Normal(Domain):
    """A normally distributed number."""

    mean: float
    sd: float

    @property
    def kind(self) -> str:
        return "normal"

    def _problem(self) -> tuple[str, str] | None:
        if not (_number(self.mean) and _number(self.sd)) or self.sd <= 0:
            return (
                f"has mean = {self.mean!r} and sd = {self.sd!r}",
                "Give a finite mean and a positive standard deviation.",
            )
        return None

    def at(self, unit: float) -> float:
        inside = min(max(unit, SMALLEST_UNIT), 1.0 - SMALLEST_UNIT)
        return NormalDist(self.mean, self.sd).inv_cdf(inside)

    def _point(self, share: float) -> float:
        count = self.grid_points or 1
        return self.at((share * (count - 1) + 0.5) / count if count > 1 else 0.5)

    def contains(self, value: Value) -> bool:
        return _number(value)

    def _arguments(self) -> str:
        return f"{self.mean!r}, {self.sd!r}"

    def _fields(self) -> dict[str, Json]:
        return {"mean": self.mean, "sd": self.sd}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Choice(Domain):
    """One of some options, without or with an order."""

    options: tuple[Value, ...]
    ordered: bool = False

    @property
    def kind(self) -> str:
        return "ordinal" if self.ordered else "choice"

    def _problem(self) -> tuple[str, str] | None:
        if not self.options:
            return "has no options", "Give at least one option."
        seen: dict[str, Value] = {}
        for option in self.options:
            text = canonical(option)
            if text in seen:
                return f"has the option {option!r} twice", "Give each option once."
            seen[text] = option
        return None

    @property
    def size(self) -> int:
        return len(self.options)

    def at(self, unit: float) -> Value:
        return self.options[min(int(unit * self.size), self.size - 1)]

    def value(self, index: int) -> Value:
        return self.options[index]

    def index(self, value: Value) -> int:
        """Give the place of an option; a Reference finds the object that it names.

        Raises:
            ValueError: the value is none of the options.
        """
        text = canonical(value)
        for place, option in enumerate(self.options):
            if canonical(option) == text:
                return place
        raise ValueError(value)

    def contains(self, value: Value) -> bool:
        text = canonical(value)
        return any(canonical(option) == text for option in self.options)

    def decode(self, written: Json) -> Value:
        value = decode(written)
        return self.options[self.index(value)] if self.contains(value) else value

    def _arguments(self) -> str:
        return repr(list(self.options))

    def _fields(self) -> dict[str, Json]:
        return {"options": [encode(option) for option in self.options]}


def domain_from(written: Mapping[str, Json]) -> Domain:
    """Read a domain back from what its describe() wrote."""
    kind = written["kind"]
    conditions = tuple(
        Condition(parent=c["parent"], values=tuple(decode(v) for v in c["values"]))
        for c in written.get("when", ())
    )
    points = written.get("grid")
    if kind in ("choice", "ordinal"):
        options = tuple(decode(option) for option in written["options"])
        ordered = kind == "ordinal"
        return Choice(options=options, ordered=ordered, conditions=conditions, grid_points=points)
    if kind == "normal":
        return Normal(
            mean=written["mean"], sd=written["sd"], conditions=conditions, grid_points=points
        )
    low, high, log = written["low"], written["high"], "log" in kind
    if kind in ("quniform", "qloguniform"):
        return Stepped(
            low=low, high=high, q=written["q"], log=log, conditions=conditions, grid_points=points
        )
    bounded = Integer if kind in ("randint", "lograndint") else Float
    return bounded(low=low, high=high, log=log, conditions=conditions, grid_points=points)
