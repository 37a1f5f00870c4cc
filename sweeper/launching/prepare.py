"""From the arguments of .sweep() to the sweep as it is to be recorded or gone on with."""

from __future__ import annotations

import getpass
import inspect
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sweeper.backend import Settings
from sweeper.clock import Clock
from sweeper.errors import SpaceError, SweepMismatch
from sweeper.launching.learning import learnt_from
from sweeper.launching.names import memorable_name
from sweeper.launching.placing import changed_resources, changed_setup
from sweeper.launching.request import check_names, check_values, seconds
from sweeper.launching.signature import annotated_domains, signature_of
from sweeper.model.confirming import Confirming
from sweeper.model.constraint import write_constraints
from sweeper.model.encoding import Json, Value
from sweeper.model.lifecycle import SweepStatus
from sweeper.model.objective import Objective, build_objective
from sweeper.model.prior import Prior
from sweeper.model.space import SearchSpace, Signature, build_space, differences
from sweeper.model.sweep import Options, SweepRecord
from sweeper.schedule.named import settle_population
from sweeper.search.auto import settled
from sweeper.search.grid_search import on_grid
from sweeper.search.named import describe_pruning, describe_search
from sweeper.store.store import Store
from sweeper.worker.code import address, source_hash
from sweeper.worker.keeping import checked_place
from sweeper.worker.provenance import provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a call of .sweep() asks for, checked; given holds only what was really given.

    arguments are the call's own, without the decorator's, which hold for new sweeps only.
    """

    function: Callable[..., Any]
    given: Mapping[str, Any]
    arguments: Mapping[str, Any]
    space: SearchSpace
    launch_space: Mapping[str, Any]
    signature: Signature
    objective: Objective
    confirming: Confirming | None = None


def understand(
    function: Callable[..., Any], defaults: Mapping[str, Any], arguments: Mapping[str, Any]
) -> Wanted:
    """Check what was asked for against the function, before anything is opened.

    Raises:
        SpaceError: the space cannot be searched.
        SweeperError: another argument is wrong; names it.
    """
    check_names(arguments)
    given = {**defaults, **arguments}
    check_values(given)
    signature = signature_of(function)
    domains = {
        **annotated_domains(function),
        **(defaults.get("space") or {}),
        **(arguments.get("space") or {}),
    }
    return Wanted(
        function=function,
        given=given,
        arguments=arguments,
        space=build_space(domains, given.get("fixed") or {}, signature),
        launch_space=arguments.get("space") or {},
        signature=signature,
        objective=build_objective(given.get("metric"), given.get("mode"), given.get("constraints")),
    )


def new_record(wanted: Wanted, store: Store, clock: Clock) -> SweepRecord:
    """Make the record of a new sweep."""
    given = wanted.given
    confirming = wanted.confirming
    start = Options() if confirming is None else confirming.options
    options = settle_search(changed_options(start, given, store), wanted)
    points = _points(wanted, options) if confirming is None else confirming.points
    if options.search["kind"] == "grid" and given.get("trials") is None:
        options = replace(options, trials=wanted.space.grid().size)
    options = replace(options, constraints=write_constraints(wanted.objective.constraints))
    priors: tuple[Prior, ...] = ()
    if given.get("learn_from") is not None:
        found = learnt_from(store, given["learn_from"], wanted.space, wanted.objective)
        options, priors = replace(options, learn_from=found[0]), found[1]
    function = wanted.function
    now = clock.now()
    return SweepRecord(
        id=0,
        name=given.get("name") or memorable_name(),
        status=SweepStatus.RUNNING,
        objective=tuple(wanted.objective.describe()),
        space=wanted.space.describe(),
        options=options.describe(),
        points=points,
        seed=given["seed"] if given.get("seed") is not None else secrets.randbits(32),
        function=address(function),
        function_hash=source_hash(function),
        provenance={
            **provenance(inspect.getsourcefile(function)),
            "launch_space": sorted(wanted.launch_space),
            "launch_arguments": sorted(wanted.arguments),
        },
        project=given.get("project"),
        tags=tuple(given.get("tags") or ()),
        owner=getpass.getuser(),
        created=now,
        updated=now,
        priors=priors,
    )


_OPTIONS = (
    "workers",
    "retries",
    "losses",
    "max_failures",
    "gpu_hours",
    "target",
    "patience",
    "keep_checkpoints",
)


def changed_options(options: Options, given: Mapping[str, Any], store: Store) -> Options:
    """Apply what a launch or a resume gives to the options that stood before."""
    changes: dict[str, Any] = {name: given[name] for name in _OPTIONS if name in given}
    for name in ("trials", "replicates"):
        if given.get(name) is not None:
            changes[name] = given[name]
    if "search" in given:
        changes["search"] = described = describe_search(given["search"])
        if described["kind"] == "auto" == options.search["kind"]:
            # What it stood for when the sweep began, it stands for to its end.
            changes["search"] = options.search
    if "scheduler" in given:
        changes["scheduler"] = describe_pruning(given["scheduler"])
    if "backend" in given:
        backend = given["backend"]
        changes["backend"] = named(backend)
    for name in ("time", "timeout", "grace"):
        if name in given:
            changes[name] = seconds(name, given[name])
    artifacts = given.get("artifacts") or options.artifacts or str(store.artifacts)
    changed = replace(
        options,
        **changes,
        resources=changed_resources(options.resources, given),
        setup=changed_setup(options.setup, given),
        artifacts=checked_place(artifacts),
    )
    return settle_population(changed, options)


def settle_search(options: Options, wanted: Wanted) -> Options:
    """Write down what search="auto" stands for, where nobody has yet."""
    search = settled(options.search, wanted.space, wanted.objective, options.scheduler)
    return replace(options, search=search)


def named(backend: Any) -> str:
    """Give the name under which a backend is recorded."""
    if isinstance(backend, Settings):
        return backend.address()
    return backend if isinstance(backend, str) else type(backend).__qualname__


def _points(wanted: Wanted, options: Options) -> tuple[Mapping[str, Json], ...]:
    """Gather the configurations to try first: the baseline, then the caller's."""
    space = wanted.space
    chosen: list[tuple[str, Mapping[str, Value]]] = []
    if wanted.given.get("baseline", True):
        baseline = baseline_of(space, wanted.signature)
        if baseline is not None and _fits(space, options, baseline):
            chosen.append(("baseline", baseline))
    for place, point in enumerate(wanted.given.get("points") or ()):
        complete = {**point, **space.fixed}
        problem = space.problem_of(complete)
        if problem is not None:
            raise SpaceError(
                f"points[{place}] lies outside the space: {problem}",
                hint="Give each active parameter a value inside its domain, and no other.",
            )
        chosen.append(("point", complete))
    written: list[Mapping[str, Json]] = []
    for origin, params in chosen:
        encoded = space.encode(params)
        if all(encoded != known["params"] for known in written):
            written.append({"origin": origin, "params": encoded})
    return tuple(written)


def _fits(space: SearchSpace, options: Options, baseline: Mapping[str, Value]) -> bool:
    return options.search["kind"] != "grid" or on_grid(space, baseline)


def baseline_of(space: SearchSpace, signature: Signature) -> dict[str, Value] | None:
    """Give the function's own defaults as a configuration, where they lie in the space."""
    params = dict(space.fixed)
    for name in space.domains:
        if space.active(name, params):
            if name not in signature.defaults:
                return None
            params[name] = signature.defaults[name]
    return params if space.domains and space.contains(params) else None


def matching(wanted: Wanted, recorded: SweepRecord) -> list[str]:
    """Compare what is asked for with what was recorded; gives warnings for the record.

    Raises:
        SweepMismatch: the space, objective, seed or function differ; says in what.
    """
    function = wanted.function
    # A grid's points are told by their places, which further options would move.
    may_grow = recorded.asked().search["kind"] != "grid"
    found = differences(recorded.search_space(), wanted.space, may_grow=may_grow)
    if list(recorded.objective) != wanted.objective.describe():
        found.append(f"objective: recorded {recorded.goals()}, now {wanted.objective}")
    kept = recorded.goals().constraints
    if kept != wanted.objective.constraints:
        was, now = (", ".join(map(str, c)) or "none" for c in (kept, wanted.objective.constraints))
        found.append(f"constraints: recorded {was}, now {now}")
    teacher, asked = recorded.asked().learn_from or {}, wanted.arguments.get("learn_from")
    if asked is not None and asked != teacher.get("sweep"):
        found.append(f"learn_from: recorded {teacher.get('sweep')}, now {asked}")
    for name, known in (("replicates", recorded.asked().replicates), ("seed", recorded.seed)):
        given = wanted.arguments.get(name)
        if given is not None and given != known:
            found.append(f"{name}: recorded {known}, now {given}")
    if not _same_function(recorded, function):
        found.append(f"function: recorded {recorded.function}, now {address(function)}")
    if found:
        raise SweepMismatch(
            f"sweep {recorded.name!r} was recorded with something else:\n  " + "\n  ".join(found),
            hint="Take that back, or start a sweep of another name.",
        )
    if source_hash(function) != recorded.function_hash:
        return [f"the body of {recorded.function} has changed since the sweep began"]
    return []


def with_further_options(recorded: SweepRecord, wanted: Wanted) -> SweepRecord:
    """Take over the further options that a resume gives to choices."""
    if not differences(recorded.search_space(), wanted.space):
        return recorded
    launched = {*(recorded.provenance.get("launch_space") or ()), *wanted.launch_space}
    provenance = {**recorded.provenance, "launch_space": sorted(launched)}
    return replace(recorded, space=wanted.space.describe(), provenance=provenance)


def _same_function(recorded: SweepRecord, function: Any) -> bool:
    """Tell whether it is the same function, whichever way its file was loaded this time."""
    if recorded.function == address(function):
        return True
    name = recorded.function.rpartition(":")[2]
    if name != function.__qualname__:
        return False
    file = inspect.getsourcefile(function)
    same_file = bool(file) and recorded.function.rpartition(":")[0] == str(
        Path(file or "").resolve()
    )
    return same_file or source_hash(function) == recorded.function_hash
