"""Between our domains and Optuna's distributions, value by value and exactly."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any, Protocol

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from sweeper.model.categorical import Choice
from sweeper.model.domain import Domain
from sweeper.model.encoding import Value
from sweeper.model.numeric import SMALLEST_UNIT, Float, Integer, Normal, Stepped


class Translation(Protocol):
    """One parameter as Optuna knows it."""

    distribution: BaseDistribution

    def inward(self, value: Value) -> Any:
        """Give Optuna's number for a value of ours."""
        ...

    def outward(self, internal: Any) -> Value:
        """Give our value for a number of Optuna's."""
        ...


class _Same:
    """A number that both sides write alike."""

    def __init__(self, distribution: BaseDistribution) -> None:
        self.distribution = distribution

    def inward(self, value: Value) -> Any:
        return value

    def outward(self, internal: Any) -> Value:
        return internal


class _Multiplier:
    """A multiple of q is known by its multiplier, which stays exact on a logarithmic scale."""

    def __init__(self, domain: Stepped) -> None:
        self._domain = domain
        log = domain.log and domain.first >= 1
        self.distribution = IntDistribution(domain.first, domain.last, log=log)

    def inward(self, value: Value) -> int:
        multiplier: int = round(value / self._domain.q)
        return multiplier

    def outward(self, internal: int) -> Value:
        return self._domain.multiple(internal)


class _Index:
    """An option is known by its place; where the order means something, as a whole number."""

    def __init__(self, domain: Choice) -> None:
        self._domain = domain
        places = range(domain.size)
        # A sampler that was given options by its maker must find them as they are.
        self._as_is = not domain.ordered and _are_plain(domain.options)
        self.distribution: BaseDistribution = (
            IntDistribution(0, domain.size - 1)
            if domain.ordered
            else CategoricalDistribution(list(domain.options if self._as_is else places))
        )

    def inward(self, value: Value) -> Any:
        return value if self._as_is else self._domain.index(value)

    def outward(self, internal: Any) -> Value:
        return internal if self._as_is else self._domain.options[internal]


def _are_plain(options: tuple[Value, ...]) -> bool:
    """Tell whether Optuna can keep options as they are, and tell each from the others."""
    kinds = (type(None), bool, int, float, str)
    plain = all(type(option) in kinds for option in options)
    return plain and len({repr(option) for option in options}) == len(set(options))


class _Quantile:
    """A normal number is known by its quantile, so that Optuna's flat prior is the right one."""

    def __init__(self, domain: Normal) -> None:
        self._domain = domain
        self.distribution = FloatDistribution(SMALLEST_UNIT, 1.0 - SMALLEST_UNIT)

    def inward(self, value: Value) -> float:
        quantile = NormalDist(self._domain.mean, self._domain.sd).cdf(value)
        return min(max(quantile, SMALLEST_UNIT), 1.0 - SMALLEST_UNIT)

    def outward(self, internal: float) -> Value:
        return self._domain.at(internal)


def translate(domain: Domain) -> Translation:
    """Give the translation of a domain."""
    if isinstance(domain, Choice):
        return _Index(domain)
    if isinstance(domain, Normal):
        return _Quantile(domain)
    if isinstance(domain, Stepped):
        return _Multiplier(domain)
    if isinstance(domain, Integer):
        return _Same(IntDistribution(domain.low, domain.high, log=domain.log))
    if isinstance(domain, Float):
        return _Same(FloatDistribution(float(domain.low), float(domain.high), log=domain.log))
    raise TypeError(domain)
