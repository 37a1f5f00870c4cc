"""What sweeper needs around it: packages, backends, disk room, clocks and a sound database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sweeper.store.inspection import Health
from sweeper.upkeep.finding import Finding, note, problem

_REQUIREMENT = re.compile(r"([\w.-]+)\s*(?:\[[^]]*\])?\s*([^;]*)")
_LEAST = re.compile(r">=\s*([\d.]+)")
_SECONDS = 5.0
_LOW, _SCARCE = 2**30, 100 * 2**20


def check_python(running: Sequence[int], required: str | None) -> Finding:
    """Check the running Python against what the distribution requires."""
    shown = ".".join(map(str, running))
    least = _LEAST.search(required or "")
    if least is not None and tuple(running) < _version(least[1]):
        return problem("Python", f"{shown}, but {least[1]} is needed", "Install a newer Python.")
    return Finding(about="Python", what=shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A package that the distribution needs; an optional one comes with an extra."""

    name: str
    bounds: str
    optional: bool


def read_requirement(text: str) -> Requirement:
    """Read one line of a distribution's metadata.

    Example:
        >>> read_requirement("psycopg[binary]>=3.2; extra == 'postgres'")
        Requirement(name='psycopg', bounds='>=3.2', optional=True)
    """
    matched = _REQUIREMENT.match(text)
    name, bounds = (matched[1], matched[2].strip()) if matched else (text, "")
    return Requirement(name=name, bounds=bounds, optional="extra ==" in text)


def check_packages(
    requirements: Iterable[Requirement], installed: Mapping[str, str]
) -> list[Finding]:
    """Check what is installed against the lower bounds; an extra's package may be missing."""
    found = []
    for wanted in requirements:
        version, least = installed.get(wanted.name), _LEAST.search(wanted.bounds)
        remedy = f'Run: pip install --upgrade "{wanted.name}{wanted.bounds}"'
        if version is None:
            if not wanted.optional:
                found.append(problem(wanted.name, "it is not installed", remedy))
        elif least is not None and _version(version) < _version(least[1]):
            found.append(problem(wanted.name, f"{version}, but {least[1]} is needed", remedy))
        else:
            found.append(Finding(about=wanted.name, what=version))
    return found


def _version(text: str) -> tuple[int, ...]:
    """Read the numbers of a version, as far as they go."""
    numbers = [int(n) for n in re.findall(r"\d+", re.split(r"[a-z+]", text)[0])]
    return tuple([*numbers, 0, 0, 0][:3])


def check_backends(broken: Mapping[str, str | None], extras: Iterable[str]) -> list[Finding]:
    """Check the backends by name; broken says what is wrong with each, None that it loads."""
    found = []
    known = set(extras)
    for name, reason in sorted(broken.items()):
        about = f"backend {name}"
        if reason is None:
            found.append(Finding(about=about, what="it can be loaded"))
        elif name in known:
            found.append(note(about, reason, f'Run: pip install "sweepable[{name}]"'))
        else:
            found.append(problem(about, reason, "Reinstall its package."))
    return found


def check_room(free: Mapping[str, int]) -> list[Finding]:
    """Check how many bytes are free at the places that sweeps write to."""
    found = []
    for place, left in free.items():
        said = f"{left / 2**30:.1f} GiB free"
        if left < _SCARCE:
            found.append(problem(place, said, "Make room: what cannot be recorded has to wait."))
        elif left < _LOW:
            found.append(note(place, said, "Make room before it runs out."))
        else:
            found.append(Finding(about=place, what=said))
    return found


def check_clock(now: float, health: Health) -> list[Finding]:
    """Check this machine's clock against the database server's and the newest record."""
    found = []
    if health.now is not None and abs(now - health.now) > _SECONDS:
        apart = f"{abs(now - health.now):.0f} s from the database server's clock"
        found.append(problem("clock", apart, "Let both follow a time server (NTP)."))
    if health.newest is not None and health.newest > now + _SECONDS:
        ahead = f"the newest record lies {health.newest - now:.0f} s in the future"
        found.append(
            problem("clock", ahead, "This clock, or that of the last writer, is wrong: use NTP.")
        )
    return found or [Finding(about="clock", what="agrees with what is recorded")]


def check_database(health: Health) -> list[Finding]:
    """Check what the database says of itself."""
    found = []
    if health.damage is not None:
        found.append(
            problem("database", f"damaged: {health.damage}", "Restore a copy, or use .recover.")
        )
    if health.journal_mode not in (None, "wal", "memory"):
        found.append(
            problem(
                "database",
                f"journal mode {health.journal_mode}, so that readers block the writer",
                "Move the file to a local disk: network file systems cannot share a log.",
            )
        )
    return found or [Finding(about="database", what=f"{health.kind} {health.version}, sound")]
