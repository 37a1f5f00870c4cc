"""The search space of a sweep: its parameters, conditions and pinned values."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from sweeper.errors import SpaceError
from sweeper.model.categorical import Choice
from sweeper.model.domain import Condition, Domain
from sweeper.model.domains import domain_from
from sweeper.model.encoding import Json, Value, canonical, decode, encode
from sweeper.model.lattice import Axis, Lattice


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a training function takes: its parameters, their defaults, and **params."""

    defaults: Mapping[str, Value] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    takes_any: bool = False

    def takes(self, name: str) -> bool:
        """Tell whether the function can be called with this argument."""
        return self.takes_any or name in self.defaults or name in self.required


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSpace:
    """Parameters by name, parents before children, and the values pinned beside them."""

    domains: Mapping[str, Domain]
    fixed: Mapping[str, Value] = field(default_factory=dict)

    def active(self, name: str, params: Mapping[str, Value]) -> bool:
        """Tell whether a parameter exists beside these values of its parents."""
        return all(self._holds(c, params) for c in self.domains[name].conditions)

    def _holds(self, condition: Condition, params: Mapping[str, Value]) -> bool:
        known = params if condition.parent in params else self.fixed
        return condition.parent in known and condition.holds(known[condition.parent])

    def build(self, draw: Callable[[str, Domain], Value]) -> dict[str, Value]:
        """Make a configuration: draw each active parameter, parents first, then pin the rest."""
        params: dict[str, Value] = {}
        for name, domain in self.domains.items():
            if self.active(name, params):
                params[name] = draw(name, domain)
        return {**params, **self.fixed}

    def contains(self, params: Mapping[str, Value]) -> bool:
        """Tell whether these are the very parameters and values of some configuration."""
        return self.problem_of(params) is None

    def problem_of(self, params: Mapping[str, Value]) -> str | None:
        """Say why a configuration lies outside; None where it lies inside."""
        for name, domain in self.domains.items():
            if not self.active(name, params):
                if name in params:
                    return f"{name} does not exist beside these values"
            elif name not in params:
                return f"{name} is missing"
            elif not domain.contains(params[name]):
                return f"{name} = {params[name]!r} lies outside {domain!r}"
        for name in params:
            if name not in self.domains and name not in self.fixed:
                return f"{name} is not a parameter of this space"
        return None

    def identity(self, params: Mapping[str, Value]) -> str:
        """Give the text under which two configurations are the same: 1 and 1.0 of floats are."""
        free = {
            name: domain.as_drawn(params[name])
            for name, domain in self.domains.items()
            if name in params
        }
        return canonical(free)

    def encode(self, params: Mapping[str, Value]) -> dict[str, Json]:
        """Write a configuration as JSON."""
        return {name: encode(value) for name, value in params.items()}

    def decode(self, written: Mapping[str, Json]) -> dict[str, Value]:
        """Read a configuration back; options that are objects come back as themselves."""
        return {
            name: self.domains[name].decode(value)
            if name in self.domains
            else self.fixed.get(name, decode(value))
            for name, value in written.items()
        }

    def lattice(self) -> Lattice | None:
        """List every configuration of a wholly discrete space; None for any other."""
        axes = {}
        for name, domain in self.domains.items():
            if domain.size is None:
                return None
            axes[name] = Axis(size=domain.size, value=domain.value)
        return Lattice(self.domains, axes, self.fixed)

    def grid(self) -> Lattice:
        """List the configurations of grid search.

        Raises:
            SpaceError: a continuous parameter has no .grid(n).
        """
        axes = {}
        for name, domain in self.domains.items():
            if domain.grid_size is None:
                raise SpaceError(
                    f"{name} is continuous, {domain!r}, so that a grid of it has no end",
                    hint=f"Say how many points it gets: {domain!r}.grid(5)",
                )
            axes[name] = Axis(size=domain.grid_size, value=domain.grid_value)
        return Lattice(self.domains, axes, self.fixed)

    def describe(self) -> dict[str, Json]:
        """Write the space as JSON, from which space_from reads it."""
        return {
            "parameters": {name: domain.describe() for name, domain in self.domains.items()},
            "fixed": self.encode(self.fixed),
        }


def space_from(written: Mapping[str, Json]) -> SearchSpace:
    """Read a space back from what its describe() wrote."""
    domains = {name: domain_from(domain) for name, domain in written["parameters"].items()}
    fixed = {name: decode(value) for name, value in written["fixed"].items()}
    return SearchSpace(domains=domains, fixed=fixed)


def differences(recorded: SearchSpace, wanted: SearchSpace, *, may_grow: bool = False) -> list[str]:
    """Say, a line a parameter, in what two spaces differ.

    Where a space may grow, an unordered choice with further options does not differ.
    """
    lines = []
    for name in dict.fromkeys([*recorded.domains, *wanted.domains]):
        old, new = recorded.domains.get(name), wanted.domains.get(name)
        if _text(old) != _text(new) and not (may_grow and _has_grown(old, new)):
            lines.append(f"{name}: recorded {old or 'absent'!s}, now {new or 'absent'!s}")
    old_fixed, new_fixed = recorded.encode(recorded.fixed), wanted.encode(wanted.fixed)
    for name in dict.fromkeys([*old_fixed, *new_fixed]):
        if json.dumps(old_fixed.get(name)) != json.dumps(new_fixed.get(name)):
            was, now = recorded.fixed.get(name, "free"), wanted.fixed.get(name, "free")
            lines.append(f"fixed {name}: recorded {was!r}, now {now!r}")
    return lines


def _has_grown(old: Domain | None, new: Domain | None) -> bool:
    if not (isinstance(old, Choice) and isinstance(new, Choice)) or old.ordered or new.ordered:
        return False
    same = _text(replace(old, options=())) == _text(replace(new, options=()))
    return same and all(new.contains(option) for option in old.options)


def _text(domain: Domain | None) -> str:
    return json.dumps(domain.describe(), sort_keys=True) if domain else ""


def build_space(
    domains: Mapping[str, object], fixed: Mapping[str, Value], signature: Signature
) -> SearchSpace:
    """Check a space against the function it is for, and order it parents first.

    Raises:
        SpaceError: nothing could be searched; names the parameter and the remedy.
    """
    free = {name: domain for name, domain in domains.items() if name not in fixed}
    checked = {name: _checked(name, domain) for name, domain in free.items()}
    _check_fixed(fixed, domains)
    for name in [*checked, *fixed]:
        if not signature.takes(name):
            raise SpaceError(
                f"{name} is no argument of the function",
                hint=_nearest(name, [*signature.defaults, *signature.required])
                or f"Add {name} to the function's arguments, or take **params.",
            )
    space = SearchSpace(domains=_parents_first(checked, fixed), fixed=dict(fixed))
    _check_supplied(space, signature)
    return space


def _checked(name: str, domain: object) -> Domain:
    if not isinstance(domain, Domain):
        raise SpaceError(
            f"{name} is {domain!r}, which is no domain",
            hint="Use uniform, loguniform, quniform, qloguniform, randint, lograndint, normal, "
            f"choice or ordinal; pin a single value with fixed={{{name!r}: ...}}.",
        )
    try:
        found = domain.problem()
    except SpaceError as error:
        raise SpaceError(f"{name}: {error.message}", hint=error.hint) from None
    if found:
        raise SpaceError(f"{name} {found[0]}", hint=found[1])
    return domain


def _check_fixed(fixed: Mapping[str, Value], domains: Mapping[str, object]) -> None:
    for name, value in fixed.items():
        domain = domains.get(name)
        if isinstance(domain, Domain) and domain.conditions:
            raise SpaceError(
                f"fixed pins {name}, which exists only under a condition",
                hint=f"Pin its parent too and give {name} without .when(...).",
            )
        try:
            encode(value)
        except SpaceError as error:
            raise SpaceError(f"fixed {name}: {error.message}", hint=error.hint) from None


def _check_supplied(space: SearchSpace, signature: Signature) -> None:
    for name in signature.required:
        if name in space.fixed:
            continue
        domain = space.domains.get(name)
        if domain is None:
            raise SpaceError(
                f"{name} is required by the function, and nobody supplies it",
                hint=f"Give it a domain, a default, or pin it with fixed={{{name!r}: ...}}.",
            )
        if domain.conditions:
            raise SpaceError(
                f"{name} is required by the function, but exists only under a condition",
                hint=f"Give {name} a default in the function for the trials without it.",
            )


def _parents_first(domains: Mapping[str, Domain], fixed: Mapping[str, Value]) -> dict[str, Domain]:
    ordered: dict[str, Domain] = {}
    while len(ordered) < len(domains):
        ready = [
            name
            for name, domain in domains.items()
            if name not in ordered
            and all(
                condition.parent in ordered or condition.parent in fixed
                for condition in domain.conditions
            )
        ]
        if not ready:
            raise _unreachable(domains, [n for n in domains if n not in ordered], fixed)
        for name in ready:
            conditions = tuple(_met(name, c, domains) for c in domains[name].conditions)
            ordered[name] = replace(domains[name], conditions=conditions)
    return ordered


def _met(name: str, condition: Condition, domains: Mapping[str, Domain]) -> Condition:
    """Check that a condition can hold, and write its values as the parent draws them."""
    if not condition.values:
        raise SpaceError(
            f"{name} exists when {condition.parent} has one of no values",
            hint=f"Name a value: .when({condition.parent}=...).",
        )
    parent = domains.get(condition.parent)
    if parent is None:
        return condition
    for value in condition.values:
        if not parent.contains(value):
            raise SpaceError(
                f"{name} exists when {condition.parent} is {value!r}, which it never is",
                hint=f"{condition.parent} is {parent!r}.",
            )
    return replace(condition, values=tuple(map(parent.as_drawn, condition.values)))


def _unreachable(
    domains: Mapping[str, Domain], left: Iterable[str], fixed: Mapping[str, Value]
) -> SpaceError:
    names = list(left)
    for name in names:
        for condition in domains[name].conditions:
            if condition.parent not in domains and condition.parent not in fixed:
                return SpaceError(
                    f"{name} exists when {condition.parent} has a value, but there is no "
                    f"parameter {condition.parent}",
                    hint=_nearest(condition.parent, domains)
                    or f"Add {condition.parent} to the space, or drop the .when(...).",
                )
    return SpaceError(
        f"{' and '.join(names)} wait for each other's values",
        hint="Let conditions point in one direction only.",
    )


def _nearest(name: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(name, list(known), n=1)
    return f"Did you mean {found[0]}?" if found else ""
