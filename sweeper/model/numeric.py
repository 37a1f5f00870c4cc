"""The domains of numbers: between two bounds, in steps, whole, and normally distributed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from statistics import NormalDist

from sweeper.model.domain import Domain, spread
from sweeper.model.encoding import Json, Value

SMALLEST_UNIT = 2.0**-53


def _number(value: object) -> bool:
    """Tell whether a value is an int or float that a float can hold."""
    try:
        return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]
    except OverflowError:
        return False


def _crowded(domain: Domain) -> tuple[str, str] | None:
    """Find neighbours that are one and the same number; look at a thousand pairs at most."""
    count = domain.grid_size or 0
    for index in range(0, count - 1, max(1, count // 1000)):
        if domain.grid_value(index) == domain.grid_value(index + 1):
            return (
                f"has so many values between its bounds, {count}, that some are the same",
                "Take fewer grid points, a larger q, or wider bounds.",
            )
    return None


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
        return self._nothing_inside() or _crowded(self)

    def _nothing_inside(self) -> tuple[str, str] | None:
        return None

    def _arguments(self) -> str:
        return f"{self.low!r}, {self.high!r}"

    def _fields(self) -> dict[str, Json]:
        return {"low": self.low, "high": self.high}

    def _between(self, share: float, low: float, high: float) -> float:
        if self.log:
            return math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
        if math.isinf(high - low):
            return low * (1.0 - share) + high * share
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
        low, high = float(self.low), float(self.high)
        if share in (0.0, 1.0):
            return high if share else low
        return min(max(self._between(share, low, high), low), high)

    def contains(self, value: Value) -> bool:
        return _number(value) and float(self.low) <= value <= float(self.high)

    def as_drawn(self, value: Value) -> Value:
        return float(value) if _number(value) else value


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
        return Bounded._problem(self)

    def _nothing_inside(self) -> tuple[str, str] | None:
        if self.last >= self.first:
            return None
        return (
            f"has no multiple of q = {self.q!r} between {self.low!r} and {self.high!r}",
            "Widen the bounds or take a smaller q.",
        )

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

    def as_drawn(self, value: Value) -> Value:
        return float(value) if _number(value) else value

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
        return _crowded(self)

    def at(self, unit: float) -> float:
        inside = min(max(unit, SMALLEST_UNIT), 1.0 - SMALLEST_UNIT)
        return NormalDist(self.mean, self.sd).inv_cdf(inside)

    def _point(self, share: float) -> float:
        count = self.grid_points or 1
        return self.at((share * (count - 1) + 0.5) / count if count > 1 else 0.5)

    def contains(self, value: Value) -> bool:
        return _number(value)

    def as_drawn(self, value: Value) -> Value:
        return float(value) if _number(value) else value

    def _arguments(self) -> str:
        return f"{self.mean!r}, {self.sd!r}"

    def _fields(self) -> dict[str, Json]:
        return {"mean": self.mean, "sd": self.sd}
