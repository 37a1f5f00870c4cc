"""A discrete space as one lazy sequence: mixed-radix numbers, conditions included.

Opening a lattice costs as much as the space has parameters and conditions, never as much as
it has points: a point is computed when it is asked for. Values of a parent that switch the same
children on are counted together, so that even a parent of a billion values is cheap.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from sweeper.model.categorical import Choice
from sweeper.model.domain import Domain
from sweeper.model.encoding import Value, canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """How many values a parameter has, and which one stands at an index."""

    size: int
    value: Callable[[int], Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Indexes of one parent's values that switch the same conditions on."""

    switched: frozenset[tuple[str, int]]
    named: tuple[int, ...]
    is_rest: bool

    def count(self, size: int) -> int:
        return size - len(self.named) if self.is_rest else len(self.named)

    def member(self, position: int) -> int:
        """Give the index of the position-th value of this group."""
        if not self.is_rest:
            return self.named[position]
        index = position
        while (passed := bisect_right(self.named, index)) + position != index:
            index = passed + position
        return index


State = frozenset[tuple[str, int]]


class Lattice:
    """Every configuration of a discrete space, each once, in a fixed order.

    Example:
        >>> from sweeper.model.domains import choice
        >>> axes = {"a": Axis(size=2, value="xy".__getitem__)}
        >>> list(Lattice({"a": choice(["x", "y"])}, axes, {}))
        [{'a': 'x'}, {'a': 'y'}]
    """

    def __init__(
        self,
        domains: Mapping[str, Domain],
        axes: Mapping[str, Axis],
        fixed: Mapping[str, Value],
    ) -> None:
        """Take the domains in an order in which parents precede their children."""
        self._names = _children_next(domains)
        self._levels = {name: level for level, name in enumerate(self._names)}
        self._domains = domains
        self._axes = axes
        self._groups = {name: self._group(name) for name in domains}
        self._start = self._met_by_fixed(fixed)
        self._count = lru_cache(maxsize=4096)(self._uncached_count)

    def __len__(self) -> int:
        return self.size

    @property
    def size(self) -> int:
        """How many configurations there are; may exceed what len() can say."""
        return self._count(0, self._start)

    def __iter__(self) -> Iterator[dict[str, Value]]:
        return (self[index] for index in range(self.size))

    def __getitem__(self, index: int) -> dict[str, Value]:
        if not 0 <= index < self.size:
            raise IndexError(index)
        point: dict[str, Value] = {}
        state = self._start
        for level, name in enumerate(self._names):
            if not self._active(name, state):
                continue
            value_index, index, state = self._step(level, index, state)
            point[name] = self._axes[name].value(value_index)
        return point

    def _step(self, level: int, index: int, state: State) -> tuple[int, int, State]:
        """Take one digit off the index: the value's index, what is left, the new state."""
        name = self._names[level]
        for group in self._groups[name]:
            below = self._below(level, state | group.switched)
            block = group.count(self._axes[name].size) * below
            if index < block:
                position, left = divmod(index, below)
                return group.member(position), left, state | group.switched
            index -= block
        raise IndexError(index)

    def _below(self, level: int, state: State) -> int:
        """Count what comes after a level; what was switched on before it matters no more."""
        matters = frozenset(flag for flag in state if self._levels[flag[0]] > level)
        return self._count(level + 1, matters)

    def _uncached_count(self, level: int, state: State) -> int:
        factor = 1
        for place in range(level, len(self._names)):
            name = self._names[place]
            if not self._active(name, state):
                continue
            size, groups = self._axes[name].size, self._groups[name]
            if len(groups) > 1:
                return factor * sum(
                    group.count(size) * self._below(place, state | group.switched)
                    for group in groups
                )
            factor *= size
            state |= groups[0].switched
        return factor

    def _active(self, name: str, state: State) -> bool:
        return all((name, place) in state for place in range(len(self._domains[name].conditions)))

    def _conditions_on(self, parent: str) -> list[tuple[str, int]]:
        return [
            (child, place)
            for child, domain in self._domains.items()
            for place, condition in enumerate(domain.conditions)
            if condition.parent == parent
        ]

    def _group(self, name: str) -> list[_Group]:
        """Partition the values of a parameter by the conditions that they meet."""
        waiting = self._conditions_on(name)
        axis = self._axes[name]
        met: dict[int, set[tuple[str, int]]] = {}
        for child, place in waiting:
            condition = self._domains[child].conditions[place]
            for index in self._places(name, condition.values):
                met.setdefault(index, set()).add((child, place))
        groups: dict[State, list[int]] = {}
        for index in sorted(met):
            groups.setdefault(frozenset(met[index]), []).append(index)
        found = [
            _Group(switched=switched, named=tuple(indexes), is_rest=False)
            for switched, indexes in groups.items()
        ]
        if len(met) < axis.size:
            rest = _Group(switched=frozenset(), named=tuple(sorted(met)), is_rest=True)
            found.append(rest)
        return found

    def _places(self, name: str, values: tuple[Value, ...]) -> list[int]:
        """Find the indexes of some values by bisection where the axis ascends."""
        axis, domain = self._axes[name], self._domains[name]
        found: list[int] = []
        for value in values:
            if isinstance(domain, Choice):
                wanted = canonical(value)
                found.extend(i for i in range(axis.size) if canonical(axis.value(i)) == wanted)
                continue
            low, high = 0, axis.size
            while low < high:
                middle = (low + high) // 2
                low, high = (middle + 1, high) if axis.value(middle) < value else (low, middle)
            if low < axis.size and axis.value(low) == value:
                found.append(low)
        return found

    def _met_by_fixed(self, fixed: Mapping[str, Value]) -> State:
        return frozenset(
            (child, place)
            for child, domain in self._domains.items()
            for place, condition in enumerate(domain.conditions)
            if condition.parent in fixed and condition.holds(fixed[condition.parent])
        )


def _children_next(domains: Mapping[str, Domain]) -> list[str]:
    """Order the parameters so that each stands right behind the last of its parents.

    A branch is thus over before the next one begins, and independent ones are counted apart.
    """
    ordered: dict[str, None] = {}
    waiting = list(domains)[::-1]
    while waiting:
        name = waiting.pop()
        parents = {condition.parent for condition in domains[name].conditions} & set(domains)
        if name in ordered or not parents <= set(ordered):
            continue
        ordered[name] = None
        children = [child for child in domains if _waits_for(domains[child], name)]
        waiting.extend(children[::-1])
    return list(ordered)


def _waits_for(domain: Domain, parent: str) -> bool:
    return any(condition.parent == parent for condition in domain.conditions)
