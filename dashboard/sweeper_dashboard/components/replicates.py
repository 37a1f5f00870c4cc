"""The replicates of a trial: what its configuration gave with each seed, and how far apart."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, stdev
from typing import Any

from dash import html

from sweeper.model.replicate import Replicate
from sweeper_dashboard import reading


def replicates_table(replicates: Sequence[Replicate], metrics: Sequence[str]) -> Any:
    """Lay out the runs that have ended, their objectives, the means and standard deviations."""
    heads = ["", "Seed", "Up to step", *metrics]
    rows = [
        _row(str(place), [str(one.seed), reading.number(one.step)], _told(one, metrics))
        for place, one in enumerate(replicates, 1)
    ]
    told = [[one.metrics[metric] for one in replicates] for metric in metrics]
    rows.append(_row("Mean", ["", ""], [fmean(values) for values in told]))
    if len(replicates) > 1:
        rows.append(_row("Standard deviation", ["", ""], [stdev(values) for values in told]))
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


def _told(one: Replicate, metrics: Sequence[str]) -> list[float]:
    return [one.metrics[metric] for metric in metrics]


def _row(head: str, facts: Sequence[str], values: Sequence[float]) -> Any:
    cells = [*facts, *(reading.number(value, 5) for value in values)]
    return html.Tr([html.Th(head, scope="row"), *(html.Td(cell) for cell in cells)])
