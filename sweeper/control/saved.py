"""Which checkpoints of which trials lie there, as far as they are recorded."""

from __future__ import annotations


class Saved:
    """Keep the steps of each trial's checkpoints.

    Example:
        >>> saved = Saved()
        >>> for step in (4, 8): saved.add(0, step)
        >>> saved.newest(0), saved.newest(0, upto=7), saved.newest(1)
        (8, 4, 0)
    """

    def __init__(self) -> None:
        self._steps: dict[int, set[int]] = {}
        self._newest: dict[int, int] = {}

    def add(self, trial: int, step: int | None) -> None:
        """Note that a checkpoint lies there."""
        self._steps.setdefault(trial, set()).add(step or 0)
        self._newest[trial] = max(step or 0, self._newest.get(trial, 0))

    def remove(self, trial: int, name: str) -> None:
        """Note that a checkpoint, called by its name, is gone."""
        step = name.rpartition("-")[2]
        if step.isdigit():
            self._steps.get(trial, set()).discard(int(step))

    def newest(self, trial: int, upto: int | None = None) -> int:
        """Give the highest step of a checkpoint, up to a certain one; 0 where there is none."""
        if upto is None:
            return self._newest.get(trial, 0)
        return max((step for step in self._steps.get(trial, ()) if step <= upto), default=0)
