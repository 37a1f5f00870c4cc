"""The best share of a growing set of scores, kept in two heaps."""

from __future__ import annotations

import heapq
from collections.abc import Hashable


class TopShare:
    """Know the lowest score among the best one in so many, at a logarithm's cost a score.

    The best floor(n / share) of n scores lie in one heap, its worst on top; all others in a
    second one, its best on top. A new score moves at most two between them.

    Example:
        >>> top = TopShare(share=3)
        >>> for trial, score in enumerate([0.1, 0.9, 0.5]): top.add(trial, score)
        >>> top.cutoff
        0.9
    """

    def __init__(self, share: int) -> None:
        self._share = share
        self._inside: list[float] = []
        self._outside: list[float] = []
        self._known: dict[Hashable, float] = {}

    def __len__(self) -> int:
        return len(self._known)

    def add(self, who: Hashable, score: float) -> None:
        """Count a score in; whoever is known already keeps the first one."""
        if who in self._known:
            return
        self._known[who] = score
        heapq.heappush(
            self._outside, -heapq.heappushpop(self._inside, score) if self._inside else -score
        )
        if len(self._inside) < len(self._known) // self._share:
            heapq.heappush(self._inside, -heapq.heappop(self._outside))

    @property
    def cutoff(self) -> float | None:
        """The lowest score among the best; None while there are fewer scores than a share."""
        return self._inside[0] if self._inside else None


class RunningMedian:
    """Know the median of a growing set of numbers, at a logarithm's cost a number.

    Example:
        >>> median = RunningMedian()
        >>> for number in [3.0, 1.0, 2.0]: median.add(number)
        >>> median.value
        2.0
    """

    def __init__(self) -> None:
        self._lower: list[float] = []
        self._upper: list[float] = []

    def __len__(self) -> int:
        return len(self._lower) + len(self._upper)

    def add(self, number: float) -> None:
        """Count a number in."""
        heapq.heappush(self._upper, -heapq.heappushpop(self._lower, -number))
        if len(self._upper) > len(self._lower):
            heapq.heappush(self._lower, -heapq.heappop(self._upper))

    @property
    def value(self) -> float | None:
        """The median, the mean of the middle two of an even number; None of no numbers."""
        if not self._lower:
            return None
        if len(self._lower) > len(self._upper):
            return -self._lower[0]
        # Halved first, because the sum of two large numbers may be none.
        return self._upper[0] / 2 - self._lower[0] / 2
