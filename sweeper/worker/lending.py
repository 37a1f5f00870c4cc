"""Which checkpoints of a running trial have to stay because others may be copied from them."""

from __future__ import annotations

from collections.abc import Iterable

from sweeper.model.assignment import Assignment

_TIMES = 3


class Lending:
    """Know the last times at which a trial was compared, and the checkpoints as of then.

    A copy takes the checkpoint that was the newest when its parent was last compared, and takes
    it soon: a parent that is twice compared meanwhile waits for it.
    """

    def __init__(self, assignment: Assignment) -> None:
        self._lends = assignment.lends
        self._milestones = assignment.milestones
        self._recorded = assignment.recorded_step or 0
        self._compared: list[int] = []

    def reported(self, before: int, step: int) -> None:
        """Note a report that follows the one of an earlier step."""
        if self._lends:
            at = self._milestones.pause_after(before)
            if at is not None and at <= step:
                self._compared = [*self._compared, step][-_TIMES:]

    def needed(self, steps: Iterable[int]) -> set[int]:
        """Say which checkpoints are to stay.

        Of those of earlier attempts all, for a while: nobody here knows when those were compared.
        """
        if not self._lends:
            return set()
        known = sorted(steps)
        needed = {max((s for s in known if s <= at), default=0) for at in self._compared}
        if len(self._compared) < _TIMES:
            needed.update(step for step in known if step <= self._recorded)
        return needed
