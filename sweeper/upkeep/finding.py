"""What the doctor says: what was found, how bad it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How bad a finding is."""

    OK = "ok"  # as it should be
    NOTE = "note"  # worth knowing, nothing is broken
    PROBLEM = "problem"  # a check did not hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the doctor's; about names the sweep, package or place."""

    about: str
    what: str
    state: State = State.OK
    remedy: str = ""


def note(about: str, what: str, remedy: str) -> Finding:
    """Find something worth knowing."""
    return Finding(about=about, what=what, state=State.NOTE, remedy=remedy)


def problem(about: str, what: str, remedy: str) -> Finding:
    """Find that a check did not hold."""
    return Finding(about=about, what=what, state=State.PROBLEM, remedy=remedy)
