"""The verb users: who may use a shared dashboard, in which role and with which tokens."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sweeper.cli.output import Usage, common_options, say, say_json
from sweeper.display.tables import show_table
from sweeper.errors import SweeperError
from sweeper.model.people import Role
from sweeper.plugins import load_dashboard
from sweeper.store import audit, people
from sweeper.store.audit import Action, Result
from sweeper.store.people import Grant
from sweeper.store.store import Store

_DAY = 86_400.0
Act = Callable[[Store, argparse.Namespace], str]


def add_verbs(verbs: Any) -> None:
    """Add users and the verbs below it."""
    users = verbs.add_parser(
        "users",
        help="say who may use a shared dashboard",
        description="Viewers look, operators control sweeps, admins also read the audit.",
    )
    below = users.add_subparsers(dest="what", metavar="WHAT", required=True)
    common = common_options(reads=False)
    listing = below.add_parser("ls", parents=[common_options()], help="list them")
    listing.set_defaults(act=_list)
    seen = below.add_parser("audit", parents=[common_options()], help="list who did what")
    seen.add_argument("--limit", type=_count, default=50, help="how many lines; 50")
    seen.set_defaults(act=_audit)
    _add_changes(below, common)


def _add_changes(below: Any, common: argparse.ArgumentParser) -> None:
    def changing(what: str, act: Act, told: str) -> Any:
        parser = below.add_parser(what, parents=[common], help=told)
        parser.add_argument("name", help="the user")
        parser.set_defaults(act=lambda parsed: _recorded(act, parsed))
        return parser

    roles = [role.value for role in Role]
    add = changing("add", _add, "add a user; asks for the password, or reads it from a pipe")
    add.add_argument("--role", choices=roles, default=Role.VIEWER.value, help="viewer if not given")
    add.add_argument("--no-password", action="store_true", help="for tokens and proxies only")
    changing("remove", _remove, "remove a user, with all tokens and sessions")
    changing("role", _role, "give a user another role").add_argument("role", choices=roles)
    changing("password", _password, "give a user another password, which ends their sessions")
    token = changing("token", _token, "make a token for a user's program, or take one back")
    token.add_argument("--label", default="api", help="what it is for; api")
    token.add_argument("--role", choices=roles, help="the most that it allows")
    token.add_argument("--days", type=float, help="how long it holds; for ever")
    token.add_argument("--revoke", metavar="LABEL", help="take this one back")


def _recorded(act: Act, parsed: argparse.Namespace) -> int:
    """Carry a change out, and write it into the audit, also where it fails."""
    store = Store(parsed.store)
    given = {"name": parsed.name, "role": getattr(parsed, "role", None)}
    about = " ".join(str(value) for value in given.values() if value)
    done = Action(by=getpass.getuser(), action=f"users {parsed.what}", detail=about)
    try:
        said = act(store, parsed)
    except SweeperError as error:
        failed = Action(
            by=done.by,
            action=done.action,
            outcome=Result.FAILED,
            detail=f"{about}: {error.message}",
        )
        audit.record_action(store, failed)
        raise
    audit.record_action(store, done)
    say(said)
    return 0


def _add(store: Store, parsed: argparse.Namespace) -> str:
    role, by = Role(parsed.role), getpass.getuser()
    hashed = None if parsed.no_password else _hashed(f"Password for {parsed.name}: ")
    people.add_user(store, parsed.name, role, password=hashed, by=by)
    return f"{parsed.name} may use the dashboard of {store} as {_a(role)}."


def _remove(store: Store, parsed: argparse.Namespace) -> str:
    people.remove_user(store, parsed.name)
    return f"{parsed.name} may no longer use the dashboard of {store}."


def _role(store: Store, parsed: argparse.Namespace) -> str:
    people.change_role(store, parsed.name, Role(parsed.role))
    return f"{parsed.name} is {_a(Role(parsed.role))} now."


def _password(store: Store, parsed: argparse.Namespace) -> str:
    people.change_password(store, parsed.name, _hashed(f"New password for {parsed.name}: "))
    return f"{parsed.name} has another password, and has to log in again."


def _token(store: Store, parsed: argparse.Namespace) -> str:
    if parsed.revoke is not None:
        people.revoke_token(store, parsed.name, parsed.revoke)
        return f"The token {parsed.revoke!r} of {parsed.name} no longer holds."
    if parsed.days is not None and not 0 < parsed.days < 36_500:
        raise Usage(f"a token cannot hold for {parsed.days:g} days", hint="Give days above 0.")
    grant = Grant(
        label=parsed.label,
        role=None if parsed.role is None else Role(parsed.role),
        seconds=None if parsed.days is None else parsed.days * _DAY,
    )
    # The token stands alone on standard output, so that a script can take it.
    sys.stderr.write("Keep it: it is shown this once. Send it as: Authorization: Bearer …\n")
    return people.issue_token(store, parsed.name, grant)


def _list(parsed: argparse.Namespace) -> int:
    found = people.list_users(Store(parsed.store, must_exist=True))
    if parsed.json:
        say_json([asdict(user) for user in found])
        return 0
    rows = [
        (
            user.name,
            user.role.value,
            "yes" if user.has_password else "no",
            ", ".join(token.label for token in user.tokens),
            _when(user.created),
        )
        for user in found
    ]
    show_table(("user", "role", "password", "tokens", "since"), rows)
    return 0


def _audit(parsed: argparse.Namespace) -> int:
    found = audit.list_actions(Store(parsed.store, must_exist=True), limit=parsed.limit)
    if parsed.json:
        say_json([{"id": line.id, "time": line.time, **asdict(line.action)} for line in found])
        return 0
    rows = [
        (
            _when(line.time),
            line.action.by,
            line.action.action,
            line.action.sweep or "",
            line.action.outcome.value,
            line.action.address or "shell",
            line.action.detail or "",
        )
        for line in found
    ]
    show_table(("when", "who", "what", "sweep", "outcome", "from", "detail"), rows)
    return 0


def _hashed(question: str) -> str:
    hash_password = load_dashboard("passwords")
    if sys.stdin.isatty():
        given = getpass.getpass(question)
        if getpass.getpass("The same again: ") != given:
            raise SweeperError("those were two passwords", hint="Try again.")
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    hashed: str = hash_password(given)
    return hashed


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _a(role: Role) -> str:
    return f"{'an' if role.value[0] in 'aeiou' else 'a'} {role}"


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S")
