"""The parameters of a trial beside the best trial's, and the call that runs it again."""

from __future__ import annotations

from typing import Any

from dash import html

from sweeper.model.encoding import Json
from sweeper.model.sweep import SweepRecord
from sweeper.model.trial import TrialRecord
from sweeper_dashboard import reading


def parameters_table(sweep: SweepRecord, trial: TrialRecord, best: TrialRecord | None) -> Any:
    """Lay out each parameter, its value here and in the best trial."""
    compared = best is not None and best.number != trial.number
    heads = ["Parameter", "This trial"]
    if best is not None and compared:
        heads.append(f"Best (trial {best.number})")
    rows = [
        _row(name, value, best if compared else None, fixed=name in sweep.space["fixed"])
        for name, value in trial.params.items()
    ]
    if not rows:
        return html.P("This trial has no parameters.", className="soft")
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


def _row(name: str, value: Json, best: TrialRecord | None, *, fixed: bool) -> Any:
    mark = [html.Span("fixed", className="tag")] if fixed else []
    cells = [
        html.Th([html.Span(name), *mark], scope="row"),
        html.Td(reading.words(value), title=reading.code(value)),
    ]
    if best is None:
        return html.Tr(cells)
    missing = name not in best.params
    other = best.params.get(name)
    same = not missing and other == value
    cells.append(
        html.Td(
            reading.MISSING if missing else reading.words(other),
            title="" if missing else reading.code(other),
        )
    )
    return html.Tr(cells, className="same" if same else "differs")


def call_line(sweep: SweepRecord, trial: TrialRecord) -> Any:
    """Show the line of Python that runs these parameters again."""
    return html.Div(
        className="call",
        children=[
            html.Pre(html.Code(call_of(sweep, trial), id="call"), className="code"),
            html.Button("Copy", className="button copy", **{"data-copies": "call"}),
        ],
    )


def call_of(sweep: SweepRecord, trial: TrialRecord) -> str:
    """Write the call of the training function with a trial's parameters."""
    function = sweep.function.rpartition(":")[2].rpartition(".")[2] or "train"
    named = {name: reading.code(value) for name, value in trial.params.items()}
    if all(name.isidentifier() for name in named):
        given = ", ".join(f"{name}={value}" for name, value in named.items())
    else:
        given = "**{" + ", ".join(f"{name!r}: {value}" for name, value in named.items()) + "}"
    return f"{function}({given})"
