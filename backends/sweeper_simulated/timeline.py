"""Virtual time: a clock that stands still, and what is to happen when it moves on."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Protocol, TypeAlias


class Mortal(Protocol):
    """Whoever an entry is about; once it is over, what was planned for it does not happen."""

    over: bool


Entry: TypeAlias = tuple[float, int, Callable[[], object], Mortal]


class Timeline:
    """Keep what is to happen in the order of (time, planned first); it is the clock as well."""

    def __init__(self) -> None:
        self.moment = 0.0
        self.start = time.time()
        self._planned: list[Entry] = []
        self._count = 0

    def now(self) -> float:
        return self.start + self.moment

    def elapsed(self) -> float:
        return self.moment

    def plan(self, delay: float, action: Callable[[], object], owner: Mortal) -> None:
        """Let something happen after so many seconds."""
        self._count += 1
        heappush(self._planned, (self.moment + delay, self._count, action, owner))

    def plan_first(self, action: Callable[[], object], owner: Mortal) -> None:
        """Let something happen now, ahead of everything else that is planned."""
        self._count += 1
        heappush(self._planned, (self.moment, -self._count, action, owner))

    def next_moment(self) -> float:
        """Say when the next thing happens; infinite where nothing will."""
        planned = self._planned
        while planned and planned[0][3].over:
            heappop(planned)
        return planned[0][0] if planned else math.inf

    def step(self, until: float) -> bool:
        """Move on to the next thing and let it happen; False where there is none until then."""
        if self.next_moment() > until or not self._planned:
            return False
        self.moment, _, action, _ = heappop(self._planned)
        action()
        return True

    def move_to(self, moment: float) -> None:
        """Move on to a moment before which nothing happens, by a little at least."""
        self.moment = max(moment, math.nextafter(self.moment, math.inf))
