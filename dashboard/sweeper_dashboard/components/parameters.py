"""The parameters of a trial beside the baseline's and the best trial's, and its call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from sweeper.model.encoding import Json
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.sweep import SweepRecord
from sweeper.model.trial import TrialRecord
from sweeper_dashboard import reading
from sweeper_dashboard.addresses import trial_address
from sweeper_dashboard.mirror import View


def best_trial(view: View) -> Any:
    """Lay out the best trial's parameters beside the baseline's."""
    sweep = view.overview.sweep
    best = next((trial for trial in view.trials if trial.number == sweep.best_trial), None)
    if best is None:
        return html.P("No trial has completed with a value yet.", className="soft")
    baseline = [("Baseline", trial) for trial in view.trials if trial.origin == "baseline"]
    address = trial_address(sweep.name, best.number)
    reached = f" reached {reading.number(sweep.best_value, 5)}"
    return [
        html.P([dcc.Link(f"Trial {best.number}", href=address), reached], className="best-line"),
        parameters_table(sweep, best, baseline[:1], here="Best"),
    ]


def parameters_table(
    sweep: SweepRecord,
    trial: TrialRecord,
    others: Sequence[tuple[str, TrialRecord]],
    here: str = "This trial",
) -> Any:
    """Lay out each parameter: its value here, and in other trials under their headings."""
    compared = [(label, other) for label, other in others if other.number != trial.number]
    names = list(trial.params)
    names += [n for _, other in compared for n in other.params if n not in names]
    if not names:
        return html.P("This trial has no parameters.", className="soft")
    goals = range(len(sweep.goals().goals))
    heads: list[Any] = ["Parameter", here]
    for label, other in compared:
        address = trial_address(sweep.name, other.number)
        heads.append(dcc.Link(f"{label} (trial {other.number})", href=address))
    results = [_result(sweep, place, [trial, *(o for _, o in compared)]) for place in goals]
    rows = results + [
        _row(name, trial, [other for _, other in compared], fixed=name in sweep.space["fixed"])
        for name in dict.fromkeys(names)
    ]
    return html.Div(
        className="wide",
        children=html.Table(
            className="facts",
            children=[
                html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])),
                html.Tbody(rows),
            ],
        ),
    )


def _result(sweep: SweepRecord, place: int, trials: Sequence[TrialRecord]) -> Any:
    """Show what each trial reached in one of the objectives."""
    metric = sweep.goals().metrics[place]
    head = html.Th([html.Span(metric), html.Span("objective", className="tag")], scope="row")
    return html.Tr([head, *(_reached(each, place, metric) for each in trials)], className="result")


def _reached(trial: TrialRecord, place: int, metric: str) -> Any:
    value: float | None
    if trial.values is not None and place < len(trial.values):
        value = trial.values[place]
    elif place == 0 and trial.value is not None:
        value = trial.value
    else:
        value = trial.summary.get(metric, {}).get("last")
    cut = trial.status is TrialStatus.PRUNED and value is not None
    marks = [html.Span(f"pruned at step {trial.last_step:,}", className="tag")] if cut else []
    return html.Td([html.Span(reading.number(value, 5)), *marks], title=str(value))


def _row(name: str, trial: TrialRecord, others: Sequence[TrialRecord], *, fixed: bool) -> Any:
    mark = [html.Span("fixed", className="tag")] if fixed else []
    cells = [html.Th([html.Span(name), *mark], scope="row"), _cell(trial, name, same=None)]
    for other in others:
        same = (name in other.params) == (name in trial.params)
        cells.append(
            _cell(other, name, same=same and other.params.get(name) == trial.params.get(name))
        )
    return html.Tr(cells)


def _cell(trial: TrialRecord, name: str, *, same: bool | None) -> Any:
    shown = "" if same is None else "same" if same else "differs"
    if name not in trial.params:
        return html.Td(reading.MISSING, className=shown)
    value: Json = trial.params[name]
    return html.Td(reading.words(value), title=reading.code(value), className=shown)


def call_line(sweep: SweepRecord, trial: TrialRecord) -> Any:
    """Show the lines of Python that run these parameters again."""
    lines = "\n".join(line for line in (import_of(sweep), call_of(sweep, trial)) if line)
    return html.Div(
        className="call",
        children=[
            html.Pre(html.Code(lines, id="call"), className="code"),
            html.Button("Copy", className="button copy", **{"data-copies": "call"}),
        ],
    )


def import_of(sweep: SweepRecord) -> str | None:
    """Write how the training function is imported; None where it lives in no module."""
    place, _, name = sweep.function.rpartition(":")
    importable = name.isidentifier() and all(part.isidentifier() for part in place.split("."))
    return f"from {place} import {name}" if importable and place != "__main__" else None


def call_of(sweep: SweepRecord, trial: TrialRecord) -> str:
    """Write the call of the training function with a trial's parameters."""
    function = sweep.function.rpartition(":")[2].rpartition(".")[2] or "train"
    named = {name: reading.code(value) for name, value in trial.params.items()}
    if all(name.isidentifier() for name in named):
        given = ", ".join(f"{name}={value}" for name, value in named.items())
    else:
        given = "**{" + ", ".join(f"{name!r}: {value}" for name, value in named.items()) + "}"
    return f"{function}({given})"
