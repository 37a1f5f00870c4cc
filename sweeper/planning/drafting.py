"""From the arguments of a launch to its plan."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sweeper.backend import Settings
from sweeper.clock import SYSTEM_CLOCK
from sweeper.display.wording import duration
from sweeper.errors import SweeperError
from sweeper.launching.learning import taught
from sweeper.launching.prepare import Wanted
from sweeper.model.encoding import Json
from sweeper.model.sweep import Options, SweepRecord
from sweeper.planning.evidence import Evidence, gather, is_simulated
from sweeper.planning.forecasting import Question, forecast
from sweeper.planning.plan import Forecast, Plan
from sweeper.planning.probing import probed
from sweeper.planning.problems import Findings, examine
from sweeper.planning.remaining import over_already, with_what_is_left
from sweeper.store import questions
from sweeper.worker.code import address, refuse_launches

_FIRST = 5
_NOTHING_KNOWN = (
    "There is no forecast, because nothing is known of this function's durations: no earlier sweep "
    "of it lies in this store. Plan with probe=3 to run three trials first."
)


def make_plan(
    function: Callable[..., Any],
    defaults: Mapping[str, Any],
    arguments: Mapping[str, Any],
    *,
    price: float | None = None,
    probe: int = 0,
) -> Plan:
    """Plan a launch; see Sweepable.plan."""
    refuse_launches()
    with tempfile.TemporaryDirectory(prefix="sweeper-plan-") as aside:
        found = examine(function, defaults, arguments, Path(aside), SYSTEM_CLOCK)
        with found.noting():
            _check(price, probe, {**defaults, **arguments}.get("backend"))
        first = _first(found)
        ahead, why_not = None, None
        if found.problems or found.sweep is None:
            why_not = "There is no forecast while there are problems."
        else:
            evidence, why_not = _evidence(found, found.sweep, probe, Path(aside))
            if evidence is not None:
                ahead = _forecast(found, found.sweep, evidence, price)
        plan = Plan(
            problems=tuple(found.problems),
            runs=_runs(found),
            first=first,
            forecast=ahead,
            why_not=why_not,
        )
        if found.store is not None:
            found.store.close()
    return plan


def _check(price: object, probe: object, backend: object) -> None:
    if price is not None and not (type(price) in (int, float) and price >= 0):  # type: ignore[operator]
        raise SweeperError(f"price = {price!r}", hint="Give the price of a GPU-hour.")
    if type(probe) is not int or probe < 0:
        raise SweeperError(f"probe = {probe!r}", hint="Give a number of trials from 0 up.")
    if probe and backend is not None and not isinstance(backend, (str, Settings)):
        raise SweeperError(
            "a backend that is given as an object serves one sweep, which is not to be the probe",
            hint="Name the backend, or plan without probe=.",
        )


def _evidence(
    found: Findings, sweep: SweepRecord, probe: int, aside: Path
) -> tuple[Evidence | None, str | None]:
    """Give what is known of the function, or say why nothing is."""
    wanted, store = found.wanted, found.store
    if wanted is None or store is None:
        return None, _NOTHING_KNOWN
    if probe:
        return probed(wanted, sweep, probe, aside)
    evidence = gather(
        store,
        address(wanted.function),
        wanted.objective.metrics,
        simulated=is_simulated(sweep.asked().backend),
    )
    return evidence, None if evidence is not None else _NOTHING_KNOWN


def _forecast(
    found: Findings, sweep: SweepRecord, evidence: Evidence, price: float | None
) -> Forecast | None:
    wanted, store = found.wanted, found.store
    if wanted is None or store is None or found.workers is None:
        return None
    done = 0
    if sweep.id:
        done = questions.overview(store, sweep.name).ended
        over = over_already(sweep, store, price)
        if over is not None:
            return over
        sweep = with_what_is_left(sweep)
    length = training_length(evidence, wanted)
    with found.noting():
        return forecast(
            Question(
                sweep=sweep,
                space=wanted.space,
                evidence=evidence,
                workers=found.workers,
                done=done,
                length=length,
                search=wanted.given.get("search"),
                scheduler=wanted.given.get("scheduler"),
            ),
            price,
        )
    return None


def training_length(evidence: Evidence, wanted: Wanted) -> int | None:
    """Give the steps of a whole training where a pinned parameter says them; None elsewhere.

    It is the parameter whose value was the last step of every known training, as epochs is.
    """
    wholes = [lived for lived in evidence.trials if lived.whole and lived.steps]
    defaults, fixed = wanted.signature.defaults, wanted.space.fixed
    for name, planned in {**defaults, **fixed}.items():
        if name in wanted.space.domains or type(planned) is not int or planned < 1:
            continue
        values = [lived.params.get(name, defaults.get(name)) for lived in wholes]
        if values and all(value == one.steps[-1] for value, one in zip(values, wholes)):
            return planned
    return None


# What will run, in words.


def _runs(found: Findings) -> dict[str, str]:
    wanted, sweep = found.wanted, found.sweep
    if wanted is None or sweep is None:
        return {}
    options = sweep.asked()
    done = 0
    if sweep.id and found.store is not None:
        done = questions.overview(found.store, sweep.name).ended
    named = bool(sweep.id) or wanted.given.get("name") is not None
    called = f"sweep {sweep.name!r}" if named else "a sweep, named at launch"
    lines = {
        "function": address(wanted.function),
        "record": f"{called}, {'goes on' if sweep.id else 'new'}, in {found.store_name}",
        "trials": _trials(options, done) + _seeds(options),
        "space": ", ".join(f"{name}: {domain!r}" for name, domain in wanted.space.domains.items()),
        "search": _search(options.search),
        "keeps": ", ".join(map(str, sweep.goals().constraints)) or "no constraints",
        "scheduler": _described(options.scheduler),
        "backend": _where(options, found.workers),
        "ends": _ends(options),
    }
    if options.learn_from is not None:
        lines["learns"] = taught(options.learn_from)
    if found.notes:
        lines["note"] = "; ".join(found.notes)
    return lines


def _seeds(options: Options) -> str:
    return f", each with {options.replicates} seeds" if options.replicates > 1 else ""


def _trials(options: Options, done: int) -> str:
    wanted = "any number" if options.trials is None else str(options.trials)
    return f"{wanted} in all, {done} done"


def _search(search: Mapping[str, Json]) -> str:
    if "chosen" in search:
        return "{kind}: {chosen}, because {why}".format(**search)
    return str(search.get("name") or search["kind"])


def _described(scheduler: Mapping[str, Json] | None) -> str:
    if scheduler is None:
        return "none: every trial runs to its end"
    rest = ", ".join(f"{name}={value}" for name, value in scheduler.items() if name != "kind")
    return f"{scheduler['kind']}({rest})"


def _where(options: Options, workers: int | None) -> str:
    at_once = "" if workers is None else f", {workers} at once"
    return f"{options.backend}{at_once}, each with {options.resources}"


def _ends(options: Options) -> str:
    reasons = [f"after {options.trials} trials"] if options.trials is not None else []
    if options.time is not None:
        reasons.append(f"after {duration(options.time)}")
    if options.gpu_hours is not None:
        reasons.append(f"after {options.gpu_hours:g} GPU-hours")
    if options.target is not None:
        reasons.append(f"when a trial reaches {options.target:g}")
    if options.patience is not None:
        reasons.append(f"after {options.patience} trials without a better one")
    return " or ".join(reasons) or "when it is stopped"


def _first(found: Findings) -> list[dict[str, Json]]:
    """Give the first configurations, as far as they are known ahead of any result."""
    wanted, sweep, searcher = found.wanted, found.sweep, found.searcher
    if wanted is None or sweep is None or sweep.id:
        return []
    first: list[dict[str, Json]] = [dict(point["params"]) for point in sweep.points[:_FIRST]]
    most = min(_FIRST, sweep.asked().trials or _FIRST)
    if wanted.given.get("seed") is None or searcher is None:
        return first
    while len(first) < most:
        try:
            suggested = searcher.suggest(len(first))
        # Whatever an own searcher raises is a problem of its sweep and must not end the plan.
        except Exception as error:  # noqa: BLE001
            found.problems.append(f"the search raised {type(error).__name__}: {error}")
            break
        if suggested is None:
            break
        first.append(wanted.space.encode({**suggested, **wanted.space.fixed}))
    return first
