"""What a reader may choose in a figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sweeper.errors import SweeperError

AGAINST = ("step", "time", "gpu_hours")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What is drawn and how; each figure looks only at what concerns it.

    Args:
        metric: the metric of curves; the objective without it.
        x: the column on the horizontal axis; of curves "step", "time" or "gpu_hours".
        y: the column on the vertical axis.
        color: the column that colours; of curves, the parameter.
        group: the column whose values share one mean curve with its band.
        top: how many of the best trials have curves.
        smooth: the weight of the past in a curve's moving mean, from 0 to below 1.
        log_x: whether the horizontal axis is logarithmic.
        log_y: whether the vertical axis is logarithmic.
        bins: how many bins a numeric axis is cut into.
        narrow: whether there is room for few small figures beside one another.
    """

    metric: str = ""
    x: str = ""
    y: str = ""
    color: str = ""
    group: str = ""
    top: int = 25
    smooth: float = 0.0
    log_x: bool = False
    log_y: bool = False
    bins: int = 12
    narrow: bool = False

    def __post_init__(self) -> None:
        for name, low, high in (("top", 1, 2000), ("smooth", 0, 0.999), ("bins", 2, 60)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise SweeperError(
                    f"a figure got {name} = {value!r}", hint=f"Use a number from {low} to {high}."
                )


_TYPES = {"str": str, "int": int, "float": float, "bool": bool}
KNOWN = {each.name: _TYPES[str(each.type)] for each in fields(Choices)}


def choices_from(written: Mapping[str, Any]) -> Choices:
    """Read choices as a page or a caller writes them.

    Example:
        >>> choices_from({"x": "p:lr", "log_y": True}).x
        'p:lr'

    Raises:
        SweeperError: there is no such choice, or its value is none.
    """
    given: dict[str, Any] = {}
    for name, value in written.items():
        if name not in KNOWN:
            raise SweeperError(
                f"a figure has no choice {name!r}", hint=f"There are: {', '.join(KNOWN)}."
            )
        try:
            given[name] = KNOWN[name](value)
        except (TypeError, ValueError) as error:
            kind = KNOWN[name].__name__
            raise SweeperError(
                f"a figure got {name} = {value!r}", hint=f"Give it a value of type {kind}."
            ) from error
    return Choices(**given)
