"""The steps at which a scheduler may decide, told to workers beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sweeper.errors import SweeperError

RUNG_FACTOR = 3
"""How far apart rungs lie where a scheduler may decide at every step and has none of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestones:
    """Steps first, then every so many or by a factor, up to and including last.

    pauses says that a trial may be paused there, so that it pays to have a checkpoint; compares
    that they are rungs: what many trials report there tells searchers who is better. also are
    further ones that hold beside these.

    Example:
        >>> Milestones(first=1, factor=3, last=30).after(3)
        9
        >>> Milestones(first=4, every=2).after(4)
        6
        >>> NO_MILESTONES.after(0) is None
        True
    """

    first: int | None = None
    every: int | None = None
    factor: int | None = None
    last: int | None = None
    pauses: bool = False
    compares: bool = True
    also: Milestones | None = None

    def __post_init__(self) -> None:
        for name, value, least in (
            ("first", self.first, 1),
            ("every", self.every, 1),
            ("factor", self.factor, 2),
        ):
            if value is not None and value < least:
                raise SweeperError(
                    f"milestones have {name} = {value!r}", hint=f"Use a whole number from {least}."
                )

    def after(self, step: int) -> int | None:
        """Give the first milestone beyond a step; None where there is none."""
        own = self._next(step)
        # None comes before the very next step.
        if self.also is None or own == step + 1:
            return own
        return _least(own, self.also.after(step))

    def pause_after(self, step: int) -> int | None:
        """Give the first milestone beyond a step at which a trial may be paused."""
        own = self._next(step) if self.pauses else None
        return _least(own, None if self.also is None else self.also.pause_after(step))

    def rungs(self, before: int, step: int) -> Iterator[int]:
        """Give the rungs beyond one step and up to another."""
        rung = self._rung_after(before)
        while rung is not None and rung <= step:
            yield rung
            rung = self._rung_after(rung)

    def _rung_after(self, step: int) -> int | None:
        own = self._next(step) if self.compares else None
        return _least(own, None if self.also is None else self.also._rung_after(step))

    def _next(self, step: int) -> int | None:
        if self.first is None:
            return None
        milestone = self.first
        if step >= milestone:
            if self.every:
                milestone += ((step - milestone) // self.every + 1) * self.every
            elif self.factor:
                while milestone <= step:
                    milestone *= self.factor
            else:
                return None
        return None if self.last is not None and milestone > self.last else milestone

    def crossed(self, before: int, step: int) -> Iterator[int]:
        """Give the milestones beyond one step and up to another."""
        milestone = self.after(before)
        while milestone is not None and milestone <= step:
            yield milestone
            milestone = self.after(milestone)


def _least(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return one if one < other else other


NO_MILESTONES = Milestones()
