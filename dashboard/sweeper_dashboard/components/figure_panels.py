"""The panels of the Compare page: a head with room for controls, a figure, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from sweeper_dashboard.components.pieces import empty, graph, panel
from sweeper_dashboard.mirror import View
from sweeper_dashboard.payload import axes

_FIGURES = {
    "curves": ("Learning curves", "What the trials reported, the best in front"),
    "scatter": ("Scatter", "A dot for each trial, of any two of its values"),
    "importance": ("Importance", "How much each parameter matters, and which way"),
    "contour": ("Contour", "The objective over two parameters, in fixed bins"),
    "distribution": ("Distribution", "How many trials came to which result"),
    "pareto": ("Pareto front", "The trials that none beats in all objectives"),
    "rungs": ("Rungs", "Who was stopped where, and what harsher pruning would have done"),
    "slice": ("Slices", "The objective against each parameter"),
    "timeline": ("Timeline", "The attempts of each worker: who was busy, who was lost"),
}
_WIDE = frozenset({"slice", "timeline"})


def figure_panels(view: View) -> list[Any]:
    """Lay out all figures that suit a sweep; a script fills them."""
    kinds = [kind for kind in _FIGURES if _suits(kind, view)]
    return [
        html.Div(
            className="figures-empty",
            children=empty(
                "No trials yet", html.P("Figures show here once the first one reports.")
            ),
        ),
        _contents(["lines", *kinds]),
        _lines(len(axes(view.overview))),
        html.Div(
            # Without a front, the rungs stand beside the distribution.
            [_figure(kind, wide=kind == "rungs" and "pareto" in kinds) for kind in kinds],
            className="cards-of-figures",
        ),
    ]


def _suits(kind: str, view: View) -> bool:
    several = len(view.overview.sweep.goals().goals) > 1
    pruned = view.overview.sweep.options.get("scheduler") is not None
    plane = len(view.overview.sweep.space["parameters"]) > 1
    return {"pareto": several, "rungs": pruned or not several, "contour": plane}.get(kind, True)


def _contents(kinds: Sequence[str]) -> Any:
    titles = {"lines": "Parallel coordinates", **{k: title for k, (title, _) in _FIGURES.items()}}
    buttons = [html.Button(titles[kind], className="jump", **{"data-jump": kind}) for kind in kinds]
    diff = html.Button("Diff the best four", id="diff-chosen", className="button jump-diff")
    report = html.Button("Report", id="report", className="button jump-report")
    return html.Nav(
        [*buttons, diff, report], className="jumps", **{"aria-label": "Figures of this page"}
    )


def _figure(kind: str, *, wide: bool) -> Any:
    title, described = _FIGURES[kind]
    note = html.P(className="graph-note", hidden=True)
    body = [graph(f"fig-{kind}", described, f"graph-{kind}"), note]
    made = panel(title, body, mark=f"panel-figure {'panel-wide' if wide or kind in _WIDE else ''}")
    return html.Div(made, className="card-of-figure", **{"data-card-of": kind})


def _lines(count: int) -> Any:
    body = html.Div(
        [
            html.Div(
                html.Div(className="lines-wide", style={"minWidth": f"{(count + 1) * 84}px"}),
                id="lines",
                className="lines",
                role="group",
                tabIndex=0,
                **{"aria-label": "Parallel coordinates", "data-axes": count},
            ),
            html.Div(id="brushes", className="brushes"),
            html.Div(id="brush-form", className="brush-form"),
        ]
    )
    made = panel("Parallel coordinates", body, mark="panel-lines")
    return html.Div(made, className="card-of-lines", **{"data-card-of": "lines"})
