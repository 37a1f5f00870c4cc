"""Learning curves: a metric over steps, time or GPU-hours, the best trials in front."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from sweeper.store.questions import Curve
from sweeper_dashboard.figures.choices import Choices
from sweeper_dashboard.figures.frame import Array, Column, Frame
from sweeper_dashboard.figures.ink import (
    FAINT,
    KINDS,
    LINEAR,
    LINES,
    LOG,
    RED,
    blank,
    faded,
    framed,
    kind_role,
    noted,
    plain,
    role,
)
from sweeper_dashboard.figures.strands import Along, Strand, band, joined, strand
from sweeper_dashboard.strips import cells

_IN_FRONT = 4
_SHADES = 7
_POINTS = 60_000
_OF_ONE = "trial %{customdata}, step %{x}: %{y:.6g}<extra></extra>"
_AT = "trial %{customdata}, %{x:.4g}: %{y:.6g}<extra></extra>"


def curves_figure(
    frame: Frame, curves: Sequence[Curve], choices: Choices | None = None
) -> go.Figure:
    """Draw curves of one metric; with a group, a mean and its band for each of its values.

    Args:
        frame: the trials that the curves belong to.
        curves: the curves that may be drawn.
        choices: metric, x, color, group, top, smooth, log_x, log_y.
    """
    wanted = choices or Choices()
    places = {number: place for place, number in enumerate(frame.numbers[frame.best_first()])}
    known = [curve for curve in curves if curve.trial in places and curve.steps]
    if not known:
        return blank("No trial has reported this yet.")
    ordered = sorted(known, key=lambda curve: places[curve.trial])
    along = along_of(frame, wanted)
    most = max(min(_POINTS // len(ordered), 600), 20)
    strands = [strand(each, along, smooth=wanted.smooth, most=most) for each in ordered]
    figure = go.Figure()
    if wanted.group:
        _add_groups(figure, frame.column(wanted.group), frame.numbers, strands)
    elif wanted.color:
        _add_coloured(figure, frame.column(wanted.color), frame.numbers, strands)
    else:
        _add_ranked(figure, frame, strands, along)
    framed(figure, x=along.title, y=wanted.metric or frame.goal.metric)
    figure.update_xaxes(**LOG if wanted.log_x else LINEAR)
    figure.update_yaxes(**LOG if wanted.log_y else LINEAR)
    figure.update_layout(showlegend=True, hovermode="x" if wanted.group else "closest")
    return figure


def along_of(frame: Frame, choices: Choices) -> Along:
    """Say what curves are drawn against."""
    resources = frame.overview.sweep.options.get("resources") or {}
    return Along(
        what=choices.x or "step",
        began=dict(
            zip(frame.trials.column("number"), cells(frame.trials.column("started")), strict=True)
        ),
        gpus=float(resources.get("gpus") or 0.0),
    )


def _add_ranked(figure: go.Figure, frame: Frame, strands: Sequence[Strand], along: Along) -> None:
    front, rest = strands[:_IN_FRONT], strands[_IN_FRONT:]
    shown = _OF_ONE if along.what == "step" else _AT
    if rest:
        figure.add_scatter(
            **joined(rest),
            name=f"{len(rest):,} more",
            meta=role("rest"),
            line={"width": 1, "color": FAINT},
            hovertemplate=shown,
        )
    for place in reversed(range(len(front))):
        each = front[place]
        best = each.trial == frame.overview.sweep.best_trial
        figure.add_scatter(
            x=each.x,
            y=each.y,
            customdata=np.full(len(each.x), each.trial, dtype=np.int32),
            mode="lines+markers" if len(each.x) < 3 else "lines",
            name=f"trial {each.trial}" + (" (best)" if best else ""),
            meta=role("best" if best else f"front{place + 1}"),
            line={"width": 3 if best else 1.8, "color": RED if best else LINES[place]},
            hovertemplate=shown,
        )
    figure.update_layout(legend={"traceorder": "reversed"})


def _parts(column: Column, numbers: Array, strands: Sequence[Strand]) -> list[dict[str, Any]]:
    """Part strands by a column: by its options, or by stretches that hold as many each."""
    value = dict(zip(numbers.tolist(), column.values, strict=True))
    given = np.array([value[each.trial] for each in strands])
    if column.kind == "category" or len(np.unique(given[~np.isnan(given)])) <= _SHADES:
        return _exact_parts(column, given, strands)
    edges = np.quantile(given[~np.isnan(given)], np.linspace(0, 1, 5))
    cut = np.clip(np.searchsorted(edges, given, side="right") - 1, 0, 3)
    parts = []
    for place in range(4):
        inside = [each for each, of, v in zip(strands, cut, given) if of == place and v == v]
        label = f"{edges[place]:.3g} to {edges[place + 1]:.3g}"
        parts.append({"label": label, "strands": inside, "shade": place / 3})
    return [part for part in parts if part["strands"]]


def _exact_parts(column: Column, given: Array, strands: Sequence[Strand]) -> list[dict[str, Any]]:
    parts = []
    found = np.unique(given[~np.isnan(given)])
    for place, value in enumerate(found):
        inside = [each for each, own in zip(strands, given, strict=True) if own == value]
        category = column.kind == "category"
        label = column.options[int(value)] if category else f"{value:.4g}"
        shade = None if category else place / max(len(found) - 1, 1)
        place = int(value) if category else place
        parts.append({"label": label, "strands": inside, "shade": shade, "place": place})
    return parts


def _dress(part: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Give a part's colour, and the mark by which a page colours it for light and dark."""
    if part["shade"] is None:
        return KINDS[part["place"] % len(KINDS)], kind_role(part["place"])
    return shade_of(part["shade"]), {"role": "shade", "at": part["shade"]}


def shade_of(share: float) -> str:
    """Give a colour of viridis, from its dark end at 0 to its light one at 0.85."""
    colours = ("#440154", "#414487", "#2a788e", "#22a884", "#7ad151")
    return colours[round(share * (len(colours) - 1))]


def _add_coloured(
    figure: go.Figure, column: Column, numbers: Array, strands: Sequence[Strand]
) -> None:
    for part in _parts(column, numbers, strands):
        colour, meta = _dress(part)
        figure.add_scatter(
            **joined(part["strands"]),
            name=f"{plain(part['label'])} ({len(part['strands'])})",
            meta=meta,
            opacity=0.75,
            line={"width": 1.4, "color": colour},
            hovertemplate=f"trial %{{customdata}}, {plain(column.label)} {plain(part['label'])}"
            "<br>%{x:.6g}: %{y:.6g}<extra></extra>",
        )
    figure.update_layout(legend={"title": {"text": f"{plain(column.label)}  "}})


def _add_groups(
    figure: go.Figure, column: Column, numbers: Array, strands: Sequence[Strand]
) -> None:
    for part in _parts(column, numbers, strands):
        colour, meta = _dress(part)
        found = band(part["strands"])
        name = f"{plain(part['label'])} ({len(part['strands'])})"
        group = {"legendgroup": name, "name": name}
        ends = np.concatenate([found.mean + found.spread, (found.mean - found.spread)[::-1]])
        figure.add_scatter(
            x=np.concatenate([found.x, found.x[::-1]]).astype(np.float32),
            y=ends.astype(np.float32),
            fill="toself",
            fillcolor=faded(colour, 0.16),
            meta={**meta, "fill": 0.16},
            line={"width": 0},
            mode="lines",
            showlegend=False,
            hoverinfo="skip",
            **group,
        )
        figure.add_scatter(
            x=found.x.astype(np.float32),
            y=found.mean.astype(np.float32),
            customdata=np.stack([found.spread, found.count], axis=1),
            mode="lines+markers" if len(found.x) < 3 else "lines",
            meta=meta,
            line={"width": 2.4, "color": colour},
            hovertemplate="%{y:.5g} ± %{customdata[0]:.2g} of %{customdata[1]}",
            **group,
        )
    figure.update_layout(legend={"title": {"text": f"{plain(column.label)}  "}})
    noted(figure, "Mean and one standard deviation of the trials that reach each point.")
