"""One rung of successive halving: who has come to it, who waits there, and who went on."""

from __future__ import annotations

import heapq

from sweeper.model.assignment import Decision
from sweeper.model.pareto import Scores
from sweeper.schedule.fronts import FrontShare
from sweeper.schedule.rank import TopShare


class Rung:
    """The scores of the trials that have come to a rung, and where each of them stands.

    Nothing here depends on the order in which trials came: who is among the best follows from
    the scores and the trials' numbers, and who waits or went on is told.

    Example:
        >>> rung = Rung(share=3)
        >>> for trial, score in enumerate([0.1, 0.9, 0.5]): rung.come(trial, score)
        >>> rung.promotable()
        1
    """

    def __init__(self, share: int, *, delayed: bool = False) -> None:
        self._share = share
        self._delayed = delayed
        self._scores = TopShare(share)
        self._waiting: set[int] = set()
        self._queue: list[tuple[float, int]] = []
        self._gone: set[int] = set()

    def __len__(self) -> int:
        return len(self._scores)

    def __contains__(self, trial: int) -> bool:
        return trial in self._scores

    def come(self, trial: int, score: float) -> None:
        """Let a trial that has not been here come to the rung and wait."""
        self._scores.add(trial, score)
        self.wait(trial)

    def wait(self, trial: int) -> None:
        """Let a trial that has come here wait."""
        self._gone.discard(trial)
        if trial not in self._waiting:
            self._waiting.add(trial)
            heapq.heappush(self._queue, (-self._scores.score_of(trial), trial))

    def go_on(self, trial: int) -> None:
        """Let a trial that has come here go on beyond the rung."""
        self._waiting.discard(trial)
        self._gone.add(trial)

    def leave(self, trial: int) -> None:
        """Note that a trial has ended before it came to the next rung."""
        self._waiting.discard(trial)
        self._gone.discard(trial)

    @property
    def anybody_went_on(self) -> bool:
        """Whether a trial has gone on from here, and not ended since."""
        return bool(self._gone)

    def standing(self, trial: int) -> Decision:
        """Say what a trial that has come here is to do: it went on, it waits, or it is out."""
        if trial in self._gone:
            return Decision.CONTINUE
        return Decision.PAUSE if trial in self._waiting else Decision.STOP

    def is_below(self, trial: int) -> bool:
        """Tell whether a trial scores less than the worst of the best share."""
        cutoff = self._scores.cutoff
        return cutoff is not None and self._scores.score_of(trial) < cutoff

    def first(self) -> int | None:
        """Give the best of those who wait."""
        while self._queue and self._queue[0][1] not in self._waiting:
            heapq.heappop(self._queue)
        return self._queue[0][1] if self._queue else None

    def _first_held(self) -> int | None:
        """Give the best of those who wait, where it is among the best share of all."""
        best = self.first()
        return best if best is not None and self._scores.holds(best) else None

    def promotable(self) -> int | None:
        """Give the best of those who wait, where it is among the best share of all."""
        best = self._first_held()
        if best is None:
            return None
        # Delayed: only so many go on that each has so many here behind it.
        if self._delayed and len(self) < self._share * (len(self._gone) + 1):
            return None
        return best


class FrontRung(Rung):
    """A rung at which several scores count, none more than the others."""

    def __init__(self, share: int, *, delayed: bool = False) -> None:
        super().__init__(share, delayed=delayed)
        self._fronts = FrontShare(share)

    def __len__(self) -> int:
        return len(self._fronts)

    def __contains__(self, trial: int) -> bool:
        return trial in self._fronts

    def come_with(self, trial: int, scores: Scores) -> None:
        """Let a trial that has not been here come to the rung and wait."""
        self._fronts.add(trial, scores)
        self.wait(trial)

    def wait(self, trial: int) -> None:
        self._gone.discard(trial)
        self._waiting.add(trial)
        self._fronts.wait(trial)

    def go_on(self, trial: int) -> None:
        super().go_on(trial)
        self._fronts.wait(trial, False)

    def leave(self, trial: int) -> None:
        super().leave(trial)
        self._fronts.wait(trial, False)

    def is_below(self, trial: int) -> bool:
        return len(self) >= self._share and not self._fronts.holds(trial)

    def first(self) -> int | None:
        return self._fronts.first_waiting()

    def _first_held(self) -> int | None:
        return self._fronts.first_waiting_held()
