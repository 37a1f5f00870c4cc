"""The one place where a change asks for a role, and leaves its line in the audit.

Every function that changes something is decorated with needs(); the routes take nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from flask import request

from sweeper.errors import SweeperError
from sweeper.model.people import Role
from sweeper.store.audit import Action, Result, record_action
from sweeper_dashboard.desk import Desk
from sweeper_dashboard.payload import Fields
from sweeper_dashboard.visitor import Refused, visitor

Change: TypeAlias = Callable[[Desk, str], Fields]
"""Changes something about the sweep, or the user, of a name, as the current request says."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """A change that only those with a role can make."""

    change: Change
    role: Role
    action: str
    of_people: bool = False

    def __call__(self, desk: Desk, name: str) -> Fields:
        """Make the change, and write into the audit what became of it.

        Raises:
            Refused: the person has a lesser role.
        """
        who = visitor()
        if not who.person.role.allows(self.role):
            of = f"{name}: " if self.of_people else ""
            self._record(desk, name, Result.REFUSED, f"{of}needs the role {self.role}")
            raise Refused(
                f"{who.person.name} may look, but not {self.action}",
                f"Ask an administrator for the role {self.role}.",
                403,
            )
        outcome, said = Result.FAILED, "it broke"
        try:
            made = self.change(desk, name)
            outcome, said = Result.DONE, self._sent(name)
        except SweeperError as error:
            said = f"{name}: {error.message}" if self.of_people else error.message
            raise
        finally:
            self._record(desk, name, outcome, said)
        return made

    def _sent(self, name: str) -> str:
        """Say what was asked for; of people only what is no secret."""
        if not self.of_people:
            return request.get_data(as_text=True)
        given = request.get_json(silent=True)
        told = [given.get(key) for key in ("role", "label")] if isinstance(given, dict) else []
        return " ".join(str(part) for part in (name, *told) if part)

    def _record(self, desk: Desk, name: str, outcome: Result, said: str) -> None:
        who = visitor()
        did = Action(
            by=who.person.name,
            role=who.person.role,
            address=who.address,
            action=self.action,
            sweep=None if self.of_people else name,
            outcome=outcome,
            detail=said,
        )
        record_action(desk.store, did, desk.clock)


def needs(role: Role, *, of_people: bool = False) -> Callable[[Change], Guarded]:
    """Let a change be made by those with a role only; its name tells the audit what it is.

    Args:
        role: the least that is needed.
        of_people: the change is about the user of a name; what was sent holds secrets.
    """
    return lambda change: Guarded(change, role, change.__name__.replace("_", " "), of_people)
