"""The domain of options, without or with an order."""

from __future__ import annotations

from dataclasses import dataclass

from sweeper.errors import SpaceError
from sweeper.model.domain import Domain
from sweeper.model.encoding import Json, Value, canonical, decode, encode, stable_name


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Choice(Domain):
    """One of some options, without or with an order."""

    options: tuple[Value, ...]
    ordered: bool = False

    @property
    def kind(self) -> str:
        return "ordinal" if self.ordered else "choice"

    def _problem(self) -> tuple[str, str] | None:
        if not self.options:
            return "has no options", "Give at least one option."
        seen: dict[str, Value] = {}
        for option in self.options:
            text = canonical(option)
            if text in seen:
                return f"has the option {option!r} twice", "Give each option once."
            seen[text] = option
        return None

    @property
    def size(self) -> int:
        return len(self.options)

    def at(self, unit: float) -> Value:
        return self.options[min(int(unit * self.size), self.size - 1)]

    def value(self, index: int) -> Value:
        return self.options[index]

    def index(self, value: Value) -> int:
        """Give the place of an option; a Reference finds the object that it names.

        Raises:
            ValueError: the value is none of the options.
        """
        text = canonical(value)
        for place, option in enumerate(self.options):
            if canonical(option) == text:
                return place
        raise ValueError(value)

    def contains(self, value: Value) -> bool:
        try:
            text = canonical(value)
        except SpaceError:
            return False
        return any(canonical(option) == text for option in self.options)

    def as_drawn(self, value: Value) -> Value:
        return self.options[self.index(value)] if self.contains(value) else value

    def decode(self, written: Json) -> Value:
        value = decode(written)
        return self.options[self.index(value)] if self.contains(value) else value

    def _arguments(self) -> str:
        return f"[{', '.join(_shown(option) for option in self.options)}]"

    def _fields(self) -> dict[str, Json]:
        return {"options": [encode(option) for option in self.options]}


def _shown(option: Value) -> str:
    """Show an option as it would be written, an object by its name and not by its address."""
    if option is None or isinstance(option, (bool, int, float, str, list, tuple, dict)):
        return repr(option)
    try:
        return stable_name(option)
    except SpaceError:
        return repr(option)
