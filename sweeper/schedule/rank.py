"""The best share of a growing set of scores, kept in two heaps."""

from __future__ import annotations

import heapq


class TopShare:
    """Know the lowest score among the best one in so many, at a logarithm's cost a score.

    The best floor(n / share) of n scores lie in one heap, its worst on top; all others in a
    second one, its best on top. A new score moves at most two between them. Of equal scores,
    that of the lower number is the better one.

    Example:
        >>> top = TopShare(share=3)
        >>> for trial, score in enumerate([0.1, 0.9, 0.5]): top.add(trial, score)
        >>> top.cutoff, top.holds(1), top.holds(2)
        (0.9, True, False)
    """

    def __init__(self, share: int) -> None:
        self._share = share
        self._inside: list[tuple[float, int]] = []
        self._outside: list[tuple[float, int]] = []
        self._known: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, who: int) -> bool:
        return who in self._known

    def score_of(self, who: int) -> float:
        """Give the score of somebody who is known."""
        return self._known[who]

    def add(self, who: int, score: float) -> None:
        """Count a score in; whoever is known already keeps the first one."""
        if who in self._known:
            return
        self._known[who] = score
        if self._inside:
            score, minus = heapq.heappushpop(self._inside, (score, -who))
            who = -minus
        heapq.heappush(self._outside, (-score, who))
        if len(self._inside) < len(self._known) // self._share:
            minus_score, who = heapq.heappop(self._outside)
            heapq.heappush(self._inside, (-minus_score, -who))

    @property
    def cutoff(self) -> float | None:
        """The lowest score among the best; None while there are fewer scores than a share."""
        return self._inside[0][0] if self._inside else None

    def holds(self, who: int) -> bool:
        """Tell whether somebody who is known is among the best."""
        return bool(self._inside) and (self._known[who], -who) >= self._inside[0]


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
