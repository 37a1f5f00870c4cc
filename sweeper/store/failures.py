"""What a database's errors mean for people: what was tried, what broke, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from sweeper.errors import StoreError, StoreUnavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meaning:
    """What a driver's words mean: more to tell, what to do, and whether it may pass."""

    hint: str
    more: str = ""
    passes: bool = True


_DAMAGED = _Meaning(
    more="; the file was left untouched",
    hint="Name another file, restore a copy, or rescue what can be read with: "
    "sqlite3 {path} .recover",
    passes=False,
)
_FORBIDDEN = _Meaning(
    hint="Let this user write both the file and its folder, or choose another place with "
    "store= or $SWEEPER_STORE."
)
_FOREIGN = _Meaning(
    hint="Another program has changed the tables; compare them with: sweeper doctor", passes=False
)
_MEANINGS = {
    "file is not a database": _DAMAGED,
    "malformed": _DAMAGED,
    "Could not decode": _DAMAGED,
    "no such table": _FOREIGN,
    "no such column": _FOREIGN,
    "has no column": _FOREIGN,
    "readonly database": _FORBIDDEN,
    "unable to open database file": _FORBIDDEN,
    "read-only transaction": _Meaning(
        hint="The server takes no writes, as a standby does; name the primary one."
    ),
    "disk is full": _Meaning(hint="Make room on the disk of {path}."),
    "is locked": _Meaning(
        hint="Another program holds the file; find it with: fuser {path}, and let it end."
    ),
}
_OTHER = _Meaning(
    hint="Check that the database runs, that the disk has room and that you may write."
)


@contextmanager
def storing(what: str, url: URL) -> Iterator[None]:
    """Turn a database's error into a StoreError that says what was tried.

    Raises:
        StoreUnavailable: the store may come back by itself.
        StoreError: it will not.
    """
    address = url.render_as_string(hide_password=True)
    try:
        yield
    # A row that is no JSON, no text or holds no word of ours.
    except ValueError as error:
        if what != "read":
            raise
        raise StoreError(
            f"the store {address} could not be {what}: it holds what nobody wrote there: {error}",
            hint="Its file is damaged, or another program has written it; restore a copy.",
        ) from error
    except DBAPIError as error:
        said = _first_line(error)
        known = next((meaning for words, meaning in _MEANINGS.items() if words in said), _OTHER)
        away = isinstance(error, (OperationalError, InterfaceError)) or error.connection_invalidated
        passes = known.passes and (away or known is not _OTHER)
        raise (StoreUnavailable if passes else StoreError)(
            f"the store {address} could not be {what}: {said}{known.more}",
            hint=known.hint.format(path=url.database),
        ) from error


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else str(error)
