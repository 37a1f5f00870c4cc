"""What administrators may change: who uses the dashboard, in which role, with which tokens."""

from __future__ import annotations

from flask import request

from sweeper.errors import SweeperError
from sweeper.model.people import Role
from sweeper.store import people
from sweeper.store.people import Grant
from sweeper_dashboard.desk import Desk
from sweeper_dashboard.guard import needs
from sweeper_dashboard.passwords import hash_password
from sweeper_dashboard.payload import Fields
from sweeper_dashboard.visitor import Refused, visitor

_DAY = 86_400.0
_MOST_DAYS = 36_500


@needs(Role.ADMIN, of_people=True)
def add_user(desk: Desk, name: str) -> Fields:
    """Add a user, with a password or for tokens and proxies alone."""
    given = _given()
    password = given.get("password")
    hashed = _hashed(password) if password else None
    by = visitor().person.name
    people.add_user(
        desk.store, name, _role(given.get("role")), password=hashed, by=by, clock=desk.clock
    )
    return {"user": name}


@needs(Role.ADMIN, of_people=True)
def remove_user(desk: Desk, name: str) -> Fields:
    """Remove a user, whose sessions and tokens end at once."""
    _not_oneself(name)
    people.remove_user(desk.store, name)
    return {"user": name}


@needs(Role.ADMIN, of_people=True)
def change_role(desk: Desk, name: str) -> Fields:
    """Give a user another role."""
    role = _role(_given().get("role"))
    _not_oneself(name)
    people.change_role(desk.store, name, role)
    return {"user": name, "role": role.value}


@needs(Role.ADMIN, of_people=True)
def change_password(desk: Desk, name: str) -> Fields:
    """Give a user another password, which ends their sessions."""
    people.change_password(desk.store, name, _hashed(_given().get("password")))
    return {"user": name}


@needs(Role.ADMIN, of_people=True)
def make_token(desk: Desk, name: str) -> Fields:
    """Make a token for a user's program; it is shown this once."""
    given = _given()
    label, role, days = given.get("label"), given.get("role"), given.get("days")
    if not isinstance(label, str) or not label.strip():
        raise Refused("a token needs a label", "Say what it is for.")
    if days is not None and not (isinstance(days, (int, float)) and 0 < days < _MOST_DAYS):
        raise Refused("a token cannot hold for so long", "Give days above 0, or none.")
    grant = Grant(
        label=label.strip(),
        role=_role(role) if role else None,
        seconds=None if days is None else float(days) * _DAY,
    )
    return {"user": name, "token": people.issue_token(desk.store, name, grant, desk.clock)}


@needs(Role.ADMIN, of_people=True)
def revoke_token(desk: Desk, name: str) -> Fields:
    """Take back a token of a user."""
    people.revoke_token(desk.store, name, str(_given().get("label", "")))
    return {"user": name}


def _role(given: object) -> Role:
    if given not in set(Role):
        raise Refused(f"there is no role {given!r}", f"Give one of: {', '.join(Role)}.")
    return Role(str(given))


def _hashed(given: object) -> str:
    if not isinstance(given, str):
        raise Refused("there is no password", "Send a text.")
    return hash_password(given)


def _not_oneself(name: str) -> None:
    if visitor().person.name == name:
        raise SweeperError(
            "nobody can take the role from themselves", hint="Ask another administrator."
        )


def _given() -> Fields:
    given = request.get_json(silent=True)
    if not isinstance(given, dict):
        raise Refused("nothing was sent", "Send a JSON object.")
    return given
