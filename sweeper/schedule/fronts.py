"""The best share of trials with several scores each: by fronts, and by room within a front."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
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
    Genetic Algorithm: NSGA-II", 2002; a new trial's place found and those behind it moved as in
    Li et al., "Efficient Nondomination Level Update Method for Steady-State Evolutionary
    Multiobjective Optimization", IEEE Transactions on Cybernetics 47(9), 2017.
    """

    def __init__(self, share: int) -> None:
        self._share = share
        self._places: dict[int, int] = {}
        self._fronts: list[_Front] = []
        self._waiting: set[int] = set()

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, who: int) -> bool:
        return who in self._places

    def add(self, who: int, scores: Scores) -> None:
        """Count scores in; whoever is known already keeps the first ones."""
        if who in self._places:
            return
        place = self._place_of(scores)
        coming = [(scores, who)]
        # Whom the new one dominates moves one front back, and moves others there in turn.
        while coming:
            if place == len(self._fronts):
                self._fronts.append(_Front())
            front = self._fronts[place]
            going = front.take_dominated(coming)
            for member in coming:
                front.add(member)
                self._places[member[1]] = place
                if member[1] in self._waiting:
                    front.waiting.add(member[1])
            coming, place = going, place + 1

    def _place_of(self, scores: Scores) -> int:
        """Give the first front of which nobody dominates: all before it have somebody who does."""
        low, high = 0, len(self._fronts)
        while low < high:
            middle = (low + high) // 2
            if self._fronts[middle].dominates(scores):
                low = middle + 1
            else:
                high = middle
        return low

    def holds(self, who: int) -> bool:
        """Tell whether somebody who is known is among the best."""
        place, room = self._places[who], len(self._places) // self._share
        before = sum(len(front) for front in self._fronts[:place])
        front = self._fronts[place]
        if before >= room or before + len(front) <= room:
            return before < room
        return who in front.ranked()[: room - before]

    def wait(self, who: int, waits: bool = True) -> None:
        """Note whether somebody who is known waits; nobody does at first."""
        front = self._fronts[self._places[who]]
        for waiting in (self._waiting, front.waiting):
            if waits:
                waiting.add(who)
            else:
                waiting.discard(who)

    def first_waiting(self) -> int | None:
        """Give the best of those who wait."""
        for front in self._fronts:
            if front.waiting:
                return next(who for who in front.ranked() if who in front.waiting)
        return None


class _Front:
    """Scores of which none dominate others, in ascending order.

    With two objectives the second descends as the first ascends, so that a single neighbour
    answers for all behind it.
    """

    def __init__(self) -> None:
        self.members: list[tuple[Scores, int]] = []
        self.waiting: set[int] = set()
        self._ranked: list[int] | None = None

    def __len__(self) -> int:
        return len(self.members)

    def add(self, member: tuple[Scores, int]) -> None:
        insort(self.members, member)
        self._ranked = None

    def dominates(self, scores: Scores) -> bool:
        """Tell whether anybody here dominates scores."""
        for place in range(bisect_left(self.members, ((scores[0],), -1)), len(self.members)):
            other = self.members[place][0]
            if dominates(other, scores):
                return True
            if len(scores) == 2 and other != scores:
                return False
        return False

    def take_dominated(self, coming: Iterable[tuple[Scores, int]]) -> list[tuple[Scores, int]]:
        """Take out those whom somebody who comes dominates."""
        going: set[tuple[Scores, int]] = set()
        for scores, _ in coming:
            for place in range(bisect_right(self.members, (scores, math.inf)) - 1, -1, -1):
                member = self.members[place]
                if dominates(scores, member[0]):
                    going.add(member)
                elif len(scores) == 2 and member[0] != scores:
                    break
        for member in going:
            del self.members[bisect_left(self.members, member)]
            self.waiting.discard(member[1])
        return sorted(going)

    def ranked(self) -> list[int]:
        """Give who is here, the one with the most room first."""
        if self._ranked is None:
            found = rooms({who: scores for scores, who in self.members})
            self._ranked = sorted(found, key=lambda who: (-found[who], who))
        return self._ranked


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
