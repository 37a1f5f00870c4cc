"""The users of a shared dashboard, and the tokens that programs and browsers show for them.

A token has far more chance in it than anybody can try out, so that a fast digest keeps it
safe in the store; a password has not, and comes here as the slow hash of another room.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.errors import SweeperError
from sweeper.model.people import Person, Role, check_name
from sweeper.store.store import Store
from sweeper.store.tables import tokens, users

API, SESSION = "api", "session"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRecord:
    """A token of a user, by its label; the token itself is known to its owner alone."""

    label: str
    role: Role | None
    created: float
    expires: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRecord:
    """A user as people are shown one."""

    name: str
    role: Role
    created: float
    by: str
    has_password: bool
    tokens: tuple[TokenRecord, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A token to make: what it is for, the most that it allows, and for how long."""

    kind: str = API
    label: str = ""
    role: Role | None = None
    seconds: float | None = None


def has_users(store: Store) -> bool:
    """Tell whether anybody was added to a store."""
    with store.reading() as connection:
        return connection.execute(select(users.c.id).limit(1)).first() is not None


def list_users(store: Store) -> list[UserRecord]:
    """List the users by name, each with the tokens of their programs."""
    held = select(tokens).where(tokens.c.kind == API).order_by(tokens.c.id)
    with store.reading() as connection:
        rows = connection.execute(select(users).order_by(users.c.name)).all()
        by_user: dict[int, list[TokenRecord]] = {}
        for row in connection.execute(held):
            made = TokenRecord(
                label=row.label,
                role=None if row.role is None else Role(row.role),
                created=row.created,
                expires=row.expires,
            )
            by_user.setdefault(row.user_id, []).append(made)
    return [
        UserRecord(
            name=row.name,
            role=Role(row.role),
            created=row.created,
            by=row.by,
            has_password=row.password is not None,
            tokens=tuple(by_user.get(row.id, ())),
        )
        for row in rows
    ]


def find_person(store: Store, name: str) -> Person | None:
    """Give the user of a name; None where there is none."""
    query = select(users.c.name, users.c.role).where(users.c.name == name)
    with store.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else Person(name=row.name, role=Role(row.role))


def password_of(store: Store, name: str) -> str | None:
    """Give the hash of a user's password; None without a password or a user."""
    query = select(users.c.password).where(users.c.name == name)
    with store.reading() as connection:
        found: str | None = connection.execute(query).scalar()
    return found


def holder_of(store: Store, token: str, kind: str, clock: Clock = SYSTEM_CLOCK) -> Person | None:
    """Give the person that a token stands for, with the role that it allows; None for none."""
    holds = or_(tokens.c.expires.is_(None), tokens.c.expires > clock.now())
    query = (
        select(users.c.name, users.c.role, tokens.c.role.label("limit"))
        .join(users, users.c.id == tokens.c.user_id)
        .where(tokens.c.digest == _digest(token), tokens.c.kind == kind, holds)
    )
    with store.reading() as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    limit = None if row.limit is None else Role(row.limit)
    return Person(name=row.name, role=Role(row.role).at_most(limit))


def add_user(
    store: Store,
    name: str,
    role: Role,
    *,
    password: str | None = None,
    by: str = "",
    clock: Clock = SYSTEM_CLOCK,
) -> None:
    """Add a user; password is a hash.

    Raises:
        SweeperError: the name cannot be one, or is taken.
    """
    row = {"name": check_name(name), "role": role.value, "password": password}
    with store.writing() as connection:
        if _find(connection, name) is not None:
            raise SweeperError(
                f"there is a user {name!r} already",
                hint=f"Give it another role with: sweeper users role {name} {role}",
            )
        connection.execute(insert(users).values(**row, created=clock.now(), by=by))


def remove_user(store: Store, name: str) -> None:
    """Remove a user, whose tokens and sessions end at once.

    Raises:
        SweeperError: there is no such user.
    """
    with store.writing() as connection:
        connection.execute(delete(users).where(users.c.id == _known(connection, name)))


def change_role(store: Store, name: str, role: Role) -> None:
    """Give a user another role, which holds from the next request on.

    Raises:
        SweeperError: there is no such user.
    """
    with store.writing() as connection:
        here = users.c.id == _known(connection, name)
        connection.execute(update(users).where(here).values(role=role.value))


def change_password(store: Store, name: str, password: str | None) -> None:
    """Give a user another password, a hash, or none; their sessions end.

    Raises:
        SweeperError: there is no such user.
    """
    with store.writing() as connection:
        user = _known(connection, name)
        connection.execute(update(users).where(users.c.id == user).values(password=password))
        mine = (tokens.c.user_id == user, tokens.c.kind == SESSION)
        connection.execute(delete(tokens).where(*mine))


def issue_token(store: Store, name: str, grant: Grant, clock: Clock = SYSTEM_CLOCK) -> str:
    """Make a token for a user, and give it: nobody can read it afterwards.

    Raises:
        SweeperError: there is no such user, or a token of theirs has this label.
    """
    made, now = f"swp_{secrets.token_urlsafe(32)}", clock.now()
    row = {
        "kind": grant.kind,
        "label": grant.label[:200],
        "role": None if grant.role is None else grant.role.value,
        "digest": _digest(made),
        "created": now,
        "expires": None if grant.seconds is None else now + grant.seconds,
    }
    with store.writing() as connection:
        user = _known(connection, name)
        if grant.kind == API and _labelled(connection, user, grant.label):
            raise SweeperError(
                f"{name} has a token {grant.label!r} already",
                hint=f"Take it back with: sweeper users token {name} --revoke {grant.label}",
            )
        connection.execute(delete(tokens).where(tokens.c.expires <= now))
        connection.execute(insert(tokens).values(user_id=user, **row))
    return made


def end_token(store: Store, token: str) -> None:
    """Forget a token; nothing happens where there is none."""
    with store.writing() as connection:
        connection.execute(delete(tokens).where(tokens.c.digest == _digest(token)))


def revoke_token(store: Store, name: str, label: str) -> None:
    """Take back the token of a user that has a label.

    Raises:
        SweeperError: there is no such user or token.
    """
    with store.writing() as connection:
        held = _labelled(connection, _known(connection, name), label)
        if not held:
            raise SweeperError(
                f"{name} has no token {label!r}", hint="List them with: sweeper users ls --json"
            )
        connection.execute(delete(tokens).where(tokens.c.id.in_(held)))


def _find(connection: Connection, name: str) -> int | None:
    found: int | None = connection.execute(select(users.c.id).where(users.c.name == name)).scalar()
    return found


def _known(connection: Connection, name: str) -> int:
    found = _find(connection, name)
    if found is not None:
        return found
    count = connection.execute(select(func.count()).select_from(users)).scalar()
    raise SweeperError(
        f"there is no user {name!r}",
        hint="List them with: sweeper users ls" if count else "Add one with: sweeper users add",
    )


def _labelled(connection: Connection, user: int, label: str) -> Sequence[int]:
    here = (tokens.c.user_id == user, tokens.c.kind == API, tokens.c.label == label[:200])
    return connection.execute(select(tokens.c.id).where(*here)).scalars().all()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
