"""Who makes the current request, as the gate found out."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g

from sweeper.errors import SweeperError
from sweeper.model.people import Person


class Refused(SweeperError):
    """What was asked for cannot be done; status is the answer's."""

    def __init__(self, message: str, hint: str, status: int = 400) -> None:
        super().__init__(message, hint=hint)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A person and the network address that they come from."""

    person: Person
    address: str


def let_in(visitor: Visitor) -> None:
    """Remember who makes the current request."""
    g.visitor = visitor


def someone() -> Visitor | None:
    """Give who makes the current request; None before the gate has let anybody in."""
    found = g.get("visitor")
    return found if isinstance(found, Visitor) else None


def visitor() -> Visitor:
    """Give who makes the current request.

    Raises:
        Refused: the gate let nobody in.
    """
    found = someone()
    if found is None:
        raise Refused("nobody is logged in", "Log in, or send a token.", 401)
    return found
