"""The verb that holds a sweep against conditions, for pipelines: check."""

from __future__ import annotations

import argparse
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sweeper.cli.output import Usage, common_options, say, say_json
from sweeper.errors import SweeperError
from sweeper.model.lifecycle import TrialStatus
from sweeper.sweep import Sweep, load

NOT_HELD = 3
_WRITTEN = re.compile(r"\s*([^\s<>=!]+)\s*(<=|>=|==|!=|<|>)\s*(\S.*?)\s*")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}
_BY_DEFAULT = ("status == completed", "completed >= 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A fact of a sweep and what it is to be.

    Example:
        >>> read_condition("best >= 0.95").holds(0.97)
        True
    """

    fact: str
    comparison: str
    wanted: float | str

    def holds(self, found: float | str | None) -> bool:
        """Tell whether a fact is as wanted; what is not there is never."""
        if found is None or isinstance(found, str) != isinstance(self.wanted, str):
            return False
        return _COMPARE[self.comparison](found, self.wanted)

    def __str__(self) -> str:
        wanted = self.wanted if isinstance(self.wanted, str) else _exact(self.wanted)
        return f"{self.fact} {self.comparison} {wanted}"


def read_condition(written: str) -> Condition:
    """Read a condition such as "best >= 0.95" or "status == completed".

    Raises:
        Usage: it is none.
    """
    found = _WRITTEN.fullmatch(written)
    if found is None:
        raise Usage(
            f"{written!r} is no condition", hint='Write one as "best >= 0.95" or "failed == 0".'
        )
    fact, comparison, wanted = found.groups()
    try:
        return Condition(fact=fact, comparison=comparison, wanted=float(wanted))
    except ValueError:
        word = wanted.strip("\"'")
    if comparison not in ("==", "!="):
        raise Usage(
            f"{written!r}: {word!r} is no number, and words are only alike or not",
            hint="Compare words by == or !=.",
        )
    return Condition(fact=fact, comparison=comparison, wanted=word)


def add_verbs(verbs: Any) -> None:
    """Add check."""
    check = verbs.add_parser(
        "check",
        parents=[common_options()],
        help="hold a sweep against conditions; 3 where one does not hold",
        description="Hold a sweep against conditions and end with 3 where one does not hold: "
        'check digits "best >= 0.95" "failed == 0". Without one: it is completed, with a trial '
        "that is. Facts are status, best, a metric of the best trial, trials, seconds, gpu_hours, "
        "and the number of trials in each status.",
    )
    check.add_argument("name", metavar="NAME")
    check.add_argument("conditions", metavar="CONDITION", nargs="*")
    check.set_defaults(act=_check)


def _check(parsed: argparse.Namespace) -> int:
    conditions = [read_condition(written) for written in parsed.conditions or _BY_DEFAULT]
    facts = facts_of(load(parsed.name, parsed.store))
    unknown = [one.fact for one in conditions if one.fact not in facts]
    if unknown:
        raise SweeperError(
            f"sweep {parsed.name!r} has no fact {unknown[0]!r}",
            hint=f"There are {', '.join(facts)}.",
        )
    held = [one.holds(facts[one.fact]) for one in conditions]
    if parsed.json:
        say_json(
            [
                {"condition": str(one), "found": facts[one.fact], "holds": holds}
                for one, holds in zip(conditions, held, strict=True)
            ]
        )
    else:
        _show(conditions, facts, held)
    return 0 if all(held) else NOT_HELD


def facts_of(sweep: Sweep) -> dict[str, float | str | None]:
    """Give what can be asked of a sweep, by name; what it does not have yet is None."""
    overview = sweep.overview
    counts = overview.counts
    facts: dict[str, float | str | None] = {
        "status": str(overview.status),
        "best": overview.sweep.best_value,
        "trials": overview.created,
        "ended": overview.ended,
        **{str(status): counts.get(status, 0) for status in (*TrialStatus,)},
        "seconds": overview.sweep.active_seconds,
        "gpu_hours": overview.sweep.gpu_seconds / 3600,
    }
    best = sweep.best_trial
    metrics = {name: told.get("last") for name, told in best.summary.items()} if best else {}
    own = dict.fromkeys(sweep.objective.metrics)
    values = dict(zip(own, best.values or (), strict=False)) if best else {}
    return {**own, **metrics, **values, **facts}


def _show(
    conditions: Sequence[Condition],
    facts: Mapping[str, float | str | None],
    held: Sequence[bool],
) -> None:
    for one, holds in zip(conditions, held, strict=True):
        found = facts[one.fact]
        shown = found if isinstance(found, str) else _exact(found)
        say(f"{'holds' if holds else 'does not hold'}: {one} ({one.fact} is {shown})")


def _exact(value: float | None) -> str:
    return "nothing yet" if value is None else f"{value:.12g}"
