"""The verbs that look: ls, show and best."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from sweeper.cli.output import common_options, say, say_json
from sweeper.clock import SYSTEM_CLOCK
from sweeper.display.tables import ago, show_facts, show_table
from sweeper.display.wording import configuration, descent_line, duration, number, one_value
from sweeper.errors import SweeperError
from sweeper.model.constraint import write_constraints
from sweeper.model.encoding import Reference, stable_name
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.lineage import Descent, ancestors
from sweeper.model.sweep import SweepOverview
from sweeper.reading import Trial
from sweeper.store import questions
from sweeper.store.store import Store
from sweeper.sweep import Sweep, load


def add_verbs(verbs: Any) -> None:
    """Add ls, show and best."""
    ls = verbs.add_parser("ls", parents=[common_options()], help="list the sweeps of a store")
    ls.add_argument("--project", help="only those of a project")
    ls.set_defaults(act=_ls)
    show = verbs.add_parser("show", parents=[common_options()], help="show a sweep or a trial")
    show.add_argument("name", metavar="NAME")
    show.add_argument("trial", metavar="TRIAL", nargs="?", type=int)
    show.add_argument("--top", type=int, default=10, metavar="N", help="how many trials; 10")
    show.set_defaults(act=_show)
    best = verbs.add_parser("best", parents=[common_options()], help="show the best trial")
    best.add_argument("name", metavar="NAME")
    best.set_defaults(act=_best)


def _ls(parsed: argparse.Namespace) -> int:
    found = questions.list_sweeps(Store(parsed.store, must_exist=True))
    if parsed.project is not None:
        found = [overview for overview in found if overview.sweep.project == parsed.project]
    if parsed.json:
        say_json([overview_facts(overview) for overview in found])
    elif not found:
        say("There are no sweeps yet.")
    else:
        headings = ("name", "status", "trials", "failed", "objective", "best", "changed")
        show_table(headings, [_ls_row(overview) for overview in found])
    return 0


def _ls_row(overview: SweepOverview) -> tuple[object, ...]:
    sweep = overview.sweep
    wanted = sweep.asked().trials
    return (
        sweep.name,
        str(overview.status),
        f"{overview.ended}/{wanted if wanted is not None else '-'}",
        overview.counts.get("failed", 0),  # type: ignore[call-overload]
        str(sweep.goals()),
        sweep.best_value,
        ago(SYSTEM_CLOCK.now(), sweep.updated),
    )


def overview_facts(overview: SweepOverview) -> dict[str, Any]:
    """Put a sweep's overview into plain values."""
    sweep = overview.sweep
    return {
        "name": sweep.name,
        "status": str(overview.status),
        "objective": list(sweep.objective),
        "constraints": write_constraints(sweep.goals().constraints),
        "counts": {str(status): count for status, count in overview.counts.items()},
        "wanted": sweep.asked().trials,
        "best_trial": sweep.best_trial,
        "best_value": sweep.best_value,
        "reason": sweep.reason,
        "seed": sweep.seed,
        "function": sweep.function,
        "project": sweep.project,
        "tags": list(sweep.tags),
        "created": sweep.created,
        "updated": sweep.updated,
        "active_seconds": sweep.active_seconds,
        "gpu_seconds": sweep.gpu_seconds,
    }


def trial_facts(trial: Trial) -> dict[str, Any]:
    """Put a trial into plain values."""
    return {
        "number": trial.number,
        "status": str(trial.status),
        "value": trial.value,
        "values": trial.values,
        "params": {name: plain(value) for name, value in trial.params.items()},
        "seed": trial.seed,
        "origin": trial.origin,
        "summary": dict(trial.summary),
        "result": trial.result,
        "last_step": trial.last_step,
        "duration": trial.duration,
        "error": trial.error,
        "copied": trial.copied and asdict(trial.copied),
        "replicates": [asdict(replicate) for replicate in trial.replicates],
    }


def lineage_facts(descent: Descent) -> dict[str, Any]:
    """Put a trial's descent into plain values."""
    return {
        "trial": descent.trial,
        "parent": descent.parent,
        "step": descent.step,
        "replaced": descent.replaced,
        "changed": {name: list(values) for name, values in descent.changed.items()},
    }


def plain(value: Any) -> Any:
    """Put a hyperparameter's value into what JSON can say; an object is named."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return str(value) if isinstance(value, Reference) else value
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return stable_name(value)


def attempt_facts(trial: Trial) -> list[dict[str, Any]]:
    """Put a trial's attempts into plain values."""
    return [
        {
            "number": attempt.number,
            "status": str(attempt.status),
            "outcome": attempt.outcome and str(attempt.outcome),
            "host": attempt.host,
            "pid": attempt.pid,
            "started": attempt.started and attempt.started.isoformat(),
            "ended": attempt.ended and attempt.ended.isoformat(),
            "error": attempt.error,
        }
        for attempt in trial.attempts
    ]


def _show(parsed: argparse.Namespace) -> int:
    sweep = load(parsed.name, parsed.store)
    if parsed.trial is not None:
        return _show_trial(parsed, sweep, one_trial(sweep, parsed.trial))
    overview = sweep.overview
    trials = _ranked(sweep)[: parsed.top]
    if parsed.json:
        failures = [{"error": g.error, "trials": list(g.trials)} for g in sweep.failures()]
        top = [trial_facts(trial) for trial in trials]
        copies = [lineage_facts(descent) for descent in sweep.lineage()]
        facts = {**overview_facts(overview), "failures": failures, "top": top}
        say_json({**facts, "lineage": copies})
        return 0
    facts = overview_facts(overview)
    counts = ", ".join(f"{count} {status}" for status, count in facts["counts"].items())
    show_facts(
        [
            ("sweep", sweep.name),
            ("status", facts["status"] + (f" ({facts['reason']})" if facts["reason"] else "")),
            ("trials", f"{counts or 'none yet'} of {facts['wanted']}"),
            ("keeps", ", ".join(map(str, sweep.objective.constraints)) or "no constraints"),
            ("function", facts["function"]),
            ("seed", facts["seed"]),
            ("ran for", duration(facts["active_seconds"])),
        ]
    )
    lineage = sweep.lineage()
    for descent in lineage[-parsed.top :]:
        say(descent_line(descent))
    if len(lineage) > parsed.top:
        say(f"These are the last {parsed.top} of {len(lineage)} copies.")
    for group in sweep.failures():
        say(f"{group}; see: sweeper show {sweep.name} {group.trials[0]}")
    if trials:
        say()
        names = list(dict.fromkeys(name for trial in trials for name in trial.params))
        metric = sweep.objective.first.metric
        rows = [_trial_row(trial, names) for trial in trials]
        show_table(("trial", "status", metric, *names), rows)
    return 0


def _ranked(sweep: Sweep) -> list[Trial]:
    goal = sweep.objective.first
    return sorted(sweep.trials, key=lambda t: (t.status != "completed", -goal.score(t.value)))


def _trial_row(trial: Trial, names: list[str]) -> list[object]:
    params = [trial.params.get(name) for name in names]
    shown = [v if isinstance(v, (int, float)) or v is None else one_value(v) for v in params]
    return [trial.number, str(trial.status), trial.value, *shown]


def _show_trial(parsed: argparse.Namespace, sweep: Sweep, trial: Trial) -> int:
    lineage = ancestors(sweep.lineage(), trial.number)
    if parsed.json:
        facts = {**trial_facts(trial), "attempts": attempt_facts(trial)}
        say_json({**facts, "lineage": [lineage_facts(descent) for descent in lineage]})
        return 0
    show_facts(
        [
            ("trial", trial.number),
            ("status", str(trial.status)),
            ("value", trial.value),
            ("params", configuration(trial.params)),
            ("seed", trial.seed),
            ("steps", trial.last_step),
            ("ran for", duration(trial.duration)),
        ]
    )
    metric = sweep.objective.first.metric
    for place, one in enumerate(trial.replicates, 1):
        told = number(one.metrics.get(metric))
        say(f"replicate {place}: {metric} {told} with seed {one.seed}, up to step {one.step}")
    for descent in lineage:
        say(descent_line(descent))
    for attempt in trial.attempts:
        say(f"attempt {attempt.number}: {attempt.outcome or attempt.status}")
        if attempt.error:
            say(attempt.error)
    return 0


def one_trial(sweep: Sweep, number: int) -> Trial:
    """Give a trial by its number.

    Raises:
        SweeperError: the sweep has none of this number.
    """
    try:
        return sweep.trials[number]
    except IndexError as error:
        raise SweeperError(
            f"sweep {sweep.name!r} has no trial {number}",
            hint=f"Its trials are numbered from 0 to {len(sweep.trials) - 1}.",
        ) from error


def _best(parsed: argparse.Namespace) -> int:
    sweep = load(parsed.name, parsed.store)
    best = sweep.best_trial
    if best is None:
        unusable = sweep.overview.counts.get(TrialStatus.INFEASIBLE, 0)
        more = f", {unusable} are infeasible" if unusable else ""
        raise SweeperError(
            f"no trial of sweep {sweep.name!r} is completed{more}",
            hint="Wait for one, or resume it.",
        )
    if parsed.json:
        say_json(trial_facts(best))
        return 0
    metric = sweep.objective.first.metric
    facts: list[tuple[str, object]] = [("trial", best.number), (metric, best.value)]
    show_facts([*facts, *((name, one_value(value)) for name, value in best.params.items())])
    return 0
