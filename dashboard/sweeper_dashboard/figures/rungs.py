"""The rungs of a pruning scheduler: who was stopped where, and what a harsher one would do."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from sweeper.model.lifecycle import TrialStatus
from sweeper.store.questions import Curve
from sweeper_dashboard.figures.choices import Choices
from sweeper_dashboard.figures.frame import Frame
from sweeper_dashboard.figures.ink import BLUE, GREY, RED, blank, framed, noted, role
from sweeper_dashboard.figures.scatter import MOST_DOTS

_FACTORS = (2, 3, 4, 6, 9)
_LEADERS = 10


class Arrival(NamedTuple):
    """A trial at a rung: what it had reported there, and when."""

    trial: int
    rung: int
    value: float
    time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What a stricter or milder factor would have made of the recorded reports."""

    factor: int
    stopped: Mapping[int, int]
    steps: int


def rung_steps(frame: Frame) -> list[int]:
    """Give the steps at which the sweep's scheduler decides; powers of three without one."""
    known = frame.overview.sweep.options.get("scheduler") or {}
    longest = max(frame.trials.column("last_step"), default=0)
    first = int(known.get("min_steps") or 1)
    factor = max(int(known.get("reduction_factor") or 3), 2)
    last = int(known.get("max_steps") or longest + 1)
    made: list[int] = []
    step = max(first, 1)
    while step < last and step <= longest and len(made) < 20:
        made.append(step)
        step *= factor
    return made


def arrivals_of(curves: Sequence[Curve], rungs: Sequence[int]) -> list[Arrival]:
    """List who came to which rung: the first report at its step or beyond it."""
    found = []
    for curve in curves:
        for rung in rungs:
            place = bisect_left(curve.steps, rung)
            if place < len(curve.steps):
                value, time = curve.values[place], curve.times[place]
                found.append(Arrival(trial=curve.trial, rung=rung, value=value, time=time))
    return found


def replay(arrivals: Sequence[Arrival], factor: int, sign: float, longest: int) -> Replay:
    """Run successive halving again over what was recorded, in the order in which it came.

    A trial is stopped at a rung where its score is not among the best 1/factor of those that
    came before it. Nothing is known of how trials would have gone on that were stopped.

    Args:
        arrivals: by time.
        factor: how many trials come to a rung for each that passes.
        sign: 1 where more is better, else -1.
        longest: the steps of a whole training.
    """
    ladders: dict[int, list[float]] = {each.rung: [] for each in arrivals}
    stopped: dict[int, int] = {}
    reached: dict[int, int] = {}
    last = max(ladders, default=0)
    for trial, rung, value, _ in arrivals:
        if trial in stopped:
            continue
        reached[trial] = longest if rung == last else rung
        score = -value * sign if value == value else np.inf
        ladder = ladders[rung]
        insort(ladder, score)
        best = len(ladder) // factor
        if best and score > ladder[best - 1]:
            stopped[trial] = rung
            reached[trial] = rung
    return Replay(factor=factor, stopped=stopped, steps=sum(reached.values()))


def rungs_figure(
    frame: Frame, arrivals: Sequence[Arrival], choices: Choices | None = None
) -> go.Figure:
    """Draw who passed and who stopped at each rung, beside what other factors would have done."""
    rungs = sorted({each.rung for each in arrivals})
    if not rungs or len(frame.trials) < 4:
        return blank("Rungs show here once trials come to them.")
    narrow = choices is not None and choices.narrow
    titles = ("at each rung", "had the factor been harsher")
    room: dict[str, Any] = {"column_widths": [0.66, 0.34], "horizontal_spacing": 0.09}
    if narrow:
        room = {"row_heights": [0.6, 0.4], "vertical_spacing": 0.26}
    rows, columns = (2, 1) if narrow else (1, 2)
    figure = make_subplots(rows=rows, cols=columns, subplot_titles=titles, **room)
    framed(figure, y=frame.goal.metric)
    _add_rungs(figure, frame, arrivals, rungs)
    said = _add_replays(figure, frame, arrivals, (rows, columns))
    if narrow:
        figure.update_layout(height=560)
    figure.update_annotations(font={"size": 12})
    figure.update_layout(showlegend=True, margin={"t": 40, "l": 70})
    figure.update_layout(legend={"y": 1.09})
    return noted(figure, said)


def _add_rungs(
    figure: go.Figure, frame: Frame, arrivals: Sequence[Arrival], rungs: Sequence[int]
) -> None:
    best = frame.overview.sweep.best_trial
    shown = _sampled(arrivals, best)
    groups: dict[str, list[Arrival]] = {"passed": [], "stopped": [], "best": []}
    pruned = dict(_pruned(frame))
    for each in shown:
        ends_here = each.trial in pruned and rung_of(pruned[each.trial], rungs) == each.rung
        kind = "best" if each.trial == best else "stopped" if ends_here else "passed"
        groups[kind].append(each)
    dress = {
        "stopped": ("stopped here", "pruned", GREY, "x-thin-open", 0.5),
        "passed": ("went on", "completed", BLUE, "circle", 0.55),
        "best": ("the best trial", "best", RED, "star", 1.0),
    }
    for kind, (name, meta, colour, symbol, opacity) in dress.items():
        own = groups[kind]
        if own:
            spread = [((each.trial * 0.6180339887) % 1.0 - 0.5) * 0.6 for each in own]
            where = [rungs.index(each.rung) + by for each, by in zip(own, spread, strict=True)]
            figure.add_scatter(
                x=np.array(where if kind != "best" else np.round(where), dtype=np.float32),
                y=np.array([each.value for each in own], dtype=np.float32),
                customdata=np.array([each.trial for each in own], dtype=np.int32),
                mode="markers",
                name=name,
                meta=role(meta),
                marker={
                    "symbol": symbol,
                    "size": 14 if kind == "best" else 5,
                    "color": colour,
                    "opacity": opacity,
                },
                hovertemplate="trial %{customdata}: %{y:.5g}<extra></extra>",
                row=1,
                col=1,
            )
    texts = _rung_texts(frame, arrivals, rungs)
    figure.update_xaxes(
        tickvals=list(range(len(rungs))), ticktext=texts, showgrid=False, row=1, col=1
    )


def rung_of(step: int, rungs: Sequence[int]) -> int | None:
    """Give the last rung that a trial of so many steps came to."""
    place = bisect_right(rungs, step)
    return rungs[place - 1] if place else None


def _pruned(frame: Frame) -> list[tuple[int, int]]:
    """List the numbers of the pruned trials and how many steps they made."""
    trials = frame.trials.of_status(TrialStatus.PRUNED)
    return list(zip(trials.column("number"), trials.column("last_step"), strict=True))


def _rung_texts(frame: Frame, arrivals: Sequence[Arrival], rungs: Sequence[int]) -> list[str]:
    came = Counter(each.rung for each in arrivals)
    stopped = Counter(rung_of(steps, rungs) for _, steps in _pruned(frame))
    return [f"step {rung:,}<br>{came[rung]:,} came<br>{stopped[rung]:,} stopped" for rung in rungs]


def _sampled(arrivals: Sequence[Arrival], best: int | None) -> list[Arrival]:
    if len(arrivals) <= MOST_DOTS:
        return list(arrivals)
    by_rung: dict[int, list[Arrival]] = {}
    for each in arrivals:
        by_rung.setdefault(each.rung, []).append(each)
    share = MOST_DOTS // len(by_rung)
    kept = []
    for own in by_rung.values():
        kept += own[:: max(-(-len(own) // share), 1)]
    known = {(each.trial, each.rung) for each in kept}
    kept += [e for e in arrivals if e.trial == best and (e.trial, e.rung) not in known]
    return kept


def _add_replays(
    figure: go.Figure, frame: Frame, arrivals: Sequence[Arrival], place: tuple[int, int]
) -> str:
    scheduler = frame.overview.sweep.options.get("scheduler") or {}
    own = int(scheduler.get("reduction_factor") or 0)
    factors = [factor for factor in _FACTORS if factor >= max(own, 2)]
    sign = -1.0 if frame.goal.mode == "min" else 1.0
    steps = frame.trials.column("last_step")
    longest, actual = max(steps), sum(steps) or 1
    order = frame.best_first()
    leaders = frame.numbers[order[frame.having(TrialStatus.COMPLETED)[order]]][:_LEADERS].tolist()
    replays = [replay(arrivals, factor, sign, longest) for factor in factors]
    survive = [sum(n not in each.stopped for n in leaders) for each in replays]
    best = leaders[0] if leaders else None
    texts = [
        f"{kept} of {len(leaders)}" + (", best lost" if best in each.stopped else "")
        for kept, each in zip(survive, replays, strict=True)
    ]
    figure.add_bar(
        y=[str(factor) for factor in factors],
        x=[each.steps / actual for each in replays],
        orientation="h",
        text=texts,
        textposition="auto",
        name="steps spent",
        showlegend=False,
        meta=role("completed"),
        marker={"color": BLUE},
        hovertemplate="factor %{y}: %{x:.0%} of the steps; %{text} survive<extra></extra>",
        row=place[0],
        col=place[1],
    )
    most = max((each.steps / actual for each in replays), default=1.0)
    figure.update_xaxes(tickformat=".0%", range=[0, most * 1.25], row=place[0], col=place[1])
    title = {"text": "reduction factor", "standoff": 4}
    figure.update_yaxes(type="category", showgrid=False, title=title, row=place[0], col=place[1])
    return _say(best, replays, own)


def _say(best: int | None, replays: Sequence[Replay], own: int) -> str:
    said = (
        "Right: the recorded reports, judged again in their order: which share of the steps is "
        f"spent, and how many of the {_LEADERS} best survive."
    )
    if best is None:
        return said
    lost = next((each for each in replays if best in each.stopped), None)
    if lost is None:
        return f"{said} The best, trial {best}, survives up to a factor of {replays[-1].factor}."
    again = "even its own factor" if lost.factor == own else f"a factor of {lost.factor}"
    where = f"at step {lost.stopped[best]:,}"
    return f"{said} The best, trial {best}, would be stopped by {again} {where}."
