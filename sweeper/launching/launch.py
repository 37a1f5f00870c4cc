"""Launching: a sweep is recorded or found, its controller is made and set to work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import Any

from sweeper.backend import CallerServed, Timekeeper, workers_are_far
from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.control.parts import Parts
from sweeper.controller import Controller
from sweeper.display.progress import make_observer
from sweeper.errors import StoreError, SweepExists
from sweeper.launching.driving import Drive
from sweeper.launching.learning import taught, teach
from sweeper.launching.placing import warmup_of
from sweeper.launching.prepare import (
    Wanted,
    changed_options,
    matching,
    named,
    new_record,
    settle_search,
    understand,
    with_further_options,
)
from sweeper.launching.recorded import open_existing, remembered
from sweeper.model.confirming import Confirming
from sweeper.model.space import SearchSpace
from sweeper.model.sweep import LeaseHolder, Options, SweepRecord
from sweeper.plugins import open_backend
from sweeper.schedule.named import check_scheduler
from sweeper.search.named import make_searcher, pruning_of
from sweeper.store import questions
from sweeper.store.leases import acquire, refuse_busy, release
from sweeper.store.recording import Changes, Sums, create_sweep, record
from sweeper.store.store import Store
from sweeper.worker.code import pack, refuse_launches


@dataclass(frozen=True, slots=True, kw_only=True)
class Launched:
    """A sweep that is driven from this process."""

    store: Store
    name: str
    space: SearchSpace
    drive: Drive
    function: Callable[..., Any]


def launch(
    function: Callable[..., Any],
    defaults: Mapping[str, Any],
    arguments: Mapping[str, Any],
    clock: Clock = SYSTEM_CLOCK,
    confirming: Confirming | None = None,
) -> Launched:
    """Launch a sweep, or go on with the recorded one of that name; see Sweepable.sweep.

    confirming says what a sweep begins with that runs another one's trials again.
    Everything that can be wrong is found before the sweep is recorded or anything runs.
    """
    refuse_launches()
    store = open_existing({**defaults, **arguments}.get("store"))
    if store is not None:
        arguments = {**remembered(store, {**defaults, **arguments}), **arguments}
    wanted = replace(understand(function, defaults, arguments), confirming=confirming)
    given = wanted.given
    store = store or Store(given.get("store"))
    refuse_passing(store)
    try:
        parts = _assembled(wanted, store, clock)
    except SweepExists:
        if given.get("resume", "auto") != "auto":
            raise
        # Another process has just made it, so that this one goes on with it, or is refused.
        parts = _assembled(wanted, store, clock)
    drive = _drive(parts)
    if given.get("wait", True):
        drive.wait()
    else:
        drive.go_on()
    return Launched(
        store=store, name=parts.sweep.name, space=wanted.space, drive=drive, function=function
    )


def _assembled(wanted: Wanted, store: Store, clock: Clock) -> Parts:
    """Make all parts of a controller, record the sweep, and take its lease."""
    given = wanted.given
    sweep, notes = found_or_new(wanted, store, clock)
    is_new = not sweep.id
    options = sweep.asked()
    searcher = make_searcher(
        options.search, wanted.space, sweep.goals(), sweep.seed, given.get("search")
    )
    teach(sweep, store, searcher, given)
    scheduler = pruning_of(sweep, given.get("scheduler"))
    check_scheduler(scheduler, wanted.space)
    warmup = warmup_of(options.setup, given)
    backend = open_backend(_backend_of(wanted, options), options)
    with ExitStack() as undo:
        undo.callback(backend.close)
        code = pack(wanted.function, far=workers_are_far(backend), warmup=warmup)
        sweep = _recorded(store, sweep)
        lease = acquire(store, sweep, clock, watch=True)
        undo.callback(_give_back, store, sweep.id, lease)
        keeper = backend if isinstance(backend, Timekeeper) else None
        parts = Parts(
            store=store,
            sweep=sweep,
            lease=lease,
            space=wanted.space,
            options=options,
            code=code,
            backend=backend,
            searcher=searcher,
            scheduler=scheduler,
            clock=clock,
            simulated=None if keeper is None else keeper.keep_time(sweep.updated),
            observer=make_observer(str(store), shown=given.get("progress", True)),
        )
        _record_resume(parts, notes)
        if is_new and "chosen" in options.search:
            parts.observer.note("Search: {chosen}, because {why}.".format(**options.search))
        if is_new and options.learn_from is not None:
            parts.observer.note(taught(options.learn_from))
        undo.pop_all()
    return parts


def refuse_passing(store: Store) -> None:
    """Refuse a store that would be gone with its process.

    Raises:
        StoreError: it lies in memory.
    """
    if store.dialect == "sqlite" and store.file is None:
        raise StoreError(
            f"the store {store} lies in memory: nothing of it would outlive this process",
            hint="Name a file: sqlite:///path/to/store.db; for a while, one in a temporary folder.",
        )


def _backend_of(wanted: Wanted, options: Options) -> Any:
    """Give the backend that was asked for: its recorded name, or an object as it is."""
    given = wanted.given.get("backend")
    is_that = given is not None and named(given) == options.backend
    return given if is_that else options.backend


def _give_back(store: Store, sweep_id: int, lease: LeaseHolder) -> None:
    # Where the store is away, the lease expires by itself.
    with suppress(StoreError):
        release(store, sweep_id, lease)


def found_or_new(wanted: Wanted, store: Store, clock: Clock) -> tuple[SweepRecord, list[str]]:
    """Give the recorded sweep with its options brought up to date, or a new one's record.

    Raises:
        SweepExists, SweepNotFound: the name is, or is not, there against what was asked.
        SweepMismatch: the recorded sweep differs.
        SweepBusy: it is being driven.
    """
    name, resume = wanted.given.get("name"), wanted.given.get("resume", "auto")
    if name is None or (resume != "must" and not questions.has_sweep(store, name)):
        if name is None and resume == "must":
            raise SweepExists('resume="must" needs a name', hint="Say which sweep goes on.")
        return new_record(wanted, store, clock), []
    if resume == "never":
        raise SweepExists(
            f"there is already a sweep {name!r} in {store}",
            hint='Choose another name, or go on with it: resume="auto".',
        )
    found = questions.find_sweep(store, name)
    notes = matching(wanted, found)
    refuse_busy(found, store.time(clock))
    options = changed_options(found.asked(), wanted.arguments, store)
    options = settle_search(options, wanted)
    grown = with_further_options(found, wanted)
    return replace(grown, options=options.describe()), notes


def _recorded(store: Store, sweep: SweepRecord) -> SweepRecord:
    return sweep if sweep.id else replace(sweep, id=create_sweep(store, sweep))


def _record_resume(parts: Parts, notes: list[str]) -> None:
    """Record what a resume has changed, before it takes effect."""
    changes = Changes(
        sweep={
            "options": dict(parts.sweep.options),
            "space": dict(parts.sweep.space),
            "provenance": dict(parts.sweep.provenance),
        },
        sums=Sums(updated=parts.times.now()),
    )
    for note in notes:
        changes.event(parts.times.now(), "function_changed", note)
        parts.observer.note(f"Note: {note}.")
    record(parts.store, parts.sweep.id, parts.lease, changes, parts.clock)


def _drive(parts: Parts) -> Drive:
    controller = Controller(parts)
    served = parts.backend if isinstance(parts.backend, CallerServed) else None
    thread = threading.Thread(
        target=controller.run, name=f"sweeper {parts.sweep.name}", daemon=True
    )
    return Drive(controller=controller, thread=thread, served=served)
