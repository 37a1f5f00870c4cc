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
"""Changes something about the sweep of a name, as the current request says."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """A change that only those with a role can make."""

    change: Change
    role: Role
    action: str

    def __call__(self, desk: Desk, name: str) -> Fields:
        """Make the change, and write into the audit what became of it.

        Raises:
            Refused: the person has a lesser role.
        """
        who = visitor()
        if not who.person.role.allows(self.role):
            self._record(desk, name, Result.REFUSED, f"needs the role {self.role}")
            raise Refused(
                f"{who.person.name} may look, but not {self.action}",
                f"Ask an administrator for the role {self.role}.",
                403,
            )
        outcome, said = Result.FAILED, "it broke"
        try:
            made = self.change(desk, name)
            outcome, said = Result.DONE, request.get_data(as_text=True)
        except SweeperError as error:
            said = error.message
            raise
        finally:
            self._record(desk, name, outcome, said)
        return made

    def _record(self, desk: Desk, name: str, outcome: Result, said: str) -> None:
        who = visitor()
        did = Action(
            by=who.person.name,
            role=who.person.role,
            address=who.address,
            action=self.action,
            sweep=name,
            outcome=outcome,
            detail=said,
        )
        record_action(desk.store, did, desk.clock)


def needs(role: Role) -> Callable[[Change], Guarded]:
    """Let a change be made by those with a role only; its name tells the audit what it is."""
    return lambda change: Guarded(change, role, change.__name__.replace("_", " "))
