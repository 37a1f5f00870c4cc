"""Conditions that stop a trial by its own curve alone, beside any scheduler."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from sweeper.errors import SweeperError
from sweeper.model.assignment import Decision
from sweeper.model.encoding import Json
from sweeper.model.milestones import RUNG_FACTOR, Milestones
from sweeper.model.objective import Objective
from sweeper.model.trial import TrialRecord
from sweeper.schedule.scheduler import (
    Copying,
    Note,
    Noting,
    Pausing,
    Prepared,
    Progress,
    Scheduler,
)


class StopIf:
    """Stop a trial whose objective is stuck, gets worse, or leaves its bounds.

    A value that is not finite stops the trial, too. The conditions are looked at with every
    report from min_steps on, and the function waits there for the answer. What they leave, a
    further scheduler judges.

    Example:
        >>> from sweeper.schedule import ASHA
        >>> StopIf(plateau=10, outside=(0, 20), then=ASHA()).milestones(0).after(3)
        4

    Args:
        plateau: stop when the best value is so many steps old.
        min_change: what the objective must gain to count as better than the best.
        worse_by: stop when the objective is worse than the trial's own best by more than this.
        outside: stop when the objective is less than the first of two numbers or more than the
            second; None for a side that is open.
        min_steps: nothing is stopped before this step.
        then: a scheduler that judges beside, as an object; None judges no further.

    Raises:
        SweeperError: no condition is given, or one is no number.
    """

    def __init__(
        self,
        *,
        plateau: int | None = None,
        min_change: float = 0.0,
        worse_by: float | None = None,
        outside: Sequence[float | None] | None = None,
        min_steps: int = 1,
        then: Scheduler | None = None,
    ) -> None:
        self._conditions: dict[str, Json] = {
            "plateau": plateau,
            "min_change": min_change,
            "worse_by": worse_by,
            "min_steps": min_steps,
        }
        self._check(outside, then)
        low, high = outside or (None, None)
        self._conditions["outside"] = None if outside is None else [low, high]
        self._plateau = plateau
        self._min_change = min_change
        self._worse_by = math.inf if worse_by is None else worse_by
        self._low = -math.inf if low is None else low
        self._high = math.inf if high is None else high
        self._first = min_steps
        self._then = then
        self._bests: dict[int, tuple[float, int]] = {}
        self._judged: dict[int, tuple[int, bool]] = {}

    def _check(self, outside: object, then: object) -> None:
        for name, value in self._conditions.items():
            kinds, least = ((int,), 1) if name in ("plateau", "min_steps") else ((int, float), 0)
            if value is not None and not (_is_number(value, kinds) and value >= least):
                word = "whole number" if least else "number"
                raise SweeperError(
                    f"StopIf got {name} = {value!r}", hint=f"Use a {word} from {least}."
                )
        if outside is not None and not _are_bounds(outside):
            raise SweeperError(
                f"StopIf got outside = {outside!r}",
                hint="Give two numbers, the lower one first, or None for one: (0, 20).",
            )
        if self._conditions["plateau"] is self._conditions["worse_by"] is outside is None:
            raise SweeperError(
                "StopIf got no condition", hint="Give plateau=, worse_by= or outside=."
            )
        if isinstance(then, (str, type)) or (then is not None and not isinstance(then, Scheduler)):
            raise SweeperError(
                f"StopIf got then = {then!r}", hint="Give a scheduler as an object: ASHA()."
            )
        if isinstance(then, Copying):
            raise SweeperError(
                f"StopIf got then = {then!r}, which replaces trials itself",
                hint="Give population based training alone: scheduler=sweeper.PBT(...).",
            )

    def describe(self) -> dict[str, Json]:
        """Write the scheduler's options as JSON."""
        from sweeper.schedule.named import describe_scheduler

        then = describe_scheduler(self._then)
        if then is not None and then["kind"] == "object":
            return {"kind": "object", "name": f"StopIf, then {then['name']}"}
        return {"kind": "stop_if", "conditions": self._conditions, "then": then}

    def milestones(self, trial: int) -> Milestones:
        also = (
            Milestones(first=self._first, factor=RUNG_FACTOR)
            if self._then is None
            else self._then.milestones(trial)
        )
        return Milestones(first=self._first, every=1, compares=False, also=also)

    def decide(self, report: Progress) -> Decision:
        decision = Decision.CONTINUE if self._then is None else self._then.decide(report)
        return Decision.STOP if self._stops(report) else decision

    def _stops(self, report: Progress) -> bool:
        step, stops = self._judged.get(report.trial, (0, False))
        if report.step <= step:
            # One that comes again has been judged.
            return stops and report.step == step
        best, at = self._bests.get(report.trial, (-math.inf, 0))
        stuck = self._plateau is not None and report.step - at >= self._plateau
        worse = best - report.score > self._worse_by
        if report.score > best + (self._min_change if at else 0.0):
            self._bests[report.trial] = (report.score, report.step)
            stuck = False
        outside = not self._low <= report.value <= self._high or math.isinf(report.value)
        stops = report.step >= self._first and (stuck or worse or outside)
        self._judged[report.trial] = (report.step, stops)
        return stops

    def next_resume(self) -> int | None:
        return None if self._then is None else self._then.next_resume()

    def observe_end(self, trial: TrialRecord) -> None:
        self._bests.pop(trial.number, None)
        self._judged.pop(trial.number, None)
        if self._then is not None:
            self._then.observe_end(trial)

    def last_resume(self) -> int | None:
        return self._then.last_resume() if isinstance(self._then, Pausing) else None

    def take_up(self, paused: Collection[int]) -> None:
        if isinstance(self._then, Pausing):
            self._then.take_up(paused)

    def notes(self) -> Sequence[Note]:
        return self._then.notes() if isinstance(self._then, Noting) else ()

    def recall(self, notes: Sequence[Note]) -> None:
        if isinstance(self._then, Noting):
            self._then.recall(notes)

    def prepare(self, seed: int, objective: Objective) -> None:
        if isinstance(self._then, Prepared):
            self._then.prepare(seed, objective)


def _is_number(value: object, kinds: tuple[type, ...] = (int, float)) -> bool:
    return type(value) in kinds and math.isfinite(value)  # type: ignore[arg-type]


def _are_bounds(given: object) -> bool:
    if not isinstance(given, (list, tuple)) or len(given) != 2:
        return False
    known = [bound for bound in given if bound is not None]
    return bool(known) and all(map(_is_number, known)) and known == sorted(known)
