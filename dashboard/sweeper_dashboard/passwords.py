"""Passwords: hashed by argon2, and compared in a time that does not tell who exists."""

from __future__ import annotations

import unicodedata
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from sweeper.errors import SweeperError

SHORTEST, LONGEST = 10, 1000
_HASHER = PasswordHasher()
# Each comparison takes 64 MiB, and whoever guesses may ask for many at once.
_COMPARING = BoundedSemaphore(2)


def hash_password(password: str) -> str:
    """Hash a password for the store.

    Raises:
        SweeperError: it is too short or too long.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise SweeperError(
            f"a password of {len(password)} characters is too {_wrong(password)}",
            hint=f"Use {SHORTEST} to {LONGEST} characters; a few words make a good one.",
        )
    return _HASHER.hash(_same_form(password))


def is_password(given: str, known: str | None) -> bool:
    """Tell whether a password is the hashed one; it takes as long where there is none."""
    with _COMPARING:
        try:
            right = _HASHER.verify(known or _nobodys(), _same_form(given[: LONGEST + 1]))
        except (VerificationError, InvalidHashError):
            return False
    return right and known is not None


def _same_form(password: str) -> str:
    # Keyboards disagree about how an accented letter is written.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace").decode()


def _wrong(password: str) -> str:
    return "short" if len(password) < SHORTEST else "long"


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody has this password")
