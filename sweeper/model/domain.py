"""One parameter's domain: which values it may take, how they are drawn and gridded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from sweeper.errors import SpaceError
from sweeper.model.encoding import Json, Value, canonical, decode, encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A parent parameter and the values of it under which a parameter exists."""

    parent: str
    values: tuple[Value, ...]

    def holds(self, value: Value) -> bool:
        """Tell whether the parent's value is one of those wanted."""
        return canonical(value) in {canonical(wanted) for wanted in self.values}


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """The base of all domains; a subclass says how a unit number becomes a value."""

    conditions: tuple[Condition, ...] = ()
    grid_points: int | None = None

    @property
    def kind(self) -> str:
        """The name of the function that makes such a domain."""
        raise NotImplementedError(type(self))

    def when(self, **parents: Value) -> Self:
        """Let the parameter exist only where each parent has the value, or one of a list.

        Example:
            >>> from sweeper.model.domains import uniform
            >>> uniform(0.0, 1.0).when(optimizer=["sgd", "rmsprop"])
            uniform(0.0, 1.0).when(optimizer=['sgd', 'rmsprop'])
        """
        added = tuple(
            Condition(parent=parent, values=tuple(v) if isinstance(v, list) else (v,))
            for parent, v in parents.items()
        )
        return replace(self, conditions=self.conditions + added)

    def grid(self, points: int) -> Self:
        """Give grid search so many points of this domain, both ends included."""
        return replace(self, grid_points=points)

    def problem(self) -> tuple[str, str] | None:
        """Say what makes the domain impossible, and the remedy; None where it is sound."""
        if self.grid_points is not None and (
            type(self.grid_points) is not int or self.grid_points < 1
        ):
            return f"has {self.grid_points!r} grid points", "Give .grid(n) a whole number from 1."
        return self._problem()

    def _problem(self) -> tuple[str, str] | None:
        raise NotImplementedError(type(self))

    def at(self, unit: float) -> Value:
        """Give the value at a quantile: unit lies in [0, 1)."""
        raise NotImplementedError(type(self))

    def contains(self, value: Value) -> bool:
        """Tell whether the value may be suggested from here."""
        raise NotImplementedError(type(self))

    def as_drawn(self, value: Value) -> Value:
        """Give a value as the domain itself would: 1 as 1.0 of floats; others stay."""
        return value

    @property
    def size(self) -> int | None:
        """How many values there are; None for a continuous domain."""
        return None

    def value(self, index: int) -> Value:
        """Give the index-th value of a discrete domain, in ascending or listed order."""
        raise NotImplementedError(type(self))

    @property
    def grid_size(self) -> int | None:
        """How many points grid search has here; None where nobody has said."""
        if self.grid_points is None:
            return self.size
        return self.grid_points if self.size is None else min(self.grid_points, self.size)

    def grid_value(self, index: int) -> Value:
        """Give the index-th grid point."""
        count = self.grid_size
        if count is None:
            raise SpaceError("a continuous domain has no grid", hint="Give it .grid(n) points.")
        if self.size is not None:
            return self.value(spread(index, count, self.size))
        return self._point(0.5 if count == 1 else index / (count - 1))

    def _point(self, share: float) -> Value:
        raise NotImplementedError(type(self))

    def encode(self, value: Value) -> Json:
        """Write a value of this domain as JSON."""
        return encode(value)

    def decode(self, written: Json) -> Value:
        """Read a value of this domain back from JSON."""
        return decode(written)

    def _arguments(self) -> str:
        raise NotImplementedError(type(self))

    def __repr__(self) -> str:
        text = f"{self.kind}({self._arguments()})"
        for condition in self.conditions:
            values = condition.values
            text += f".when({condition.parent}={values[0] if len(values) == 1 else list(values)!r})"
        return text if self.grid_points is None else f"{text}.grid({self.grid_points})"

    def describe(self) -> dict[str, Json]:
        """Write the domain itself as JSON, from which domain_from reads it."""
        written: dict[str, Json] = {"kind": self.kind, **self._fields()}
        if self.grid_points is not None:
            written["grid"] = self.grid_points
        if self.conditions:
            written["when"] = [
                {"parent": c.parent, "values": [encode(v) for v in c.values]}
                for c in self.conditions
            ]
        return written

    def _fields(self) -> dict[str, Json]:
        raise NotImplementedError(type(self))


def spread(index: int, count: int, size: int) -> int:
    """Place count indexes evenly over size values, both ends included, none twice."""
    if count == size:
        return index
    return (size - 1) // 2 if count == 1 else index * (size - 1) // (count - 1)
