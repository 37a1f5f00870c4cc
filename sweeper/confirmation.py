"""What a confirmation found: means with their intervals, and which differences are real.

Source: intervals of means by Student's t; differences by the t-test for unequal variances, Welch,
Biometrika 34, 1947, of all pairs, corrected as in Holm, "A Simple Sequentially Rejective Multiple
Test Procedure", Scandinavian Journal of Statistics 6, 1979.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape
from itertools import combinations
from statistics import fmean, stdev

from sweeper.display.wording import configuration, number
from sweeper.model.encoding import Json, Value
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import Goal
from sweeper.model.sweep import SweepRecord
from sweeper.store import questions
from sweeper.store.store import Store

LEVEL = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """One configuration under fresh seeds, with the 95 % interval of its mean.

    trial is its number in the sweep that is confirmed, was the value that it had there.
    """

    trial: int
    params: dict[str, Value]
    was: float | None
    values: tuple[float, ...]
    mean: float
    sd: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two configurations: how much the means differ, and whether that is more than luck.

    p is corrected for the number of pairs.
    """

    trials: tuple[int, int]
    difference: float
    p: float
    real: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What the best trials of a sweep are worth under fresh seeds, the best mean first.

    sweep is the name of the sweep that ran them, of the one whose trials they are.

    Example:
        >>> from sweeper.model.objective import Mode
        >>> found = [(3, {}, 0.08, [0.20, 0.21, 0.19]), (7, {}, 0.09, [0.10, 0.11, 0.12])]
        >>> made = compare("first-confirm", "first", Goal(metric="loss", mode=Mode.MIN), found)
        >>> made.best.trial, [d.real for d in made.differences], made.not_worse
        (7, [True], [7])
    """

    sweep: str
    of: str
    metric: str
    rows: tuple[Confirmed, ...]
    differences: tuple[Difference, ...]

    @property
    def best(self) -> Confirmed | None:
        """The configuration with the best mean; None where none could be run."""
        return self.rows[0] if self.rows else None

    @property
    def not_worse(self) -> list[int]:
        """The trials that cannot be told from the best, which comes first."""
        if self.best is None:
            return []
        worse = {
            trial
            for found in self.differences
            if found.real and self.best.trial in found.trials
            for trial in found.trials
        }
        return [r.trial for r in self.rows if r is self.best or r.trial not in worse]

    def describe(self) -> dict[str, Json]:
        """Write the confirmation as JSON."""
        return {**asdict(self), "not_worse": self.not_worse}

    def __str__(self) -> str:
        head = ("trial", "was", f"mean {self.metric}", "95 % interval", "sd", "n", "configuration")
        rows = [
            (
                str(row.trial), number(row.was), number(row.mean),
                f"{number(row.low)} to {number(row.high)}", number(row.sd), str(len(row.values)),
                configuration(row.params),
            )
            for row in self.rows
        ]  # fmt: skip
        widths = [max(len(line[i]) for line in [head, *rows]) for i in range(len(head))]
        table = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
            for line in [head, *rows]
        ]
        title = f"Sweep {self.of!r}, confirmed by {self.sweep!r}:"
        return "\n".join([title, *table, *self._words()])

    def _words(self) -> list[str]:
        if self.best is None:
            return ["No configuration ran to its end with two seeds."]
        others = self.not_worse[1:]
        alike = f"; from it cannot be told: {', '.join(map(str, others))}" if others else ""
        lines = [f"Trial {self.best.trial} has the best mean{alike}."]
        real = [
            "{} and {}".format(*d.trials) + f" (p = {number(d.p)})"
            for d in self.differences
            if d.real
        ]
        if len(self.rows) > 1:
            lines.append(f"Real differences: {', '.join(real) or 'none'}.")
        return lines

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def compare(
    sweep: str,
    of: str,
    goal: Goal,
    found: Sequence[tuple[int, dict[str, Value], float | None, Sequence[float]]],
) -> Confirmation:
    """Compare configurations by (trial, params, what it was, values under fresh seeds).

    One with fewer than two values is left out.
    """
    rows = [_confirmed(*one) for one in found if len(one[3]) > 1]
    rows.sort(key=lambda row: (-goal.score(row.mean), row.trial))
    return Confirmation(
        sweep=sweep,
        of=of,
        metric=goal.metric,
        rows=tuple(rows),
        differences=tuple(_differences(rows)),
    )


def _confirmed(
    trial: int, params: dict[str, Value], was: float | None, values: Sequence[float]
) -> Confirmed:
    from scipy.stats import t

    mean, sd = fmean(values), stdev(values)
    half = float(t.ppf(1 - LEVEL / 2, len(values) - 1)) * sd / math.sqrt(len(values))
    return Confirmed(
        trial=trial,
        params=params,
        was=was,
        values=tuple(values),
        mean=mean,
        sd=sd,
        low=mean - half,
        high=mean + half,
    )


def _differences(rows: Sequence[Confirmed]) -> list[Difference]:
    pairs = list(combinations(rows, 2))
    corrected = holm([_p(a.values, b.values) for a, b in pairs])
    return [
        Difference(trials=(a.trial, b.trial), difference=a.mean - b.mean, p=p, real=p < LEVEL)
        for (a, b), p in zip(pairs, corrected)
    ]


def _p(one: Sequence[float], other: Sequence[float]) -> float:
    """Give the probability of such a difference between two means that are equal."""
    from scipy.stats import ttest_ind

    if len(set(one)) == len(set(other)) == 1:
        # Where nothing varies, a difference is no matter of luck.
        return 1.0 if one[0] == other[0] else 0.0
    return float(ttest_ind(one, other, equal_var=False).pvalue)


def holm(found: Sequence[float]) -> list[float]:
    """Correct probabilities for their number, step by step from the smallest.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(found)), key=lambda place: found[place])
    corrected, least = [0.0] * len(found), 0.0
    for rank, place in enumerate(order):
        least = max(least, min(1.0, (len(found) - rank) * found[place]))
        corrected[place] = least
    return corrected


def confirmation_of(store: Store, sweep: SweepRecord) -> Confirmation | None:
    """Read what a confirming sweep has found so far; of another, its newest confirmation."""
    if sweep.asked().confirms is not None:
        return read_confirmation(store, sweep)
    known = [found.sweep for found in questions.list_sweeps(store)]
    newer = [k for k in known if (k.asked().confirms or {}).get("sweep") == sweep.name]
    return read_confirmation(store, newer[0]) if newer else None


def describe_confirmation(store: Store, sweep: SweepRecord) -> dict[str, Json] | None:
    """Write what confirmation_of reads as JSON."""
    found = confirmation_of(store, sweep)
    return None if found is None else found.describe()


def read_confirmation(store: Store, sweep: SweepRecord) -> Confirmation:
    """Read what a sweep has found so far that runs another one's trials again."""
    confirms = sweep.asked().confirms or {}
    numbers, space = confirms["trials"], sweep.search_space()
    values: dict[int, list[float]] = {number: [] for number in numbers}
    params: dict[int, dict[str, Value]] = {}
    for trial in questions.list_trials(store, sweep.id):
        # More that somebody has queued there is not among those that are compared.
        if trial.origin == "confirm":
            original = numbers[trial.number % len(numbers)]
            params[original] = space.decode(trial.params)
            if trial.status is TrialStatus.COMPLETED and trial.value is not None:
                values[original].append(trial.value)
    was = dict(zip(numbers, confirms["values"]))
    found = [(n, params.get(n, {}), was[n], values[n]) for n in numbers]
    return compare(sweep.name, confirms["sweep"], sweep.goals().first, found)
