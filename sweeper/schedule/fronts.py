"""The best share of trials with several scores each: by fronts, and by room within a front."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from sweeper.model.pareto import Scores, dominates


class FrontShare:
    """Know who is among the best one in so many, where nobody weighs the scores.

    Front 0 holds those whom nobody dominates, front 1 those whom only front 0 dominates, and so
    on. Within a front the one with more room around it is better, then that of the lower number.

    Example:
        >>> best = FrontShare(share=2)
        >>> for trial, scores in enumerate([(1, 0), (0, 1), (0, 0), (-1, -1)]):
        ...     best.add(trial, scores)
        >>> [trial for trial in range(4) if best.holds(trial)]
        [0, 1]

    Source: non-dominated sorting and crowding as in Deb et al., "A Fast and Elitist Multiobjective
    Genetic Algorithm: NSGA-II", 2002. A new trial costs time in proportion to those known.
    """

    def __init__(self, share: int) -> None:
        self._share = share
        self._known: dict[int, Scores] = {}
        self._fronts: dict[int, int] = {}
        self._sizes: Counter[int] = Counter()
        self._rooms: dict[int, dict[int, float]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, who: int) -> bool:
        return who in self._known

    def add(self, who: int, scores: Scores) -> None:
        """Count scores in; whoever is known already keeps the first ones."""
        if who in self._known:
            return
        above = [self._fronts[o] for o, s in self._known.items() if dominates(s, scores)]
        self._known[who] = scores
        self._put(who, max(above, default=-1) + 1)
        self._push_down(who)
        self._rooms.clear()

    def _put(self, who: int, front: int) -> None:
        if who in self._fronts:
            self._sizes[self._fronts[who]] -= 1
        self._fronts[who] = front
        self._sizes[front] += 1

    def _push_down(self, who: int) -> None:
        """Move those behind somebody who has come, and those behind them."""
        moved = [who]
        while moved:
            by = moved.pop()
            scores, front = self._known[by], self._fronts[by]
            for other, theirs in self._known.items():
                if self._fronts[other] <= front and dominates(scores, theirs):
                    self._put(other, front + 1)
                    moved.append(other)

    def holds(self, who: int) -> bool:
        """Tell whether somebody who is known is among the best."""
        front, places = self._fronts[who], len(self._known) // self._share
        before = sum(size for other, size in self._sizes.items() if other < front)
        if before >= places or before + self._sizes[front] <= places:
            return before < places
        members = [other for other, theirs in self._fronts.items() if theirs == front]
        return who in sorted(members, key=self.rank)[: places - before]

    def rank(self, who: int) -> tuple[int, float, int]:
        """Give a key by which the better ones sort first."""
        front = self._fronts[who]
        if front not in self._rooms:
            members = {o: self._known[o] for o, theirs in self._fronts.items() if theirs == front}
            self._rooms[front] = rooms(members)
        return front, -self._rooms[front][who], who


def rooms(members: dict[int, Scores]) -> dict[int, float]:
    """Give the crowding distance of each member of a front; infinite at its ends."""
    found = dict.fromkeys(members, 0.0)
    for place in range(len(next(iter(members.values()), ()))):
        ordered = sorted(members, key=lambda who: (members[who][place], who))
        values = [members[who][place] for who in ordered]
        spread = _gap(values[-1], values[0])
        for who, gap in zip(ordered, _gaps(values)):
            found[who] += gap if math.isinf(gap) else gap / spread if spread else 0.0
    return found


def _gaps(values: list[float]) -> Iterable[float]:
    yield math.inf
    for before, after in zip(values, values[2:]):
        yield _gap(after, before)
    if len(values) > 1:
        yield math.inf


def _gap(high: float, low: float) -> float:
    return 0.0 if high == low else high - low
