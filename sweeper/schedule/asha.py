"""Asynchronous successive halving: by stopping, or by pausing and promoting."""

from __future__ import annotations

from collections.abc import Collection

from sweeper.errors import SweeperError
from sweeper.model.assignment import Decision
from sweeper.model.encoding import Json
from sweeper.model.milestones import Milestones
from sweeper.model.objective import Objective
from sweeper.model.trial import TrialRecord
from sweeper.schedule.halving import Halving, Rule
from sweeper.schedule.scheduler import Progress
from sweeper.schedule.scoring import Metric, Scoring


class ASHA:
    """Let only the best share of the trials pass each rung.

    Rungs lie at min_steps, times reduction_factor, and so on, below max_steps. By the stopping
    rule a trial goes on if its score is among the best 1/reduction_factor of all that have
    reached the rung so far; the first few always go on. By promotion a trial that is not among
    them pauses, and goes on from its checkpoint once it is; which of the two it is, each trial
    decides at each rung by whether it has a checkpoint. No trial ever waits for a certain other.
    Once it is known how long trainings are, nobody is stopped at their very end; without
    max_steps, the first trial at each rung goes on, to find that out.

    Example:
        >>> ASHA(min_steps=1, max_steps=27, reduction_factor=3).milestones(trial=0).after(1)
        3

    Args:
        min_steps: the first rung: no trial is stopped before it.
        max_steps: the length of a full training; without it, rungs go on for ever.
        reduction_factor: how many trials come to a rung for each that passes; from 2.
        type: "stopping", "promotion", or "auto": promotion for trials with a checkpoint.
        delayed: a paused trial is promoted only where the rung holds reduction_factor trials
            for each that went on from it, the promoted one included.
        metric: what decides where the sweep has several objectives: the name of one, weights by
            name for a weighted sum of them (each so that more is better), or "dominance" for
            non-dominated sorting; None for the first one. Report them all in one call.

    Raises:
        SweeperError: the steps or the factor make no rungs, or the type or metric is unknown.

    Source: Li et al., "A System for Massively Parallel Hyperparameter Tuning", MLSys 2020; the
    stopping variant as in Klein et al., "Model-based Asynchronous Hyperparameter and Neural
    Architecture Search", 2020; delayed promotion as in Li et al., "Hyper-Tune", VLDB 2022.
    """

    def __init__(
        self,
        min_steps: int = 1,
        max_steps: int | None = None,
        reduction_factor: int = 3,
        type: str = "auto",
        delayed: bool = False,
        metric: Metric = None,
    ) -> None:
        check_rungs("ASHA", min_steps, max_steps, reduction_factor)
        if not isinstance(delayed, bool):
            raise SweeperError(f"ASHA got delayed = {delayed!r}", hint="Use True or False.")
        self._scoring = Scoring("ASHA", metric)
        self._options: dict[str, Json] = {
            "min_steps": min_steps,
            "max_steps": max_steps,
            "reduction_factor": reduction_factor,
            "type": rule_of("ASHA", type).value,
            "delayed": delayed,
            "metric": self._scoring.written,
        }
        self._halving = Halving(
            rungs_between(min_steps, max_steps, reduction_factor, rule_of("ASHA", type)),
            reduction_factor,
            rule_of("ASHA", type),
            delayed=delayed,
            scoring=self._scoring,
        )

    def describe(self) -> dict[str, Json]:
        """Write the scheduler's options as JSON."""
        return {"kind": "asha", **self._options}

    def prepare(self, seed: int, objective: Objective) -> None:
        self._scoring.prepare(objective)

    def milestones(self, trial: int) -> Milestones:
        return self._halving.milestones

    def decide(self, report: Progress) -> Decision:
        return self._halving.decide(report)

    def next_resume(self) -> int | None:
        return self._halving.next_resume()

    def last_resume(self) -> int | None:
        return self._halving.last_resume()

    def observe_end(self, trial: TrialRecord) -> None:
        self._halving.observe_end(trial)

    def take_up(self, paused: Collection[int]) -> None:
        self._halving.take_up(paused)


def check_rungs(name: str, min_steps: int, max_steps: int | None, reduction_factor: int) -> None:
    """Refuse steps and a factor that make no rungs."""
    _check_whole(name, "min_steps", min_steps, 1)
    _check_whole(name, "reduction_factor", reduction_factor, 2)
    if max_steps is not None:
        _check_whole(name, "max_steps", max_steps, min_steps + 1)


def _check_whole(name: str, option: str, value: object, least: int) -> None:
    if type(value) is not int or value < least:
        raise SweeperError(
            f"{name} got {option} = {value!r}", hint=f"Use a whole number from {least}."
        )


def rungs_between(
    min_steps: int, max_steps: int | None, reduction_factor: int, rule: Rule
) -> Milestones:
    """Give the rungs from the first one up, below the length of a full training."""
    return Milestones(
        first=min_steps,
        factor=reduction_factor,
        last=None if max_steps is None else max_steps - 1,
        pauses=rule is not Rule.STOPPING,
    )


def rule_of(name: str, given: str) -> Rule:
    """Read a type of successive halving."""
    try:
        return Rule(given)
    except ValueError:
        raise SweeperError(
            f"{name} got type = {given!r}", hint='Use "auto", "stopping" or "promotion".'
        ) from None
