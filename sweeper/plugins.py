"""Finding backends and the dashboard by name, and loading only the one asked for."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from sweeper.backend import Backend, BackendRequest, Settings
from sweeper.errors import BackendUnavailable, SweeperError
from sweeper.model.sweep import Options

BACKENDS = "sweeper.backends"
DASHBOARD = "sweeper.dashboard"
SUBMITTERS = "sweeper.submitters"
_PEOPLES_NAMES = {DASHBOARD: "the dashboard"}
_EXTRAS = {
    "ray": "ray",
    "app": "dashboard",
    "figures": "dashboard",
    "report": "dashboard",
    "passwords": "dashboard",
}


def open_backend(given: str | Backend | Settings, options: Options) -> Backend:
    """Open a backend by name or by its settings, or take the object as it is.

    What follows the first colon of the name is the backend's own argument.

    Raises:
        BackendUnavailable: there is no such backend, its extra is not installed, or it
            cannot run trials of this size; says what to do.
    """
    if isinstance(given, Settings):
        return given.open(_request(None, options))
    if not isinstance(given, str):
        if not isinstance(given, Backend):
            raise BackendUnavailable(
                f"{given!r} is no backend",
                hint="Give a name, or an object with the methods of sweeper.backend.Backend.",
            )
        return given
    name, _, argument = given.partition(":")
    found = _named(BACKENDS).get(name)
    if found is None:
        raise BackendUnavailable(
            f"there is no backend {name!r}",
            hint=f"These are installed: {', '.join(sorted(_named(BACKENDS)))}.",
        )
    opened: Backend = _load(found)(_request(argument or None, options))
    return opened


def _request(argument: str | None, options: Options) -> BackendRequest:
    return BackendRequest(
        argument=argument,
        resources=options.resources,
        workers=options.workers,
        setup=options.setup,
    )


def load_submitter(backend: str) -> Any:
    """Load what hands a sweep over to a backend's cluster: see sweeper_ray.submit.submit.

    Raises:
        BackendUnavailable: this backend takes none.
    """
    found = _named(SUBMITTERS).get(backend)
    if found is None:
        raise BackendUnavailable(
            f"the backend {backend!r} takes no jobs",
            hint=f"These do: {', '.join(sorted(_named(SUBMITTERS)))}.",
        )
    return _load(found)


def load_dashboard(part: str) -> Any:
    """Load a part of the dashboard.

    "app" serves it, "figures" draws, "report" writes a sweep as one file, "passwords" hashes.

    Raises:
        SweeperError: the dashboard's extra is not installed.
    """
    found = _named(DASHBOARD).get(part)
    if found is None:
        raise SweeperError(
            "the dashboard is not installed", hint='Run: pip install "sweepable[dashboard]"'
        )
    return _load(found)


def _named(group: str) -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=group)}


def _load(found: EntryPoint) -> Any:
    try:
        return found.load()
    except ImportError as error:
        extra = _EXTRAS.get(found.name)
        hint = f'Run: pip install "sweepable[{extra}]"' if extra else "Reinstall its package."
        raise BackendUnavailable(
            f"{_PEOPLES_NAMES.get(found.group, f'the backend {found.name!r}')} needs "
            f"{error.name or error}, which is not installed",
            hint=hint,
        ) from error
