"""The members of a population by what each was last worth."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Collection
from typing import NamedTuple


class Ready(NamedTuple):
    """The step at which a member was last compared, and its score there."""

    step: int
    score: float


class Standings:
    """Rank members by their last scores, at the cost of a search in a sorted list.

    Of equal scores, that of the lower number is the better one.

    Example:
        >>> standings = Standings()
        >>> for member, score in enumerate([0.1, 0.9, 0.5]): standings.put(member, Ready(4, score))
        >>> standings.place(2), standings.at(0)
        (1, 1)
    """

    def __init__(self) -> None:
        self._ready: dict[int, Ready] = {}
        self._ordered: list[tuple[float, int]] = []

    def __len__(self) -> int:
        return len(self._ready)

    def of(self, member: int) -> Ready | None:
        """Give when a member was last compared; None where it never was, or has left."""
        return self._ready.get(member)

    def put(self, member: int, ready: Ready) -> None:
        """Rank a member by a new score."""
        self.remove(member)
        self._ready[member] = ready
        insort(self._ordered, (-ready.score, member))

    def remove(self, member: int) -> Ready | None:
        """Rank a member no more; gives what it was ranked by."""
        known = self._ready.pop(member, None)
        if known is not None:
            del self._ordered[bisect_left(self._ordered, (-known.score, member))]
        return known

    def keep_only(self, members: Collection[int]) -> None:
        """Rank nobody else any more."""
        for other in [known for known in self._ready if known not in members]:
            self.remove(other)

    def place(self, member: int) -> int:
        """Give the rank of a member, 0 for the best."""
        return bisect_left(self._ordered, (-self._ready[member].score, member))

    def at(self, place: int) -> int:
        """Give the member of a rank."""
        return self._ordered[place][1]
