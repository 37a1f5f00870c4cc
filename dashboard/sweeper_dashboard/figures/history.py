"""The history of a sweep: every trial's value, and the best so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import Goal, Mode
from sweeper_dashboard.figures.frame import Frame
from sweeper_dashboard.figures.ink import BLUE, FAINT, GREY, ORANGE, RED, blank, framed, role
from sweeper_dashboard.figures.scatter import say_sample
from sweeper_dashboard.ranking import best_of, best_places, objectives_of, thinned
from sweeper_dashboard.strips import Array

_MOST_DOTS = 1500
_MOST_FAILED = 300


class Dots(NamedTuple):
    """What is drawn of some trials, each a value of these columns."""

    numbers: Array
    statuses: Array
    values: Array

    def where(self, kept: Array) -> Dots:
        """Give those that are marked, or those at some places."""
        return Dots(*(column[kept] for column in self))


def history_figure(frame: Frame) -> go.Figure:
    """Draw values over trial numbers, failed trials on a strip below them."""
    goal = frame.goal
    every = Dots(
        frame.numbers,
        np.array(frame.trials.column("status"), dtype=object),
        frame.column("value").values,
    )
    valued = np.flatnonzero(~np.isnan(every.values))
    failed = np.flatnonzero(frame.having(TrialStatus.FAILED))
    if not valued.size:
        said = f"No trial has a value yet; {len(failed):,} failed."
        return blank(said if failed.size else "The first value will show here.")
    figure = go.Figure()
    known = set(valued.tolist())
    ordered = [place for place in best_places(frame.trials, goal) if place in known]
    dots = thinned(ordered, _MOST_DOTS)
    _add_dots(figure, every.where(dots))
    _add_best(figure, frame)
    framed(figure, x="trial", y=goal.metric)
    if failed.size:
        shown = failed[:: max(len(failed) // _MOST_FAILED, 1)]
        _add_failed(figure, frame.numbers[shown].tolist())
    _clip_outliers(figure, frame, goal)
    if len(frame.trials) < 12:
        figure.update_xaxes(dtick=1)
    figure.update_layout(showlegend=True)
    return say_sample(figure, len(dots), len(ordered))


def _add_dots(figure: go.Figure, shown: Dots) -> None:
    groups = (
        ("completed", "completed", {TrialStatus.COMPLETED}, "circle", BLUE),
        ("infeasible", "pruned", {TrialStatus.INFEASIBLE}, "x-open", GREY),
        ("pruned", "pruned", {TrialStatus.PRUNED}, "triangle-down-open", GREY),
        ("unfinished", "running", {TrialStatus.RUNNING, TrialStatus.PAUSED}, "diamond", ORANGE),
    )
    for name, meta, statuses, symbol, colour in groups:
        own = shown.where(np.array([each in statuses for each in shown.statuses], dtype=bool))
        if own.numbers.size:
            figure.add_scatter(
                x=own.numbers.tolist(),
                y=own.values.tolist(),
                customdata=own.numbers.tolist(),
                mode="markers",
                name=name,
                meta=role(meta),
                marker={"symbol": symbol, "size": 6, "color": colour, "opacity": 0.65},
                hovertemplate=f"trial %{{x}}<br>{name}: %{{y:.6g}}<extra></extra>",
            )


def _add_best(figure: go.Figure, frame: Frame) -> None:
    best = best_of(frame.trials, frame.goal)
    if not best:
        return
    last = int(frame.numbers[-1])
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


def _add_failed(figure: go.Figure, failed: Sequence[int]) -> None:
    figure.add_scatter(
        x=failed,
        y=[0] * len(failed),
        customdata=failed,
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


def _clip_outliers(figure: go.Figure, frame: Frame, goal: Goal) -> None:
    """Begin at the completed trials' range where worse values would flatten them."""
    every = frame.column("value").values
    ended = objectives_of(frame.trials)
    ended = np.sort(ended[~np.isnan(ended)]).tolist()
    if len(ended) < 20:
        return
    kept = int(len(ended) * 0.97)
    low, high = (ended[0], ended[kept]) if goal.mode is Mode.MIN else (ended[-kept - 1], ended[-1])
    pad = (high - low) * 0.08
    room = (high - low) * 0.6
    if pad <= 0 or np.nanmax(every) - np.nanmin(every) < 2 * (high - low):
        return
    view = [low - pad, high + room] if goal.mode is Mode.MIN else [low - room, high + pad]
    figure.update_layout(yaxis={"range": view})
