"""The page on which two to eight trials stand side by side: what differs, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html

from sweeper.errors import SweepNotFound
from sweeper.store import questions
from sweeper_dashboard import reading
from sweeper_dashboard.addresses import sides_of, sweep_address, trial_address
from sweeper_dashboard.components.pieces import empty, graph, panel
from sweeper_dashboard.desk import Desk
from sweeper_dashboard.differences import (
    Row,
    Side,
    code_difference,
    parameter_rows,
    result_rows,
    surrounding_rows,
)

MOST_SIDES = 8


def diff_page(desk: Desk, state: Mapping[str, str]) -> Any:
    """Lay out the trials that an address names, as of=digits:3,digits:best.

    Raises:
        SweepNotFound: a sweep or a trial is not there.
    """
    of = state.get("of", "")
    sides = sides_at(desk, of)
    return html.Section(
        className="page",
        children=[html.H1("Diff", className="page-title"), *_body(sides)],
        **{"data-page": "diff", "data-of": of},
    )


def sides_at(desk: Desk, of: str) -> list[Side]:
    """Read the trials that an address names, eight at most.

    Raises:
        SweepNotFound: a sweep or a trial is not there.
    """
    return [_side(desk, name, number) for name, number in sides_of(of)[:MOST_SIDES]]


def _side(desk: Desk, name: str, number: int | None) -> Side:
    found = questions.find_compared(desk.store, name, number)
    if found is None:
        raise SweepNotFound(
            f"sweep {name} has no {'best trial yet' if number is None else f'trial {number}'}",
            hint="Name a trial by its number, as in of=digits:3.",
        )
    curves = questions.trial_metrics(desk.store, found.sweep.id, found.trial.number)
    return Side(sweep=found.sweep, trial=found.trial, attempt=found.attempt, curves=curves)


def _body(sides: Sequence[Side]) -> list[Any]:
    if len(sides) < 2:
        how = "Pick trials in the table of a sweep or in its figures, and choose Diff."
        return [empty("A diff needs two trials", html.P(how))]
    groups = (
        ("Parameters", parameter_rows(sides)),
        ("Results", result_rows(sides)),
        ("Surroundings", surrounding_rows(sides)),
    )
    return [
        panel("What differs", [_table(sides, groups), _same(sides, groups)]),
        panel("Curves", graph("beside", "The curves of these trials together", "graph-tall")),
        panel("Code", _code(sides)),
    ]


def _table(sides: Sequence[Side], groups: Sequence[tuple[str, list[Row]]]) -> Any:
    parts = []
    for title, rows in groups:
        differing = [row for row in rows if row.differs]
        if differing:
            span = {"colSpan": len(sides) + 1, "scope": "colgroup"}
            parts.append(html.Tr(html.Th(title, className="diff-group", **span)))
            parts += [_line(row) for row in differing]
    if not parts:
        parts = [html.Tr(html.Td("These trials are the same in everything that is recorded."))]
    return html.Div(
        html.Table([html.Thead(_heads(sides)), html.Tbody(parts)], className="facts diff"),
        className="wide",
        tabIndex=0,
        **{"aria-label": "What differs", "role": "region"},
    )


def _heads(sides: Sequence[Side]) -> Any:
    several = len({side.sweep.id for side in sides}) > 1
    heads = [html.Th("", scope="col")]
    for place, side in enumerate(sides):
        marks = [html.Span(className=f"swatch swatch-{place}", **{"aria-hidden": "true"})]
        address = trial_address(side.sweep.name, side.trial.number)
        marks.append(dcc.Link(f"trial {side.trial.number}", href=address))
        if side.trial.number == side.sweep.best_trial:
            marks.append(html.Span("best", className="tag"))
        if several:
            of = sweep_address(side.sweep.name)
            marks.append(html.Div(dcc.Link(side.sweep.name, href=of), className="diff-of"))
        heads.append(html.Th(marks, scope="col"))
    return html.Tr(heads)


def _line(row: Row) -> Any:
    exact = row.exact or row.texts
    # Of two, each differs from the other: that says nothing.
    marks = len(exact) > 2
    cells = [
        html.Td(text, className="odd" if marks and whole != exact[0] else "", title=whole)
        for text, whole in zip(row.texts, exact, strict=True)
    ]
    return html.Tr([html.Th(row.name, scope="row"), *cells])


def _same(sides: Sequence[Side], groups: Sequence[tuple[str, list[Row]]]) -> Any:
    """Fold away what all have in common, the packages of one sweep aside."""
    rows = [row for _, rows in groups for row in rows if not row.differs]
    shown = [row for row in rows if row.texts[0] != reading.MISSING]
    if not shown:
        return html.Div()
    lines = [html.Tr([html.Th(row.name, scope="row"), html.Td(row.texts[0])]) for row in shown]
    every = "both" if len(sides) == 2 else f"all {len(sides)}"
    said = f"{len(shown)} values are the same in {every} trials"
    table = html.Div(html.Table(html.Tbody(lines), className="facts same-facts"), className="wide")
    return html.Details([html.Summary(said), table], className="same-part")


def _code(sides: Sequence[Side]) -> Any:
    sweeps = list({side.sweep.id: side.sweep for side in sides}.values())
    if len(sweeps) == 1:
        return html.P("All of these trials ran the code of one sweep.", className="soft")
    parts: list[Any] = []
    for other in sweeps[1:]:
        commits = [str(s.provenance.get("commit") or "unknown")[:12] for s in (sweeps[0], other)]
        said = (
            f"Both at commit {commits[0]}."
            if commits[0] == commits[1]
            else f"Commit {commits[0]} became {commits[1]}."
        )
        found = code_difference(sweeps[0], other)
        said += " Uncommitted changes: " + ("the same." if found is None else "")
        parts.append(html.P(f"{sweeps[0].name} → {other.name}: {said}", className="soft"))
        if found:
            parts.append(
                html.Pre(
                    [_coloured(line) for line in found.splitlines()], className="code diff-code"
                )
            )
    return parts


def _coloured(line: str) -> Any:
    kind = {"+": "added", "-": "removed", "@": "place"}.get(line[:1], "kept")
    return html.Span(f"{line}\n", className=f"diff-{kind}")
