"""The history of a sweep: every trial's value, and the best so far."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import Goal, Mode
from sweeper.model.sweep import SweepOverview
from sweeper.model.trial import TrialRecord
from sweeper_dashboard.figures.ink import BLUE, FAINT, GREY, ORANGE, RED, blank, framed, role
from sweeper_dashboard.ranking import best_first, best_so_far, objective_of, shown_value, thinned

_MOST_DOTS = 1500
_MOST_FAILED = 300


def history_figure(overview: SweepOverview, trials: Sequence[TrialRecord]) -> go.Figure:
    """Draw values over trial numbers, failed trials on a strip below them."""
    goal = overview.sweep.goals().first
    valued = [trial for trial in trials if shown_value(trial, goal) is not None]
    failed = [trial for trial in trials if trial.status is TrialStatus.FAILED]
    if not valued:
        said = f"No trial has a value yet; {len(failed):,} failed."
        return blank(said if failed else "The first value will show here.")
    figure = go.Figure()
    _add_dots(figure, thinned(best_first(valued, goal), _MOST_DOTS), goal)
    _add_best(figure, trials, goal)
    framed(figure, x="trial", y=goal.metric)
    if failed:
        _add_failed(figure, failed[:: max(len(failed) // _MOST_FAILED, 1)])
    _clip_outliers(figure, valued, goal)
    if len(trials) < 12:
        figure.update_xaxes(dtick=1)
    figure.update_layout(showlegend=True)
    return figure


def _add_dots(figure: go.Figure, shown: Sequence[TrialRecord], goal: Goal) -> None:
    groups = (
        ("completed", "completed", {TrialStatus.COMPLETED}, "circle", BLUE),
        ("infeasible", "pruned", {TrialStatus.INFEASIBLE}, "x-open", GREY),
        ("pruned", "pruned", {TrialStatus.PRUNED}, "triangle-down-open", GREY),
        ("unfinished", "running", {TrialStatus.RUNNING, TrialStatus.PAUSED}, "diamond", ORANGE),
    )
    for name, meta, statuses, symbol, colour in groups:
        of_group = [trial for trial in shown if trial.status in statuses]
        if of_group:
            figure.add_scatter(
                x=[trial.number for trial in of_group],
                y=[shown_value(trial, goal) for trial in of_group],
                customdata=[trial.number for trial in of_group],
                mode="markers",
                name=name,
                meta=role(meta),
                marker={"symbol": symbol, "size": 6, "color": colour, "opacity": 0.65},
                hovertemplate=f"trial %{{x}}<br>{name}: %{{y:.6g}}<extra></extra>",
            )


def _add_best(figure: go.Figure, trials: Sequence[TrialRecord], goal: Goal) -> None:
    best = best_so_far(trials, goal)
    if not best:
        return
    last = max(trial.number for trial in trials)
    ends = [*best, (last, best[-1][1])] if last != best[-1][0] else best
    figure.add_scatter(
        x=[number for number, _ in ends],
        y=[value for _, value in ends],
        customdata=[number for number, _ in best] + [best[-1][0]] * (len(ends) - len(best)),
        mode="lines+markers" if len(best) < 60 else "lines",
        name="best so far",
        meta=role("best"),
        line={"shape": "hv", "width": 3, "color": RED},
        marker={"size": 7, "color": RED},
        hovertemplate="best from trial %{customdata}: %{y:.6g}<extra></extra>",
    )


def _add_failed(figure: go.Figure, failed: Sequence[TrialRecord]) -> None:
    figure.add_scatter(
        x=[trial.number for trial in failed],
        y=[0] * len(failed),
        customdata=[trial.number for trial in failed],
        yaxis="y2",
        mode="markers",
        name="failed",
        meta=role("failed"),
        marker={"symbol": "line-ns-open", "size": 9, "color": RED, "opacity": 0.7},
        hovertemplate="trial %{x} failed<extra></extra>",
    )
    figure.update_layout(
        yaxis={"domain": [0.12, 1]},
        xaxis={"anchor": "y2"},
        yaxis2={
            "domain": [0, 0.07],
            "range": [-1, 1],
            "fixedrange": True,
            "tickvals": [0],
            "ticktext": ["failed"],
            "showgrid": False,
            "zeroline": True,
            "zerolinecolor": FAINT,
        },
    )


def _clip_outliers(figure: go.Figure, valued: Sequence[TrialRecord], goal: Goal) -> None:
    """Begin at the completed trials' range where worse values would flatten them."""
    every = [value for trial in valued if (value := shown_value(trial, goal)) is not None]
    ended = sorted(v for t in valued if (v := objective_of(t)) is not None)
    if len(ended) < 20:
        return
    kept = int(len(ended) * 0.97)
    low, high = (ended[0], ended[kept]) if goal.mode is Mode.MIN else (ended[-kept - 1], ended[-1])
    pad = (high - low) * 0.08
    room = (high - low) * 0.6
    if pad <= 0 or max(every) - min(every) < 2 * (high - low):
        return
    view = [low - pad, high + room] if goal.mode is Mode.MIN else [low - room, high + pad]
    figure.update_layout(yaxis={"range": view})
