"""Asynchronous successive halving, the stopping rule."""

from __future__ import annotations

from sweeper.errors import SweeperError
from sweeper.model.assignment import Decision
from sweeper.model.encoding import Json
from sweeper.model.milestones import Milestones
from sweeper.model.trial import TrialRecord
from sweeper.schedule.rank import TopShare
from sweeper.schedule.scheduler import Progress


class ASHA:
    """Let only the best share of the trials pass each rung.

    Rungs lie at min_steps, times reduction_factor, and so on, below max_steps. At a rung a
    trial goes on if its score is among the best 1/reduction_factor of all that have reached it
    so far; the first few always go on. No trial ever waits for another.

    Example:
        >>> ASHA(min_steps=1, max_steps=27, reduction_factor=3).milestones(trial=0).after(1)
        3

    Args:
        min_steps: the first rung: no trial is stopped before it.
        max_steps: the length of a full training; without it, rungs go on for ever.
        reduction_factor: how many trials come to a rung for each that passes; from 2.

    Raises:
        SweeperError: the steps or the factor make no rungs.

    Source: Li et al., "A System for Massively Parallel Hyperparameter Tuning", MLSys 2020; the
    stopping variant as in Klein et al., "Model-based Asynchronous Hyperparameter and Neural
    Architecture Search", 2020.
    """

    def __init__(
        self, min_steps: int = 1, max_steps: int | None = None, reduction_factor: int = 3
    ) -> None:
        for name, value, least in (
            ("min_steps", min_steps, 1),
            ("reduction_factor", reduction_factor, 2),
            ("max_steps", max_steps if max_steps is not None else min_steps + 1, min_steps + 1),
        ):
            if type(value) is not int or value < least:
                raise SweeperError(
                    f"ASHA got {name} = {value!r}", hint=f"Use a whole number from {least}."
                )
        self._options = {
            "min_steps": min_steps,
            "max_steps": max_steps,
            "reduction_factor": reduction_factor,
        }
        last = None if max_steps is None else max_steps - 1
        self._milestones = Milestones(first=min_steps, factor=reduction_factor, last=last)
        self._share = reduction_factor
        self._rungs: dict[int, TopShare] = {}

    def describe(self) -> dict[str, Json]:
        """Write the scheduler's options as JSON."""
        return {"kind": "asha", **self._options}

    def milestones(self, trial: int) -> Milestones:
        return self._milestones

    def decide(self, report: Progress) -> Decision:
        decision = Decision.CONTINUE
        for milestone in self._milestones.crossed(report.before, report.step):
            rung = self._rungs.setdefault(milestone, TopShare(self._share))
            rung.add(report.trial, report.score)
            if rung.cutoff is not None and report.score < rung.cutoff:
                decision = Decision.STOP
        return decision

    def next_resume(self) -> int | None:
        return None

    def observe_end(self, trial: TrialRecord) -> None:
        return
