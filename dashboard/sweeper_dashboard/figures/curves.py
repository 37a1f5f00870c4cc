"""Learning curves: a metric over steps, the best trials in front of the others."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from sweeper.model.sweep import SweepOverview
from sweeper.model.trial import TrialRecord
from sweeper.store.questions import Curve
from sweeper_dashboard.figures.ink import FAINT, LINES, RED, blank, framed, role
from sweeper_dashboard.figures.thinning import lean
from sweeper_dashboard.ranking import best_first

_IN_FRONT = 4


def curves_figure(
    overview: SweepOverview,
    trials: Sequence[TrialRecord],
    curves: Sequence[Curve],
    metric: str | None = None,
) -> go.Figure:
    """Draw curves of one metric; the objective's unless told otherwise."""
    goal = overview.sweep.goals().first
    if not curves:
        return blank("Curves show here once trials report.")
    places = {trial.number: place for place, trial in enumerate(best_first(trials, goal))}
    ordered = sorted(curves, key=lambda curve: places.get(curve.trial, len(places)))
    figure = go.Figure()
    _add_rest(figure, ordered[_IN_FRONT:])
    for place in reversed(range(min(_IN_FRONT, len(ordered)))):
        best = ordered[place].trial == overview.sweep.best_trial
        _add_front(figure, ordered[place], place, best=best)
    framed(figure, x="step", y=metric or goal.metric)
    figure.update_layout(showlegend=True, legend={"traceorder": "reversed"})
    return figure


def _add_rest(figure: go.Figure, curves: Sequence[Curve]) -> None:
    if not curves:
        return
    steps: list[float | None] = []
    values: list[float | None] = []
    numbers: list[int | None] = []
    for curve in curves:
        kept_steps, kept_values = lean(curve.steps, curve.values, 200)
        # A gap parts one curve from the next within a single trace.
        steps += [*kept_steps, None]
        values += [*kept_values, None]
        numbers += [*([curve.trial] * len(kept_steps)), None]
    figure.add_scatter(
        x=steps,
        y=values,
        customdata=numbers,
        mode="lines",
        connectgaps=False,
        name=f"{len(curves)} more",
        meta=role("rest"),
        line={"width": 1, "color": FAINT},
        hovertemplate="trial %{customdata}, step %{x}: %{y:.6g}<extra></extra>",
    )


def _add_front(figure: go.Figure, curve: Curve, place: int, *, best: bool) -> None:
    steps, values = lean(curve.steps, curve.values, 600)
    figure.add_scatter(
        x=steps,
        y=[None if value is None or math.isnan(value) else value for value in values],
        customdata=[curve.trial] * len(steps),
        mode="lines+markers" if len(steps) < 3 else "lines",
        name=f"trial {curve.trial}" + (" (best)" if best else ""),
        meta=role("best" if best else f"front{place + 1}"),
        line={"width": 3 if best else 1.8, "color": RED if best else LINES[place]},
        hovertemplate="trial %{customdata}, step %{x}: %{y:.6g}<extra></extra>",
    )
