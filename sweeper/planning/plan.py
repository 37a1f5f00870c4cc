"""A plan as a user reads it: problems, what will run, and a forecast with ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from html import escape

from sweeper.display.wording import duration, number
from sweeper.model.encoding import Json


@dataclass(frozen=True, slots=True)
class Range:
    """What a figure will probably be: below low once in ten times, and above high once.

    Example:
        >>> 12.0 in Range(10.0, 12.5, 16.0)
        True
    """

    low: float
    middle: float
    high: float

    def __contains__(self, value: float) -> bool:
        """Tell whether a figure lies between the two ends."""
        return self.low <= value <= self.high

    def times(self, factor: float) -> Range:
        """Give the range of so many times the figure."""
        return Range(factor * self.low, factor * self.middle, factor * self.high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a launch will probably take, each with its 10 % to 90 % range.

    trials counts those that will have ended, of this launch; seconds is wall clock, gpu_hours
    what all GPUs of all trials add up to, money their price where one was given. basis says in
    sentences what all this rests on.
    """

    trials: Range
    seconds: Range
    gpu_hours: Range
    money: Range | None = None
    basis: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a launch with the same arguments would meet and do; nothing was launched.

    Example:
        >>> plan = Plan(problems=("trials = 0",), runs={"trials": "none"})
        >>> plan.ok
        False

    problems are those that the launch would end with, each with its remedy. runs says what will
    run, in words by subject; first are the configurations that are tried first. forecast is None
    where nothing is known of the function; why_not then says what is missing.
    """

    problems: tuple[str, ...] = ()
    runs: Mapping[str, str] = field(default_factory=dict)
    first: Sequence[Mapping[str, Json]] = ()
    forecast: Forecast | None = None
    why_not: str | None = None

    @property
    def ok(self) -> bool:
        """Whether a launch would meet no problem."""
        return not self.problems

    def describe(self) -> dict[str, Json]:
        """Write the plan as JSON."""
        return {**asdict(self), "ok": self.ok}

    def __str__(self) -> str:
        lines = [f"{name:<10} {text}" for name, text in self.runs.items()]
        if self.problems:
            lines += ["", f"A launch would meet {_count(len(self.problems), 'problem')}:"]
            lines += [f"  - {problem}" for problem in self.problems]
        else:
            lines += ["", "A launch would meet no problem."]
        if self.forecast is not None:
            lines += ["", *_table(self.forecast), "", "This rests on:"]
            lines += [f"  - {sentence}" for sentence in self.forecast.basis]
        elif self.why_not is not None:
            lines += ["", self.why_not]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def _count(many: int, thing: str) -> str:
    return f"{many} {thing}{'' if many == 1 else 's'}"


def _table(forecast: Forecast) -> list[str]:
    rows = [
        ("forecast", "10 %", "probably", "90 %"),
        ("trials", *(f"{value:.0f}" for value in _ends(forecast.trials))),
        ("wall clock", *(duration(value) for value in _ends(forecast.seconds))),
        ("GPU-hours", *(number(value) for value in _ends(forecast.gpu_hours))),
    ]
    if forecast.money is not None:
        rows.append(("money", *(f"{value:.2f}" for value in _ends(forecast.money))))
    return [f"{a:<10} {b:>14} {c:>14} {d:>14}" for a, b, c, d in rows]


def _ends(ends: Range) -> tuple[float, float, float]:
    return ends.low, ends.middle, ends.high
