"""The best share of trials with several scores each: by fronts, and by room within a front."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from typing import TypeAlias

from sweeper.model.pareto import Scores, dominates

_Member: TypeAlias = tuple[Scores, int]


class FrontShare:
    """Know who is among the best one in so many, where nobody weighs the scores.

    Front 0 holds those whom nobody dominates, front 1 those whom only front 0 dominates, and so
    on. Within a front the one with more room around it is better, then that of the lower number.
    Only the fronts in which the best lie are kept, as whoever comes may move others in all of them.

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
        # Who stands in which front; None is behind those that are kept.
        self._places: dict[int, int | None] = {}
        self._fronts: list[_Front] = []
        self._kept = 0
        self._behind: list[_Member] = []
        self._waiting: set[int] = set()

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, who: int) -> bool:
        return who in self._places

    @property
    def _room(self) -> int:
        return len(self._places) // self._share

    def add(self, who: int, scores: Scores) -> None:
        """Count scores in; whoever is known already keeps the first ones."""
        if who in self._places:
            return
        place = self._place_of(scores)
        self._places[who] = None
        self._kept += 1
        coming = [(scores, who)]
        # Whom the new one dominates moves one front back, and moves others there in turn.
        while coming and place < len(self._fronts):
            going = self._fronts[place].take_dominated(coming)
            self._put(coming, place)
            coming, place = going, place + 1
        self._kept -= len(coming)
        self._leave_behind(coming)
        self._keep_enough()

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

    def _put(self, coming: Iterable[_Member], place: int) -> None:
        front = self._fronts[place]
        for member in coming:
            front.add(member)
            self._places[member[1]] = place
            if member[1] in self._waiting:
                front.waiting.add(member[1])

    def _leave_behind(self, members: Iterable[_Member]) -> None:
        for member in members:
            insort(self._behind, member)
            self._places[member[1]] = None

    def _keep_enough(self) -> None:
        """Keep the fronts that the best lie in and not many more: each costs at every coming."""
        while self._kept < self._room:
            self._keep_one_more()
        while self._fronts and self._kept - len(self._fronts[-1].members) > 1.25 * self._room:
            last = self._fronts.pop()
            self._kept -= len(last.members)
            self._leave_behind(last.members)

    def _keep_one_more(self) -> None:
        taken, self._behind = _first_front(self._behind)
        self._fronts.append(_Front())
        self._put(taken, len(self._fronts) - 1)
        self._kept += len(taken)

    def holds(self, who: int) -> bool:
        """Tell whether somebody who is known is among the best."""
        place, room = self._places[who], self._room
        if place is None:
            return False
        before = sum([len(front.members) for front in self._fronts[:place]])
        return self._fronts[place].holds(who, room - before)

    def wait(self, who: int, waits: bool = True) -> None:
        """Note whether somebody who is known waits; nobody does at first."""
        place = self._places[who]
        known = [self._waiting] if place is None else [self._waiting, self._fronts[place].waiting]
        for waiting in known:
            if waits:
                waiting.add(who)
            else:
                waiting.discard(who)

    def first_waiting(self) -> int | None:
        """Give the best of those who wait."""
        place = 0
        while self._waiting:
            if place == len(self._fronts):
                self._keep_one_more()
            if self._fronts[place].waiting:
                return self._fronts[place].first_waiting()
            place += 1
        return None

    def first_waiting_held(self) -> int | None:
        """Give the best of those who wait, where it is among the best of all."""
        room = self._room
        for front in self._fronts:
            if room <= 0:
                return None
            if front.waiting:
                first = front.first_waiting()
                return first if front.holds(first, room) else None
            room -= len(front.members)
        return None


def _first_front(members: list[_Member]) -> tuple[list[_Member], list[_Member]]:
    """Part members in ascending order: those whom none of them dominates, and the others."""
    front: list[_Member] = []
    others: list[_Member] = []
    # Whoever dominates stands behind the dominated, so that none of the front is taken out again.
    for member in reversed(members):
        scores = member[0]
        if len(scores) != 2:
            beaten = any(dominates(known[0], scores) for known in front)
        else:
            # The second ascends in this order: whoever came last answers for all.
            best = front[-1][0] if front else scores
            beaten = best[1] >= scores[1] and best != scores
        (others if beaten else front).append(member)
    return front[::-1], others[::-1]


class _Front:
    """Scores of which none dominate others, in ascending order.

    With two objectives the second descends as the first ascends, so that a single neighbour
    answers for all behind it.
    """

    def __init__(self) -> None:
        self.members: list[_Member] = []
        self.waiting: set[int] = set()
        self._ranked: list[int] | None = None

    def add(self, member: _Member) -> None:
        insort(self.members, member)
        self._ranked = None

    def dominates(self, scores: Scores) -> bool:
        """Tell whether anybody here dominates scores."""
        first = bisect_left(self.members, ((scores[0],), -1))
        if first == len(self.members):
            return False
        if len(scores) == 2:
            next_one = self.members[first][0]
            return next_one[1] >= scores[1] and next_one != scores
        return any(dominates(known[0], scores) for known in self.members[first:])

    def take_dominated(self, coming: Iterable[_Member]) -> list[_Member]:
        """Take out those whom somebody who comes dominates."""
        going: set[_Member] = set()
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

    def holds(self, who: int, room: int) -> bool:
        """Tell whether somebody here is among so many of the best."""
        if room <= 0 or room >= len(self.members):
            return room > 0
        return who in self.ranked()[:room]

    def first_waiting(self) -> int:
        """Give the best of those who wait here; there has to be one."""
        return next(who for who in self.ranked() if who in self.waiting)

    def ranked(self) -> list[int]:
        """Give who is here, the one with the most room first."""
        if self._ranked is None:
            self._ranked = _ranked_pairs(self.members) or _ranked(self.members)
        return self._ranked


def _ranked(members: list[_Member]) -> list[int]:
    found = rooms({who: scores for scores, who in members})
    return [who for _, who in sorted([(-room, who) for who, room in found.items()])]


def _ranked_pairs(members: list[_Member]) -> list[int]:
    """Rank a front of two objectives in one go, as both lie in order; empty where it is unusual."""
    (first, one), (last, other) = members[0], members[-1]
    if len(first) != 2 or len({scores for scores, _ in members}) < max(3, len(members)):
        return []
    spread, fall = last[0] - first[0], first[1] - last[1]
    if not (spread < math.inf and fall < math.inf):
        return []
    inner = [
        (-((after[0] - before[0]) / spread + (before[1] - after[1]) / fall), who)
        for (before, _), (_, who), (after, _) in zip(members, members[1:], members[2:])
    ]
    return [*sorted((one, other)), *(who for _, who in sorted(inner))]


def rooms(members: dict[int, Scores]) -> dict[int, float]:
    """Give the crowding distance of each member of a front; infinite at its ends."""
    found = dict.fromkeys(members, 0.0)
    for place in range(len(next(iter(members.values()), ()))):
        ordered = sorted([(scores[place], who) for who, scores in members.items()])
        low, high = ordered[0], ordered[-1]
        spread = _gap(high[0], low[0])
        inner = zip(ordered, ordered[1:], ordered[2:])
        if 0 < spread < math.inf:
            for (before, _), (_, who), (after, _) in inner:
                found[who] += (after - before) / spread
        elif spread:
            for (before, _), (_, who), (after, _) in inner:
                found[who] += math.inf if math.isinf(_gap(after, before)) else 0.0
        for _, who in (low, high):
            found[who] += math.inf
    return found


def _gap(high: float, low: float) -> float:
    return 0.0 if high == low else high - low
