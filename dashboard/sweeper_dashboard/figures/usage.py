"""What the attempts of a trial used of their machine over time: processors, memory and GPUs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from sweeper.model.trial import AttemptRecord
from sweeper_dashboard.figures.ink import KINDS, about, blank, framed, kind_role

_ROW_PIXELS = 190
_MEGA, _GIGA = 1e6, 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauged:
    """One thing that is measured: its title, the unit of a hover text, and what divides it."""

    title: str
    unit: str
    divisor: float = 1.0


_CORES = Gauged(title="processors in use", unit="cores")
_BUSY = Gauged(title="GPUs busy (%)", unit="%")
_NAMES = {
    "cores": "processors",
    "memory_bytes": "memory",
    "gpu_percent": "GPUs",
    "gpu_memory_bytes": "GPU memory",
}


def usage_figure(attempts: Sequence[AttemptRecord], columns: int = 2) -> go.Figure:
    """Draw what each attempt used over the seconds of its run, a line for each attempt."""
    sampled = [(each.number, over) for each in attempts if (over := over_time(each))]
    names = [name for name in _NAMES if any(name in over for _, over in sampled)]
    if not names:
        return blank("Nothing was sampled of this trial.").update_layout(height=120)
    gauged = {name: _gauged(name, sampled) for name in names}
    rows = -(-len(names) // min(max(columns, 1), len(names)))
    columns = -(-len(names) // rows)
    figure = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=[gauged[name].title for name in names],
        vertical_spacing=0.0 if rows == 1 else min(0.28 / (rows - 1), 0.34 / rows),
        horizontal_spacing=0.1,
    )
    for place, name in enumerate(names):
        cell = {"row": place // columns + 1, "col": place % columns + 1}
        for number, over in sampled:
            if name in over:
                _add_line(figure, number, (over["seconds"], over[name]), gauged[name], cell)
    framed(figure)
    figure.update_xaxes(title={"text": "seconds", "standoff": 4}, row=rows)
    figure.update_yaxes(rangemode="tozero")
    figure.update_annotations(font={"size": 12})
    several = len(sampled) > 1
    figure.update_layout(
        height=_ROW_PIXELS * rows + (90 if several else 60),
        margin={"t": 56 if several else 28},
        showlegend=several,
    )
    if several:
        figure.update_layout(legend={"y": 1.1})
    return figure


def over_time(attempt: AttemptRecord) -> dict[str, list[Any]]:
    """Give the samples of an attempt as columns of one length; empty where there are none."""
    found = (attempt.usage or {}).get("over_time")
    if not isinstance(found, dict) or not isinstance(found.get("seconds"), list):
        return {}
    length = len(found["seconds"])
    known = ("seconds", *_NAMES)
    return {
        name: column
        for name in known
        if isinstance(column := found.get(name), list) and len(column) == length and length
    }


def _gauged(name: str, sampled: Sequence[tuple[int, dict[str, list[Any]]]]) -> Gauged:
    if not name.endswith("bytes"):
        return _CORES if name == "cores" else _BUSY
    most = max(value or 0 for _, over in sampled for value in over.get(name, ()))
    unit, divisor = ("GB", _GIGA) if most >= _GIGA else ("MB", _MEGA)
    return Gauged(title=f"{_NAMES[name]} ({unit})", unit=unit, divisor=divisor)


def _add_line(
    figure: go.Figure,
    number: int,
    samples: tuple[list[Any], list[Any]],
    gauged: Gauged,
    cell: dict[str, int],
) -> None:
    seconds, values = samples
    place = number - 1
    figure.add_scatter(
        x=seconds,
        y=[None if value is None else value / gauged.divisor for value in values],
        mode="lines+markers" if len(seconds) < 40 else "lines",
        name=f"attempt {number}",
        legendgroup=str(number),
        showlegend=cell == {"row": 1, "col": 1},
        meta=about(kind_role(place), gauged.title),
        line={"width": 2, "color": KINDS[place % len(KINDS)]},
        marker={"size": 4},
        hovertemplate=f"after %{{x:.4g}} s: %{{y:.4g}} {gauged.unit}"
        f"<extra>attempt {number}</extra>",
        **cell,
    )
