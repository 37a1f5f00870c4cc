"""The attempts of a sweep by worker: who was busy, and who was lost."""

from __future__ import annotations

import heapq
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from sweeper.model.lifecycle import AttemptStatus
from sweeper.store.spans import Span
from sweeper_dashboard.figures.ink import BLUE, GREY, ORANGE, RED, blank, framed, noted, plain, role

_MOST = 6000
_MOST_LANES = 64
_UNITS = ((86_400.0, "days"), (3_600.0, "hours"), (60.0, "minutes"), (1.0, "seconds"))

_KINDS = {
    AttemptStatus.SUCCEEDED: ("succeeded", "completed", BLUE),
    AttemptStatus.STOPPED: ("stopped early", "pruned", GREY),
    AttemptStatus.FAILED: ("failed", "failed", RED),
    AttemptStatus.LOST: ("lost", "front4", "#9b3f7a"),
    AttemptStatus.RUNNING: ("running", "running", ORANGE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One worker: its name and the attempts that it ran, one after the other."""

    name: str
    attempts: tuple[Span, ...]


def timeline_figure(attempts: Sequence[Span], now: float) -> go.Figure:
    """Draw each worker as a lane, each attempt as a bar in the colour of its end.

    Args:
        attempts: those of all trials; what has not started is left out.
        now: where running attempts end, in epoch seconds.
    """
    started = [each for each in attempts if each.started is not None]
    if not started:
        return blank("No attempt has begun yet.")
    began = min(each.started or now for each in started)
    until = max(_end(each, now) for each in started)
    lanes = sorted(lanes_of(started, now), key=lambda lane: _numbered(lane.name), reverse=True)
    shown = lanes[-_MOST_LANES:]
    size, unit = next((s, n) for s, n in _UNITS if until - began >= 2 * s or s == 1.0)
    figure = go.Figure()
    left_out = _add_bars(figure, shown, (began, size, now))
    framed(figure, x=f"{unit} since the start")
    busy = [_busy(lane, began, until, now) for lane in shown]
    figure.update_yaxes(
        tickvals=list(range(len(shown))),
        ticktext=[
            f"{plain(lane.name)}  {part:.0%}" for lane, part in zip(shown, busy, strict=True)
        ],
        range=[-0.7, len(shown) - 0.3],
        showgrid=False,
        fixedrange=len(shown) < 3,
    )
    height = min(max(22 * len(shown) + 110, 200), 1200)
    figure.update_layout(showlegend=True, height=height, margin={"l": 120})
    return _say(figure, shown, len(lanes), float(np.mean(busy)), left_out)


def _numbered(name: str) -> list[tuple[str, int]]:
    """Order names as people count: node-2 before node-10."""
    return [(text, int(number or 0)) for text, number in re.findall(r"(\D*)(\d*)", name)]


def lanes_of(attempts: Sequence[Span], now: float) -> list[Lane]:
    """Share attempts out to the workers that ran them.

    A store knows the host and the devices of an attempt. Where several attempts of one place
    overlap, they are parted into as few slots as can have run them.
    """
    places: dict[str, list[Span]] = {}
    for each in attempts:
        devices = f" gpu {','.join(each.devices)}" if each.devices else ""
        places.setdefault(f"{each.host or 'unknown'}{devices}", []).append(each)
    lanes = []
    for name, own in places.items():
        slots = _slots(sorted(own, key=lambda each: each.started or 0.0), now)
        several = len(slots) > 1
        width = len(str(len(slots)))
        lanes += [
            Lane(name=f"{name} #{place:0{width}}" if several else name, attempts=tuple(slot))
            for place, slot in enumerate(slots, start=1)
        ]
    return lanes


def _slots(ordered: Sequence[Span], now: float) -> list[list[Span]]:
    """Put attempts one behind the other into the slot with the lowest number that is free."""
    slots: list[list[Span]] = []
    free: list[int] = []
    taken: list[tuple[float, int]] = []
    for each in ordered:
        while taken and taken[0][0] <= (each.started or 0.0) + 1e-6:
            heapq.heappush(free, heapq.heappop(taken)[1])
        place = heapq.heappop(free) if free else len(slots)
        if place == len(slots):
            slots.append([])
        slots[place].append(each)
        heapq.heappush(taken, (_end(each, now), place))
    return slots


def _end(attempt: Span, now: float) -> float:
    started = attempt.started or now
    return max(attempt.ended if attempt.ended is not None else now, started)


def _busy(lane: Lane, began: float, until: float, now: float) -> float:
    spent = sum(_end(each, now) - (each.started or now) for each in lane.attempts)
    return min(spent / (until - began), 1.0) if until > began else 1.0


def _add_bars(figure: go.Figure, lanes: Sequence[Lane], axis: tuple[float, float, float]) -> int:
    began, size, now = axis
    bars = [(place, each) for place, lane in enumerate(lanes) for each in lane.attempts]
    kept = _longest(bars, now)
    width = max(min(15.0, 460 / max(len(lanes), 1)), 4.0)
    for status, (name, meta, colour) in _KINDS.items():
        own = [(place, each) for place, each in kept if each.status == status]
        if not own:
            continue
        ends = np.array([[each.started or now, _end(each, now)] for _, each in own])
        x = (np.column_stack([ends[:, 0], ends.mean(axis=1), ends[:, 1]]) - began) / size
        figure.add_scatter(
            **_gapped(x, np.array([place for place, _ in own])),
            customdata=np.repeat(_told([each for _, each in own], now), 4, axis=0),
            mode="lines",
            name=f"{name} ({len(own):,})",
            meta=role(meta),
            line={"width": width, "color": colour},
            hovertemplate="trial %{customdata[0]}, attempt %{customdata[1]}<br>"
            f"{name} after %{{customdata[2]:,}} s<extra></extra>",
        )
    return len(bars) - len(kept)


def _longest(bars: list[tuple[int, Span]], now: float) -> list[tuple[int, Span]]:
    if len(bars) <= _MOST:
        return bars
    bad = (AttemptStatus.LOST, AttemptStatus.FAILED)
    order = sorted(
        bars,
        key=lambda bar: (bar[1].status not in bad, (bar[1].started or now) - _end(bar[1], now)),
    )
    return order[:_MOST]


def _gapped(x: Any, lanes: Any) -> dict[str, Any]:
    count = len(lanes)
    y = np.repeat(lanes[:, None].astype(np.float32), 4, axis=1)
    y[:, 3] = np.nan
    whole = np.column_stack([x, x[:, 2]])
    return {
        "x": whole.reshape(count * 4).astype(np.float32),
        "y": y.reshape(count * 4),
        "connectgaps": False,
    }


def _told(attempts: Sequence[Span], now: float) -> Any:
    told = [[o.trial, o.number, round(_end(o, now) - (o.started or now))] for o in attempts]
    return np.array(told, dtype=np.int32)


def _say(
    figure: go.Figure, shown: Sequence[Lane], lanes: int, busy: float, left_out: int
) -> go.Figure:
    noted(figure, f"Beside each worker: its busy share, {busy:.0%} on average.")
    if len(shown) < lanes:
        noted(figure, f"{len(shown)} of {lanes} workers are shown.")
    if left_out:
        noted(figure, f"The {left_out:,} shortest attempts are left out.")
    return figure
