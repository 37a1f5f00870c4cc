"""The people of a dashboard: their roles, and what a role allows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from sweeper.errors import SweeperError

_NAME = re.compile(r"[\w.@+-]{1,100}", re.ASCII)


class Role(StrEnum):
    """What a person may do; each role allows all that the ones before it do."""

    VIEWER = "viewer"  # look at everything, change nothing
    OPERATOR = "operator"  # control sweeps, tag, note, and save views
    ADMIN = "admin"  # say who may do what, and read who did what

    def allows(self, wanted: Role) -> bool:
        """Tell whether whoever has this role may do what another role is needed for.

        Example:
            >>> Role.ADMIN.allows(Role.OPERATOR), Role.VIEWER.allows(Role.OPERATOR)
            (True, False)
        """
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(wanted)

    def at_most(self, limit: Role | None) -> Role:
        """Give the lesser of this role and a limit."""
        return self if limit is None or limit.allows(self) else limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who is asking, and what they may do."""

    name: str
    role: Role


def check_name(name: str) -> str:
    """Give a user's name back where it can be one.

    Raises:
        SweeperError: it has spaces, other characters than a mail address has, or is too long.
    """
    if _NAME.fullmatch(name):
        return name
    raise SweeperError(
        f"{name[:100]!r} cannot be the name of a user",
        hint="Use letters, digits and . _ @ + - only, as in ada or ada@example.org.",
    )
