"""The functions by which a user writes a search space, and the way back from its record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sweeper.errors import SpaceError
from sweeper.model.categorical import Choice
from sweeper.model.domain import Condition, Domain
from sweeper.model.encoding import Json, Value, decode
from sweeper.model.numeric import Float, Integer, Normal, Stepped


def uniform(low: float, high: float) -> Domain:
    """Search a number between two bounds.

    Example:
        >>> uniform(0.0, 0.5)
        uniform(0.0, 0.5)
    """
    return Float(low=low, high=high)


def loguniform(low: float, high: float) -> Domain:
    """Search a positive number between two bounds on a logarithmic scale.

    The bounds are values, never exponents.

    Example:
        >>> loguniform(1e-5, 1e-1)
        loguniform(1e-05, 0.1)
    """
    return Float(low=low, high=high, log=True)


def quniform(low: float, high: float, q: float) -> Domain:
    """Search the multiples of q between two bounds.

    Example:
        >>> quniform(0.0, 0.3, 0.1).size
        4
    """
    return Stepped(low=low, high=high, q=q)


def qloguniform(low: float, high: float, q: float) -> Domain:
    """Search the multiples of q between two positive bounds on a logarithmic scale.

    Example:
        >>> qloguniform(1, 1000, 10).value(0)
        10.0
    """
    return Stepped(low=low, high=high, q=q, log=True)


def randint(low: int, high: int) -> Domain:
    """Search a whole number; both ends are included, as in random.randint.

    Example:
        >>> randint(1, 6).size
        6
    """
    return Integer(low=low, high=high)


def lograndint(low: int, high: int) -> Domain:
    """Search a positive whole number on a logarithmic scale, both ends included.

    Example:
        >>> lograndint(16, 512).contains(512)
        True
    """
    return Integer(low=low, high=high, log=True)


def normal(mean: float, sd: float) -> Domain:
    """Search a normally distributed number.

    Example:
        >>> normal(0.0, 1.0).at(0.5)
        0.0
    """
    return Normal(mean=mean, sd=sd)


def choice(options: Iterable[Value]) -> Domain:
    """Search among options that have no order.

    Options are JSON values, tuples, or objects with a stable name, as a class or function.

    Example:
        >>> choice(["relu", "gelu"])
        choice(['relu', 'gelu'])
    """
    return Choice(options=_listed(options))


def ordinal(options: Iterable[Value]) -> Domain:
    """Search among options whose order means something.

    Example:
        >>> ordinal(["small", "medium", "large"]).size
        3
    """
    return Choice(options=_listed(options), ordered=True)


def _listed(options: Iterable[Value]) -> tuple[Value, ...]:
    """Refuse what Python would take apart where nobody meant it: a text, a dict."""
    if isinstance(options, (str, bytes, Mapping)):
        raise SpaceError(
            f"the options are given as {options!r}", hint='Give a list of them: ["a", "b"].'
        )
    return tuple(options)


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
