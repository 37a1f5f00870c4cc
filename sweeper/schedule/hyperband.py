"""Asynchronous Hyperband: several ladders of rungs, each beginning higher than the last."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from sweeper.errors import SweeperError
from sweeper.model.assignment import Decision
from sweeper.model.encoding import Json
from sweeper.model.milestones import Milestones
from sweeper.model.objective import Objective
from sweeper.model.randomness import unit
from sweeper.model.trial import TrialRecord
from sweeper.schedule.asha import check_rungs, rule_of, rungs_between
from sweeper.schedule.halving import Halving
from sweeper.schedule.scheduler import Note, Progress
from sweeper.schedule.scoring import Metric, Scoring

_BRACKETS = 3
_WRITTEN = re.compile(r"bracket (\d+)")


class Hyperband:
    """Guard against a first rung that tells too little: begin some trials' rungs higher.

    Each trial belongs to a bracket; the first rung of bracket b lies at min_steps times
    reduction_factor to the power of b, and each bracket is an ASHA of its own. Brackets are
    drawn from the sweep's seed and the trial's number, the lower ones more often, as many
    trials as Hyperband would begin in each; the drawn one is recorded.

    Example:
        >>> [round(share, 2) for share in Hyperband(max_steps=27).weights]
        [0.55, 0.24, 0.12, 0.08]

    Args:
        min_steps: the first rung of bracket 0.
        max_steps: the length of a full training; without it, rungs go on for ever.
        reduction_factor: how many trials come to a rung for each that passes; from 2.
        brackets: how many there are; as many as begin up to max_steps, or 3 without it. One
            that begins at max_steps trains all its trials to the end.
        type: as ASHA's.
        metric: as ASHA's.

    Raises:
        SweeperError: the steps, the factor or the brackets make no rungs.

    Source: Li et al., "Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization",
    JMLR 2018; asynchronous brackets as in Klein et al., "Model-based Asynchronous Hyperparameter
    and Neural Architecture Search", 2020.
    """

    def __init__(
        self,
        min_steps: int = 1,
        max_steps: int | None = None,
        reduction_factor: int = 3,
        brackets: int | None = None,
        type: str = "auto",
        metric: Metric = None,
    ) -> None:
        check_rungs("Hyperband", min_steps, max_steps, reduction_factor)
        fitting = _fitting(min_steps, max_steps, reduction_factor)
        if brackets is not None and (not _is_whole(brackets) or not 1 <= brackets <= fitting):
            raise SweeperError(
                f"Hyperband got brackets = {brackets!r}",
                hint=f"Use a whole number from 1 to {fitting}: so many begin up to max_steps.",
            )
        rule = rule_of("Hyperband", type)
        self._scoring = Scoring("Hyperband", metric)
        self._options: dict[str, Json] = {
            "min_steps": min_steps,
            "max_steps": max_steps,
            "reduction_factor": reduction_factor,
            "brackets": brackets,
            "type": rule.value,
            "metric": self._scoring.written,
        }
        count = brackets or (fitting if max_steps is not None else _BRACKETS)
        self._halvings = [
            Halving(
                rungs_between(min_steps * reduction_factor**b, max_steps, reduction_factor, rule),
                reduction_factor,
                rule,
                scoring=self._scoring,
            )
            for b in range(count)
        ]
        shares = [count / (count - b) * reduction_factor ** (count - 1 - b) for b in range(count)]
        self.weights = tuple(share / sum(shares) for share in shares)
        self._seed = 0
        self._brackets: dict[int, int] = {}
        self._unwritten: list[Note] = []

    def describe(self) -> dict[str, Json]:
        """Write the scheduler's options as JSON."""
        return {"kind": "hyperband", **self._options}

    def prepare(self, seed: int, objective: Objective) -> None:
        self._seed = seed
        self._scoring.prepare(objective)

    def bracket(self, trial: int) -> int:
        """Give the bracket of a trial, drawn when it is first asked for."""
        known = self._brackets.get(trial)
        if known is not None:
            return known
        left, chosen = unit(self._seed, trial, "bracket"), 0
        while chosen < len(self.weights) - 1 and left >= self.weights[chosen]:
            left -= self.weights[chosen]
            chosen += 1
        self._brackets[trial] = chosen
        first = self._halvings[chosen].milestones.after(0)
        rungs = "no rungs" if first is None else f"rungs from step {first}"
        self._unwritten.append(Note(trial, f"bracket {chosen}: {rungs}"))
        return chosen

    def milestones(self, trial: int) -> Milestones:
        return self._halvings[self.bracket(trial)].milestones

    def decide(self, report: Progress) -> Decision:
        return self._halvings[self.bracket(report.trial)].decide(report)

    def next_resume(self) -> int | None:
        for halving in self._halvings:
            trial = halving.next_resume()
            if trial is not None:
                return trial
        return None

    def last_resume(self) -> int | None:
        if any(halving.completed for halving in self._halvings):
            return None
        # The one that has come furthest, of all brackets.
        waiting = [(halving.furthest_waiting(), halving) for halving in self._halvings]
        found = [(where[0], -place) for place, (where, _) in enumerate(waiting) if where]
        return self._halvings[-max(found)[1]].last_resume() if found else None

    def observe_end(self, trial: TrialRecord) -> None:
        self._halvings[self.bracket(trial.number)].observe_end(trial)

    def take_up(self, paused: Collection[int]) -> None:
        for place, halving in enumerate(self._halvings):
            halving.take_up([trial for trial in paused if self.bracket(trial) == place])

    def notes(self) -> Sequence[Note]:
        unwritten, self._unwritten = self._unwritten, []
        return unwritten

    def recall(self, notes: Sequence[Note]) -> None:
        for trial, text in notes:
            written = _WRITTEN.match(text)
            if written and trial is not None and int(written[1]) < len(self._halvings):
                self._brackets[trial] = int(written[1])


def _fitting(min_steps: int, max_steps: int | None, reduction_factor: int) -> int:
    """Count the brackets that begin up to the length of a full training."""
    if max_steps is None:
        return 32
    count = 1
    while min_steps * reduction_factor**count <= max_steps:
        count += 1
    return count


def _is_whole(number: object) -> bool:
    return type(number) is int
