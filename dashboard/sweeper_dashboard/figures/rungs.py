"""The rungs of a pruning scheduler: who was stopped where, and what a harsher one would do."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush, heappushpop
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from sweeper.model.lifecycle import TrialStatus
from sweeper.store.questions import Curve
from sweeper_dashboard.figures.choices import Choices
from sweeper_dashboard.figures.frame import Array, Frame
from sweeper_dashboard.figures.ink import BLUE, GREY, RED, blank, framed, noted, role
from sweeper_dashboard.figures.scatter import MOST_DOTS

_FACTORS = (2, 3, 4, 6, 9)
_LEADERS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """Who came to which rung, what they had reported there, and when: a row for each, by time."""

    trial: Array
    rung: Array
    value: Array
    time: Array

    @classmethod
    def of(cls, rows: Sequence[tuple[int, int, float, float]]) -> Arrivals:
        """Make them of (trial, rung, value, time)."""
        trial, rung, value, time = zip(*rows) if rows else ((), (), (), ())
        made = cls(
            trial=np.array(trial, dtype=np.int64),
            rung=np.array(rung, dtype=np.int64),
            value=np.array(value, dtype=np.float64),
            time=np.array(time, dtype=np.float64),
        )
        return made.at(np.lexsort((made.trial, made.time)))

    def at(self, places: Array) -> Arrivals:
        """Give those at some places, or those that are marked."""
        return Arrivals(
            trial=self.trial[places],
            rung=self.rung[places],
            value=self.value[places],
            time=self.time[places],
        )

    def with_these(self, others: Arrivals) -> Arrivals:
        """Put others in the place of what is known of their trials."""
        kept = self.at(~np.isin(self.trial, others.trial))
        made = Arrivals(
            trial=np.concatenate([kept.trial, others.trial]),
            rung=np.concatenate([kept.rung, others.rung]),
            value=np.concatenate([kept.value, others.value]),
            time=np.concatenate([kept.time, others.time]),
        )
        return made.at(np.lexsort((made.trial, made.time)))

    def __len__(self) -> int:
        return len(self.trial)


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


def arrivals_of(curves: Sequence[Curve], rungs: Sequence[int]) -> Arrivals:
    """List who came to which rung: the first report at its step or beyond it."""
    found = []
    for curve in curves:
        for rung in rungs:
            place = bisect_left(curve.steps, rung)
            if place < len(curve.steps):
                found.append((curve.trial, rung, curve.values[place], curve.times[place]))
    return Arrivals.of(found)


def replay(arrivals: Arrivals, factor: int, sign: float, longest: int) -> Replay:
    """Run successive halving again over what was recorded, in the order in which it came.

    A trial is stopped at a rung where its score is not among the best 1/factor of those that
    came before it. Nothing is known of how trials would have gone on that were stopped.

    Args:
        arrivals: by time.
        factor: how many trials come to a rung for each that passes.
        sign: 1 where more is better, else -1.
        longest: the steps of a whole training.
    """
    cost = np.where(np.isnan(arrivals.value), np.inf, -arrivals.value * sign)
    trials, who = np.unique(arrivals.trial, return_inverse=True)
    stopped: Array = np.zeros(len(trials), dtype=np.int64)
    reached: Array = np.zeros(len(trials), dtype=np.int64)
    rungs = np.unique(arrivals.rung)
    for rung in rungs:
        came = np.flatnonzero((arrivals.rung == rung) & (stopped[who] == 0))
        ends = _too_bad(cost[came].tolist(), factor)
        reached[who[came]] = longest if rung == rungs[-1] else rung
        out = who[came[ends]]
        stopped[out], reached[out] = rung, rung
    left = np.flatnonzero(stopped)
    known = dict(zip(trials[left].tolist(), stopped[left].tolist(), strict=True))
    return Replay(factor=factor, stopped=known, steps=int(reached.sum()))


def _too_bad(costs: Sequence[float], factor: int) -> Array:
    """Mark each cost that is not among the best 1/factor of those up to it."""
    marked: Array = np.zeros(len(costs), dtype=bool)
    # The best, the worst of them in front, and the rest, the best of them in front.
    best: list[float] = []
    rest: list[float] = []
    for place, cost in enumerate(costs):
        heappush(rest, -heappushpop(best, -cost) if best else cost)
        if (place + 1) // factor > len(best):
            heappush(best, -heappop(rest))
        marked[place] = bool(best) and cost > -best[0]
    return marked


def rungs_figure(frame: Frame, arrivals: Arrivals, choices: Choices | None = None) -> go.Figure:
    """Draw who passed and who stopped at each rung, beside what other factors would have done."""
    rungs = np.unique(arrivals.rung).tolist()
    if not rungs or len(frame.trials) < 4:
        return blank("No trial has come to a rung yet.")
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


def _add_rungs(figure: go.Figure, frame: Frame, arrivals: Arrivals, rungs: Sequence[int]) -> None:
    best = frame.overview.sweep.best_trial
    shown = arrivals.at(_sampled(arrivals, best))
    last = {trial: rung_of(steps, rungs) for trial, steps in _pruned(frame)}
    came = zip(shown.trial.tolist(), shown.rung.tolist(), strict=True)
    ended: Array = np.array([last.get(trial) == rung for trial, rung in came], dtype=bool)
    is_best = shown.trial == (-1 if best is None else best)
    groups = {"stopped": ended & ~is_best, "passed": ~ended & ~is_best, "best": is_best}
    dress = {
        "stopped": ("stopped here", "pruned", GREY, "x-thin-open", 0.5),
        "passed": ("went on", "completed", BLUE, "circle", 0.55),
        "best": ("the best trial", "best", RED, "star", 1.0),
    }
    for kind, (name, meta, colour, symbol, opacity) in dress.items():
        own = shown.at(groups[kind])
        if len(own):
            spread = ((own.trial * 0.6180339887) % 1.0 - 0.5) * 0.6
            where = np.searchsorted(rungs, own.rung) + (0 if kind == "best" else spread)
            figure.add_scatter(
                x=where.astype(np.float32),
                y=own.value.astype(np.float32),
                customdata=own.trial.astype(np.int32),
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


def _rung_texts(frame: Frame, arrivals: Arrivals, rungs: Sequence[int]) -> list[str]:
    came = Counter(arrivals.rung.tolist())
    stopped = Counter(rung_of(steps, rungs) for _, steps in _pruned(frame))
    return [f"step {rung:,}<br>{came[rung]:,} came<br>{stopped[rung]:,} stopped" for rung in rungs]


def _sampled(arrivals: Arrivals, best: int | None) -> Array:
    """Give the places of an even sample at each rung, and of the best trial."""
    if len(arrivals) <= MOST_DOTS:
        return np.arange(len(arrivals))
    rungs = [np.flatnonzero(arrivals.rung == rung) for rung in np.unique(arrivals.rung)]
    share = MOST_DOTS // len(rungs)
    kept = [own[:: max(-(-len(own) // share), 1)] for own in rungs]
    return np.unique(np.concatenate([*kept, np.flatnonzero(arrivals.trial == best)]))


def _add_replays(
    figure: go.Figure, frame: Frame, arrivals: Arrivals, place: tuple[int, int]
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
