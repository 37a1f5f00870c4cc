"""The lineage of a trial: whose checkpoints led to it, and which trials were copied from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from sweeper.model.lineage import Descent, ancestors
from sweeper_dashboard import reading
from sweeper_dashboard.addresses import trial_address


def lineage_list(sweep: str, number: int, lineage: Sequence[Descent]) -> Any:
    """Lay out the copies that led to a trial, its own first, and those made of it."""
    led = ancestors(lineage, number)
    made = [descent for descent in lineage if descent.parent == number]
    came = [descent for descent in lineage if descent.replaced == number]
    rows = [_row(sweep, "From", descent, descent.parent) for descent in led]
    rows += [_row(sweep, "Copied to", descent, descent.trial) for descent in made]
    rows += [_row(sweep, "Replaced by", descent, descent.trial) for descent in came]
    heads = ["", "Trial", "Step", "In the place of", "What was changed"]
    return html.Div(
        className="wide",
        children=html.Table(
            className="facts lineage",
            children=[
                html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])),
                html.Tbody(rows),
            ],
        ),
    )


def is_related(number: int, lineage: Sequence[Descent]) -> bool:
    """Tell whether a trial is a copy, or was copied or replaced."""
    return any(number in (one.trial, one.parent, one.replaced) for one in lineage)


def _row(sweep: str, how: str, descent: Descent, shown: int) -> Any:
    changes = [
        f"{name}: {_written(before)} → {_written(after)}"
        for name, (before, after) in descent.changed.items()
    ]
    return html.Tr(
        [
            html.Th(how, scope="row"),
            html.Td(dcc.Link(str(shown), href=trial_address(sweep, shown))),
            html.Td(reading.number(descent.step)),
            html.Td(dcc.Link(str(descent.replaced), href=trial_address(sweep, descent.replaced))),
            html.Td(", ".join(changes) or "nothing", className="soft"),
        ]
    )


def _written(value: Any) -> str:
    return "none" if value is None else reading.words(value)
