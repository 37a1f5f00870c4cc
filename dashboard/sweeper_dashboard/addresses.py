"""The addresses of pages, written and read in one place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

TABS = ("", "trials", "compare")
"""The pages of a sweep; the first is its overview."""

SEVERAL = "several"
PEOPLE = "people"

_PATTERN = re.compile(
    rf"/sweep/(?P<sweep>[^/]+)(?:/trial/(?P<trial>\d{{1,9}})|/(?P<tab>{'|'.join(TABS[1:])}))?/?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which page is asked for: the list, a diff, one of a sweep's pages or one of its trials."""

    sweep: str | None = None
    tab: str = ""
    trial: int | None = None


def sweep_address(name: str, tab: str = "") -> str:
    """Write the address of one of a sweep's pages.

    Example:
        >>> sweep_address("a/b c")
        '/sweep/a%2Fb%20c'
    """
    address = f"/sweep/{quote(name, safe='')}"
    return f"{address}/{tab}" if tab else address


def trial_address(name: str, number: int) -> str:
    """Write the address of a trial's page."""
    return f"{sweep_address(name)}/trial/{number}"


def diff_address(sides: Sequence[tuple[str, int | None]]) -> str:
    """Write the address that puts trials side by side; a number of None is a sweep's best.

    Example:
        >>> diff_address([("digits", 3), ("a,b", None)])
        '/diff?of=digits:3,a%252Cb:best'
    """
    parts = [f"{quote(name, safe='')}:{'best' if n is None else n}" for name, n in sides]
    return f"/diff?of={quote(','.join(parts), safe=':,')}"


def sides_of(of: str) -> list[tuple[str, int | None]]:
    """Read which trials are to stand side by side; what names none is left out.

    Example:
        >>> sides_of("digits:3,a%2Cb:best,digits:x")
        [('digits', 3), ('a,b', None)]
    """
    found: list[tuple[str, int | None]] = []
    for part in of.split(","):
        name, _, number = part.rpartition(":")
        if name and (number == "best" or (number.isascii() and number.isdigit())):
            side = (unquote(name), None if number == "best" else int(number[:9]))
            found += [side] if side not in found else []
    return found


def place_of(pathname: str) -> Place | None:
    """Read which page an address means; None where it means none.

    Example:
        >>> place_of("/sweep/digits/trial/3")
        Place(sweep='digits', tab='', trial=3)
    """
    if pathname in ("", "/"):
        return Place()
    if pathname.rstrip("/") == "/diff":
        return Place(tab="diff")
    if pathname.strip("/") in (SEVERAL, PEOPLE):
        return Place(tab=pathname.strip("/"))
    found = _PATTERN.fullmatch(pathname)
    if found is None:
        return None
    trial = found["trial"]
    return Place(
        sweep=unquote(found["sweep"]),
        tab=found["tab"] or "",
        trial=None if trial is None else int(trial),
    )
