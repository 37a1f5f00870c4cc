"""The doctor: gathers what the checks need, and gives all findings."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, entry_points, metadata, version
from pathlib import Path

from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.errors import StoreError
from sweeper.plugins import BACKENDS
from sweeper.store.inspection import SweepState, health, orphans, sweep_states
from sweeper.store.leases import lives
from sweeper.store.store import DEFAULT_URL, Store, default_url
from sweeper.upkeep.finding import Finding, note, problem
from sweeper.upkeep.invariants import check_orphans, check_sweep
from sweeper.upkeep.surroundings import (
    check_backends,
    check_clock,
    check_database,
    check_packages,
    check_python,
    check_room,
    read_requirement,
)

_DISTRIBUTION = "sweepable"
_DEFAULT_FILE = DEFAULT_URL.removeprefix("sqlite:///")


def examine(url: str | None = None, clock: Clock = SYSTEM_CLOCK) -> list[Finding]:
    """Check the installation, and a store with all its sweeps."""
    return [*examine_installation(), *examine_store(url, clock)]


def examine_installation() -> list[Finding]:
    """Check Python, the packages and the backends."""
    about = metadata(_DISTRIBUTION)
    requirements = [read_requirement(text) for text in about.get_all("Requires-Dist") or []]
    others = [wanted for wanted in requirements if wanted.name != _DISTRIBUTION]
    return [
        check_python(sys.version_info[:3], about["Requires-Python"]),
        *check_packages(others, _installed(wanted.name for wanted in others)),
        *check_backends(_broken_backends(), about.get_all("Provides-Extra") or []),
    ]


def _installed(names: Iterable[str]) -> dict[str, str]:
    found = {}
    for name in names:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _broken_backends() -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for entry in entry_points(group=BACKENDS):
        try:
            entry.load()
            found[entry.name] = None
        # Whatever a stranger's package does while it is loaded is a finding.
        except Exception as error:  # noqa: BLE001
            found[entry.name] = f"{type(error).__name__}: {error}"
    return found


def examine_store(url: str | None = None, clock: Clock = SYSTEM_CLOCK) -> list[Finding]:
    """Check a database, and all sweeps in it; what cannot be read is a finding too."""
    found: list[Finding] = []
    if url is None and default_url() == DEFAULT_URL and not Path(_DEFAULT_FILE).exists():
        return [note("store", f"there is none yet at {_DEFAULT_FILE}", "A first sweep makes it.")]
    try:
        store = Store(url, must_exist=True)
        try:
            # An error in the middle leaves in the list what was found before it.
            found.extend(_examined(store, clock))
        finally:
            store.close()
    except StoreError as error:
        found.append(problem("store", error.message, error.hint))
    return found


def _examined(store: Store, clock: Clock) -> Iterator[Finding]:
    said = health(store)
    yield from check_database(said)
    yield from check_clock(clock.now(), said)
    yield from check_orphans(orphans(store))
    states = sweep_states(store)
    yield from check_room(_free(store, states))
    for state in states:
        holder = state.sweep.lease
        driven = holder is not None and lives(holder, store.time(clock))
        yield from check_sweep(state, driven=driven, now=clock.now())


def _free(store: Store, states: list[SweepState]) -> dict[str, int]:
    """Say how much is free beside the store and where artifacts go, each disk's place once."""
    places = {str(store.folder)} if store.file is not None else set()
    places |= {artifacts for s in states if (artifacts := s.sweep.asked().artifacts)}
    found: dict[str, int] = {}
    for place in sorted(places):
        path = Path(place)
        if "://" not in place and path.exists():
            found[place] = shutil.disk_usage(path).free
    return found
