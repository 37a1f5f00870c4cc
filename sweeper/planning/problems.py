"""Every problem that a launch would meet, found without launching anything."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sweeper.backend import workers_are_far
from sweeper.clock import Clock
from sweeper.errors import SweeperError
from sweeper.launching.launch import found_or_new, refuse_passing
from sweeper.launching.learning import teach
from sweeper.launching.placing import warmup_of
from sweeper.launching.prepare import Wanted, changed_options, understand
from sweeper.launching.recorded import remembered
from sweeper.launching.request import check_names, check_values
from sweeper.model.objective import build_objective
from sweeper.model.sweep import Options, SweepRecord
from sweeper.plugins import open_backend
from sweeper.schedule.named import check_scheduler
from sweeper.search.named import make_searcher, ready_pruning
from sweeper.search.searcher import Searcher
from sweeper.store.store import Store, is_absent
from sweeper.worker.code import pack


@dataclass(kw_only=True)
class Findings:
    """What was found on the way of a launch; None where a problem stood in the way.

    store is the one that was asked for; where it is yet to be made, an empty one elsewhere.
    """

    problems: list[str] = field(default_factory=list)
    wanted: Wanted | None = None
    store: Store | None = None
    store_name: str = ""
    sweep: SweepRecord | None = None
    notes: list[str] = field(default_factory=list)
    searcher: Searcher | None = None
    workers: int | None = None

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Note as a problem what is raised inside."""
        try:
            yield
        except (SweeperError, TypeError) as error:
            self._note(error)

    def _note(self, error: SweeperError | TypeError) -> None:
        said = str(error)
        if isinstance(error, SweeperError):
            said = f"{error.message.rstrip('.')}. {error.hint}".strip()
        if self.store is not None:
            # An empty one that stands for it is nobody's business.
            said = said.replace(str(self.store), self.store_name)
        if said not in self.problems:
            self.problems.append(said)


def examine(
    function: Callable[..., Any],
    defaults: Mapping[str, Any],
    arguments: Mapping[str, Any],
    aside: Path,
    clock: Clock,
) -> Findings:
    """Go the way of a launch up to its first trial, and note all that stands in it.

    Args:
        function: what would be swept.
        defaults: the decorator's launch arguments.
        arguments: the call's own.
        aside: an empty folder that is soon gone.
        clock: tells whose lease has expired.
    """
    found = Findings()
    sound = _sound(found, {**defaults, **arguments}, aside)
    own = {name: value for name, value in arguments.items() if name in sound}
    decorated = {name: value for name, value in defaults.items() if name in sound}
    with found.noting():
        found.store = _opened(found, sound.get("store"), aside)
    if found.store is not None:
        own = {**remembered(found.store, sound), **own}
    with found.noting():
        found.wanted = understand(function, decorated, own)
    if found.wanted is None:
        with found.noting():
            build_objective(sound.get("metric"), sound.get("mode"), sound.get("constraints"))
    if found.wanted is not None and found.store is not None:
        with found.noting():
            found.sweep, found.notes = found_or_new(found.wanted, found.store, clock)
    options = _options(found, sound, aside)
    if found.wanted is not None:
        _check_choices(found, found.wanted, options)
    with found.noting():
        _check_backend(found, sound, options)
    if "://" not in options.artifacts and sound.get("artifacts"):
        with found.noting():
            _check_writable(Path(options.artifacts), "the artifacts")
    return found


def _sound(found: Findings, given: Mapping[str, Any], aside: Path) -> dict[str, Any]:
    """Note each argument that no launch can have, and give the others."""
    sound: dict[str, Any] = {}
    scratch = Store(f"sqlite:///{aside}/scratch.db")
    for name, value in given.items():
        before = len(found.problems)
        with found.noting():
            check_names({name: value})
            check_values({name: value})
            changed_options(Options(), {name: value}, scratch)
        if len(found.problems) == before:
            sound[name] = value
    scratch.close()
    return sound


def _opened(found: Findings, url: str | None, aside: Path) -> Store:
    """Open the store that was asked for, without making it where it is not there yet."""
    absent = is_absent(url)
    if absent is None:
        store = Store(url, must_exist=True)
        refuse_passing(store)
        found.store_name = str(store)
        return store
    _check_writable(absent.parent, "the store")
    found.store_name = f"{absent}, to be made"
    return Store(f"sqlite:///{aside}/empty.db")


def _options(found: Findings, sound: Mapping[str, Any], aside: Path) -> Options:
    if found.sweep is not None:
        return found.sweep.asked()
    with closing(Store(f"sqlite:///{aside}/scratch.db")) as scratch:
        with found.noting():
            return changed_options(Options(), sound, scratch)
        # Each argument is sound for itself, and it is the scheduler that does not suit the others.
        others = {name: value for name, value in sound.items() if name != "scheduler"}
        return changed_options(Options(), others, scratch)


def _check_choices(found: Findings, wanted: Wanted, options: Options) -> None:
    given, seed = wanted.given, 0 if found.sweep is None else found.sweep.seed
    with found.noting():
        found.searcher = make_searcher(
            options.search, wanted.space, wanted.objective, seed, given.get("search")
        )
        if found.sweep is not None and found.store is not None:
            teach(found.sweep, found.store, found.searcher, given)
    with found.noting():
        scheduler = ready_pruning(options.scheduler, wanted.objective, seed, given.get("scheduler"))
        check_scheduler(scheduler, wanted.space)


def _check_backend(found: Findings, sound: Mapping[str, Any], options: Options) -> None:
    warmup = warmup_of(options.setup, sound)
    asked = sound.get("backend")
    backend = open_backend(
        options.backend if asked is None or isinstance(asked, str) else asked, options
    )
    try:
        room = backend.capacity()
        found.workers = min(room, options.workers or room)
        if found.wanted is not None:
            pack(found.wanted.function, far=workers_are_far(backend), warmup=warmup)
    finally:
        # What the caller gave as an object is the launch's to use and to close.
        if backend is not asked:
            backend.close()


def _check_writable(folder: Path, whose: str) -> None:
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise SweeperError(
            f"{folder} is to hold {whose}, and nothing can be written in {there}",
            hint="Choose another place, or have it made writable.",
        )
