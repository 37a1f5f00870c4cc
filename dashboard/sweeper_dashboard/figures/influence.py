"""Which parameters matter, and which way: PED-ANOVA importance beside rank correlation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from sweeper.model.lifecycle import TrialStatus
from sweeper_dashboard.figures.frame import Array, Column, Frame, ranks_of
from sweeper_dashboard.figures.ink import BLUE, RED, about, blank, framed, noted, plain, role

_MOST = 20
_FEWEST = 4
_IMPORTANCE = (
    "Importance (PED-ANOVA): how differently the best tenth of the completed trials is spread "
    "over a parameter than all of them are; the shares sum to 1."
)
_CORRELATION = (
    "Correlation (Spearman): whether larger values come with better results; of a category, how "
    "much its options tell the ranks apart, without a direction."
)


def importance_figure(
    frame: Frame, shares: Mapping[str, float] | None, note: str = ""
) -> go.Figure:
    """Draw each parameter's share of importance beside its correlation with the objective.

    Args:
        frame: the trials.
        shares: importance by parameter; without it only correlation is drawn.
        note: what to say of how the shares came about.
    """
    done = frame.where(frame.having(TrialStatus.COMPLETED))
    if len(done.trials) < _FEWEST or not frame.parameters:
        return blank(f"Importance needs {_FEWEST} completed trials.")
    found = correlations(done)
    known = dict(shares or {})
    order = sorted(found, key=lambda name: (known.get(name, 0.0), abs(found[name])))[-_MOST:]
    sides = [
        (found, "front3", RED, "%{y}: %{x:+.2f}<extra></extra>"),
    ]
    titles = ["correlation"]
    if shares is not None:
        sides.insert(0, (known, "completed", BLUE, "%{y}: %{x:.1%}<extra></extra>"))
        titles.insert(0, "importance")
    figure = make_subplots(
        rows=1, cols=len(sides), shared_yaxes=True, subplot_titles=titles, horizontal_spacing=0.06
    )
    labels = [plain(name) for name in order]
    for column, (values, meta, colour, told) in enumerate(sides, start=1):
        figure.add_bar(
            y=labels,
            x=[values.get(name, 0.0) for name in order],
            orientation="h",
            meta=about(role(meta), titles[column - 1]),
            marker={"color": colour},
            hovertemplate=told,
            row=1,
            col=column,
        )
    framed(figure)
    if shares is not None:
        figure.update_xaxes(tickformat=".0%", rangemode="tozero", nticks=4, row=1, col=1)
    ends: dict[str, object] = {"range": [-1.05, 1.05], "tickvals": [-1, 0, 1], "zeroline": True}
    figure.update_xaxes(**ends, row=1, col=len(sides))
    figure.update_yaxes(showgrid=False)
    figure.update_annotations(font={"size": 12})
    figure.update_layout(
        bargap=0.35, height=max(26 * len(order) + 90, 190), margin={"t": 28, "l": 110}
    )
    said = f"{_IMPORTANCE} {_CORRELATION}" if shares is not None else _CORRELATION
    return noted(figure, f"{said} {note}".strip())


def correlations(frame: Frame) -> dict[str, float]:
    """Give each parameter's rank correlation with the score: positive where more is better.

    Of a category it is the correlation ratio of the ranks, from 0 to 1, which has no sign.
    """
    values = frame.ended()
    score = -values if frame.goal.mode == "min" else values
    made = {}
    for name in frame.parameters:
        column = frame.column(name)
        both = column.known & ~np.isnan(score)
        made[column.label] = _related(column, both, score) if both.sum() >= _FEWEST else 0.0
    return made


def _related(column: Column, both: Array, score: Array) -> float:
    ranks = ranks_of(score[both])
    if column.kind != "category":
        return _pearson(ranks_of(column.values[both]), ranks)
    options, spread = column.values[both], ranks.var()
    if not spread:
        return 0.0
    between = sum(
        (options == option).sum() * (ranks[options == option].mean() - ranks.mean()) ** 2
        for option in np.unique(options)
    )
    return float(np.sqrt(between / len(ranks) / spread))


def _pearson(one: Array, other: Array) -> float:
    if not one.std() or not other.std():
        return 0.0
    return float(((one - one.mean()) * (other - other.mean())).mean() / one.std() / other.std())
