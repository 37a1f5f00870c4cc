"""How quickly attempts follow each other, and so how many are worth holding ready."""

from __future__ import annotations

import math

_WEIGHT = 0.2
_SHORT_SECONDS = 0.01
_HELD_SECONDS = 0.05
_MOST = 64


class Pace:
    """The running mean of how long attempts take, and the depth of the queue that fits it.

    Example:
        >>> pace = Pace()
        >>> pace.note(0.004, 4)
        >>> pace.depth
        50
    """

    def __init__(self) -> None:
        self._mean = math.inf

    @property
    def depth(self) -> int:
        """How many attempts a child should hold behind the one that it runs; 0 for long ones."""
        if self._mean > _SHORT_SECONDS:
            return 0
        return min(_MOST, int(_HELD_SECONDS / max(self._mean, 1e-6)))

    def note(self, seconds: float, attempts: int) -> None:
        """Learn that so many attempts have ended one after another within so many seconds."""
        if math.isinf(self._mean):
            self._mean = seconds / attempts
        share = (1 - _WEIGHT) ** attempts
        self._mean = share * self._mean + (1 - share) * seconds / attempts

    def slow_down(self) -> None:
        """Forget what was learnt: an attempt takes long."""
        self._mean = math.inf
