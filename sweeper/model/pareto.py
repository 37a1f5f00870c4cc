"""Fronts of several objectives, and how much of the space they dominate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import ge

Scores = tuple[float, ...]  # one an objective, of which more is better


def dominates(scores: Sequence[float], others: Sequence[float]) -> bool:
    """Tell whether scores are nowhere less than others and somewhere more.

    Example:
        >>> dominates((1.0, 2.0), (1.0, 1.0)), dominates((1.0, 2.0), (2.0, 1.0))
        (True, False)
    """
    return all(map(ge, scores, others)) and tuple(scores) != tuple(others)


class Front:
    """The scores that no others dominate, kept while they come in; equal ones stand once.

    Example:
        >>> front = Front()
        >>> [front.add(scores) for scores in [(1.0, 1.0), (0.0, 2.0), (0.5, 1.0), (2.0, 2.0)]]
        [True, True, False, True]
        >>> front.members
        [(2.0, 2.0)]
    """

    def __init__(self) -> None:
        self.members: list[Scores] = []

    def add(self, scores: Scores) -> bool:
        """Count scores in; tell whether they have changed the front."""
        if any(known == scores or dominates(known, scores) for known in self.members):
            return False
        self.members = [known for known in self.members if not dominates(scores, known)]
        self.members.append(scores)
        return True


def front_of(found: Sequence[Scores]) -> list[int]:
    """Give the places of the scores that no others dominate, in their order.

    Example:
        >>> front_of([(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 0.0)])
        [1, 2, 3]
    """
    front = Front()
    # Whoever dominates stands before the dominated, so that none of the front is taken out again.
    for scores in sorted(set(found), reverse=True):
        front.add(scores)
    best = set(front.members)
    return [place for place, scores in enumerate(found) if scores in best]


def hypervolume(found: Iterable[Scores], reference: Scores) -> float:
    """Measure the space that scores dominate and the reference does not reach.

    Example:
        >>> hypervolume([(2.0, 1.0), (1.0, 2.0)], reference=(0.0, 0.0))
        3.0

    Args:
        found: scores of which more is better; those that do not exceed the reference in every
            objective add nothing.
        reference: the scores of the worst that counts.

    Source: While, Bradstreet, Barone, "A Fast Way of Calculating Exact Hypervolumes", IEEE
    Transactions on Evolutionary Computation 16(1), 2012 (WFG).
    """
    edges = {
        tuple(score - worst for score, worst in zip(scores, reference))
        for scores in found
        if all(score > worst for score, worst in zip(scores, reference))
    }
    return _volume(sorted(edges, reverse=True))


def _volume(edges: list[Scores]) -> float:
    """Measure what boxes from the origin cover together; the largest first edge comes first."""
    if not edges:
        return 0.0
    if len(edges[0]) == 1:
        return edges[0][0]
    if len(edges[0]) == 2:
        return _area(edges)
    return sum(_exclusive(edges, place) for place in range(len(edges)))


def _area(edges: list[Scores]) -> float:
    total = height = 0.0
    for wide, high in edges:
        total += wide * max(high - height, 0.0)
        height = max(height, high)
    return total


def _exclusive(edges: list[Scores], place: int) -> float:
    """Measure what one box covers and none of those behind it does."""
    own = edges[place]
    whole = 1.0
    for edge in own:
        whole *= edge
    shared = sorted({tuple(map(min, own, other)) for other in edges[place + 1 :]}, reverse=True)
    return whole - _volume([shared[at] for at in front_of(shared)])
