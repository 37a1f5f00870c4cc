"""From a store to a figure: which rows each kind of figure needs, and who draws it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from plotly.graph_objects import Figure

from sweeper.clock import SYSTEM_CLOCK, Clock
from sweeper.errors import SweeperError
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import Objective
from sweeper.model.space import SearchSpace
from sweeper.model.trial import TrialRecord
from sweeper.store import questions
from sweeper.store.questions import Curve
from sweeper.store.spans import list_spans
from sweeper.store.store import Store
from sweeper_dashboard.figures.choices import Choices, choices_from
from sweeper_dashboard.figures.contour import contour_figure
from sweeper_dashboard.figures.curves import curves_figure
from sweeper_dashboard.figures.distribution import distribution_figure
from sweeper_dashboard.figures.frame import Frame
from sweeper_dashboard.figures.history import history_figure
from sweeper_dashboard.figures.influence import importance_figure
from sweeper_dashboard.figures.ink import noted
from sweeper_dashboard.figures.parallel import parallel_figure
from sweeper_dashboard.figures.pareto import pareto_figure
from sweeper_dashboard.figures.rungs import Arrivals, arrivals_of, rung_steps, rungs_figure
from sweeper_dashboard.figures.scatter import scatter_figure
from sweeper_dashboard.figures.slices import slice_figure
from sweeper_dashboard.figures.timeline import timeline_figure
from sweeper_dashboard.strips import numbers
from sweeper_dashboard.trials import read_trials

Importance: TypeAlias = Callable[[Sequence[TrialRecord], SearchSpace, Objective], dict[str, float]]
"""Says how much each parameter matters; whoever serves or calls hands it in."""

# What is read for one figure stays within what a page waits for.
_MOST_REPORTS = 90_000
_MOST_GROUPED = 2000
_MOST_HALVED = 25_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One figure that is asked for: of which trials, how, and what it may be drawn from."""

    store: Store
    frame: Frame
    choices: Choices = field(default_factory=Choices)
    numbers: frozenset[int] | None = None
    importance: Importance | None = None
    clock: Clock = SYSTEM_CLOCK

    @property
    def selected(self) -> Frame:
        """The trials that the reader means: all, or those whose numbers are given."""
        if self.numbers is None:
            return self.frame
        return self.frame.where(np.isin(self.frame.numbers, list(self.numbers)))

    @property
    def sweep_id(self) -> int:
        """The sweep's key in the store."""
        return self.frame.overview.sweep.id


Drawer: TypeAlias = Callable[[Request], Figure]


def _curves(request: Request) -> Figure:
    frame, wanted = request.selected, request.choices
    order = frame.best_first()
    steps = np.array(frame.trials.column("last_step"))
    reporting = order[steps[order] > 0].tolist()
    if wanted.group:
        places = np.linspace(0, len(reporting) - 1, min(len(reporting), _MOST_GROUPED))
        meant = [reporting[int(place)] for place in places]
    else:
        meant = reporting[: wanted.top]
    kept = affordable(frame.trials.at(meant), spread=bool(wanted.group))
    metric = wanted.metric or frame.goal.metric
    curves = questions.curves(request.store, request.sweep_id, metric, [t.number for t in kept])
    figure = curves_figure(frame, curves, wanted)
    asked = len(reporting) if wanted.group else len(meant)
    if len(kept) < asked:
        noted(figure, f"{len(kept):,} of {asked:,} curves are drawn.")
    return figure


def affordable(
    trials: Sequence[TrialRecord], *, spread: bool, most: int = _MOST_REPORTS
) -> list[TrialRecord]:
    """Keep as many trials as have together so many reports: the first, or evenly spread ones."""
    total = np.cumsum([max(trial.last_step, 1) for trial in trials])
    if not trials or total[-1] <= most:
        return list(trials)
    if spread:
        count = max(int(len(trials) * most / total[-1]), 1)
        return [trials[int(place)] for place in np.linspace(0, len(trials) - 1, count)]
    return list(trials[: max(int(np.searchsorted(total, most, side="right")), 1)])


def _importance(request: Request) -> Figure:
    frame = request.selected
    valued = ~np.isnan(numbers(frame.trials.column("value")))
    done = frame.trials.at(np.flatnonzero(frame.having(TrialStatus.COMPLETED) & valued).tolist())
    if len(frame.objective.goals) > 1:
        said = f"Importance is not measured for several objectives; this is {frame.goal.metric}."
        return importance_figure(frame, None, said)
    shares = None
    if request.importance is not None:
        shares = _shares(request.importance, done, frame)
    return importance_figure(frame, shares)


def _shares(
    importance: Importance, trials: Sequence[TrialRecord], frame: Frame
) -> Mapping[str, float] | None:
    try:
        return importance(trials, frame.overview.sweep.search_space(), frame.objective)
    except SweeperError:
        # Fewer trials than it needs, which the figure says itself.
        return None


def _rungs(request: Request) -> Figure:
    whole = request.selected
    every = max(-(-len(whole.trials) // _MOST_HALVED), 1)
    best = whole.overview.sweep.best_trial
    frame = whole.where((whole.numbers % every == 0) | (whole.numbers == best))
    figure = _rungs_of(request, frame, every)
    if len(frame.trials) < len(whole.trials):
        noted(figure, f"All of it of {len(frame.trials):,} of {len(whole.trials):,} trials.")
    return figure


def _rungs_of(request: Request, frame: Frame, every: int) -> Figure:
    rungs = rung_steps(frame)
    metric = frame.goal.metric
    if not rungs:
        return rungs_figure(frame, Arrivals.of([]), request.choices)
    best = frame.overview.sweep.best_trial
    read = questions.reports_at(
        request.store, request.sweep_id, metric, rungs, every=every, besides=best
    )
    found = Arrivals.of(read)
    arrivals = found.at(np.isin(found.trial, frame.numbers))
    late = arrivals_of(_unpunctual(request, frame, arrivals, rungs), rungs)
    if len(late):
        arrivals = arrivals.with_these(late)
    return rungs_figure(frame, arrivals, request.choices)


def _unpunctual(
    request: Request, frame: Frame, known: Arrivals, rungs: Sequence[int]
) -> list[Curve]:
    """Read whole curves of those trials that came to a rung without a report at its very step."""
    due = np.searchsorted(rungs, frame.trials.column("last_step"), side="right")
    ordered = np.sort(known.trial)
    ends = (np.searchsorted(ordered, frame.numbers, side=side) for side in ("right", "left"))
    seen = np.subtract(*ends)
    late = frame.trials.at(np.flatnonzero(due > seen).tolist())
    meant = [trial.number for trial in affordable(late, spread=True)]
    metric = frame.goal.metric
    return questions.curves(request.store, request.sweep_id, metric, meant) if meant else []


def _timeline(request: Request) -> Figure:
    attempts = list_spans(request.store, request.sweep_id)
    if request.numbers is not None:
        attempts = [each for each in attempts if each.trial in request.numbers]
    return timeline_figure(attempts, _now(request))


def _now(request: Request) -> float:
    sweep = request.frame.overview.sweep
    return sweep.ended if sweep.ended is not None else request.clock.now()


_DRAWERS: dict[str, Drawer] = {
    "contour": lambda request: contour_figure(request.selected, request.choices),
    "curves": _curves,
    "distribution": lambda request: distribution_figure(request.selected, request.choices),
    "history": lambda request: history_figure(request.selected),
    "importance": _importance,
    "parallel": lambda request: parallel_figure(request.selected),
    "pareto": lambda request: pareto_figure(request.selected, request.choices),
    "rungs": _rungs,
    "scatter": lambda request: scatter_figure(request.selected, request.choices),
    "slice": lambda request: slice_figure(request.selected, request.choices),
    "timeline": _timeline,
}

KINDS = tuple(sorted(_DRAWERS))


def draw_request(kind: str, request: Request) -> Figure:
    """Draw one kind of figure.

    Raises:
        SweeperError: there is no such kind, column or choice; lists those there are.
    """
    if kind not in _DRAWERS:
        raise SweeperError(
            f"there is no figure {kind!r}", hint=f"Choose one of: {', '.join(KINDS)}."
        )
    return _DRAWERS[kind](request)


def draw(
    kind: str,
    store: Store,
    name: str,
    *,
    importance: Importance | None = None,
    **choices: object,
) -> Figure:
    """Draw one figure of a sweep, for a notebook.

    Args:
        kind: one of KINDS.
        store: where the sweep lies.
        name: the sweep's name.
        importance: says how much each parameter matters; only "importance" asks it.
        **choices: what is drawn and how, as Choices has them.

    Raises:
        SweepNotFound: the store has no sweep of this name.
        SweeperError: there is no such kind, column or choice; lists those there are.
    """
    state, trials = read_trials(store, name)
    frame = Frame(overview=state.overview, trials=trials)
    request = Request(
        store=store, frame=frame, choices=choices_from(choices), importance=importance
    )
    return _captioned(draw_request(kind, request))


def _captioned(figure: Figure) -> Figure:
    """Write beneath a figure what a page says beside it."""
    said = (figure.layout.meta or {}).get("note")
    if said:
        figure.add_annotation(
            text=_wrapped(said), showarrow=False, xref="paper", yref="paper", x=0, y=-0.16,
            xanchor="left", yanchor="top", align="left", font={"size": 11, "color": "#6b7280"},
        )  # fmt: skip
        figure.update_layout(margin={"b": 60 + 16 * (1 + len(said) // 110)})
    return figure


def _wrapped(text: str, width: int = 110) -> str:
    lines, line = [], ""
    for word in text.split():
        if len(line) + len(word) >= width:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    return "<br>".join([*lines, line])
