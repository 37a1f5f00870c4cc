"""The addresses of pages, written and read in one place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

TABS = ("", "trials", "compare")
"""The pages of a sweep; the first is its overview."""

_PATTERN = re.compile(
    rf"/sweep/(?P<sweep>[^/]+)(?:/trial/(?P<trial>\d{{1,9}})|/(?P<tab>{'|'.join(TABS[1:])}))?/?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which page is asked for: the list, one of a sweep's pages or one of its trials."""

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


def place_of(pathname: str) -> Place | None:
    """Read which page an address means; None where it means none.

    Example:
        >>> place_of("/sweep/digits/trial/3")
        Place(sweep='digits', tab='', trial=3)
    """
    if pathname in ("", "/"):
        return Place()
    found = _PATTERN.fullmatch(pathname)
    if found is None:
        return None
    trial = found["trial"]
    return Place(
        sweep=unquote(found["sweep"]),
        tab=found["tab"] or "",
        trial=None if trial is None else int(trial),
    )
