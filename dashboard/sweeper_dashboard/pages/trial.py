"""The page of one trial: what it was given, what it reported, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from sweeper.errors import SweepNotFound
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.lineage import lineage_of
from sweeper.model.trial import TrialRecord
from sweeper.store import questions
from sweeper_dashboard import reading
from sweeper_dashboard.addresses import diff_address, trial_address
from sweeper_dashboard.components.ends import attempts_list
from sweeper_dashboard.components.lineage import is_related, lineage_list
from sweeper_dashboard.components.parameters import call_line, parameters_table
from sweeper_dashboard.components.pieces import badge, card, empty, end_badge, graph, panel
from sweeper_dashboard.components.provenance import provenance_panel
from sweeper_dashboard.components.published import artifacts_table
from sweeper_dashboard.components.replicates import replicates_table
from sweeper_dashboard.desk import Desk
from sweeper_dashboard.mirror import View
from sweeper_dashboard.neighbours import Neighbour, neighbours_of
from sweeper_dashboard.ranking import rank_of, shown_value


def trial_page(desk: Desk, name: str, number: int) -> Any:
    """Lay out a trial; a script renews its body and fills its figures and its log.

    Raises:
        SweepNotFound: there is no such sweep or trial.
    """
    view = desk.mirrors.of(name).view()
    trial = _find(view, number)
    # An element of its own kind keeps React from carrying another page's nodes over.
    return html.Article(
        className="page",
        children=[
            html.Div(
                className="page-head",
                children=[
                    html.H1(f"Trial {number}", className="page-title"),
                    *_praise(view, number),
                    html.Div(id="trial-wishes", className="trial-wishes", hidden=True),
                    _neighbours(view, number),
                ],
            ),
            html.Div(id="trial-body", children=trial_body(desk, name, number)),
            panel("Metrics", graph("metrics", f"All metrics of trial {number}", "graph-tall")),
            panel(
                "System",
                graph("usage", f"What the attempts of trial {number} used over time", "graph-tall"),
                mark="panel-usage",
            ),
            panel("Log", _log(), tools=_log_tools(), mark="panel-log"),
            html.Div(
                className="halves",
                children=[
                    panel("Neighbours in the space", _near(desk, view, number)),
                    panel("Provenance", provenance_panel(view.overview.sweep)),
                ],
            ),
            dcc.Store(id="trial-rev", data=trial.rev),
            dcc.Store(id="trial-of", data={"sweep": name, "trial": number}),
        ],
        **{"data-page": "trial", "data-sweep": name, "data-trial": number, "data-rev": trial.rev},
    )


def trial_body(desk: Desk, name: str, number: int) -> Any:
    """Lay out what changes only with the trial's own row."""
    view = desk.mirrors.of(name).view()
    sweep = view.overview.sweep
    trial = _find(view, number)
    baseline = view.trials.baseline
    best = view.trials.numbered(sweep.best_trial)
    others = [(label, t) for label, t in (("Baseline", baseline), ("Best", best)) if t is not None]
    attempts = questions.list_attempts(desk.store, sweep.id, number)
    kept = questions.list_artifacts(desk.store, sweep.id, number)
    now = desk.clock.now()
    return [
        _cards(view, trial),
        _marks(view, trial),
        *_lineage(view, number),
        *_replicates(desk, view, number),
        html.Div(
            className="halves",
            children=[
                panel(
                    "Parameters",
                    [parameters_table(sweep, trial, others), call_line(sweep, trial)],
                    tools=_diffs(name, number, others),
                ),
                html.Div(
                    className="stack",
                    children=[
                        panel("Attempts", attempts_list(attempts, now)),
                        panel("Checkpoints and artifacts", artifacts_table(name, kept, now)),
                    ],
                ),
            ],
        ),
    ]


def _diffs(name: str, number: int, others: Sequence[tuple[str, TrialRecord]]) -> list[Any]:
    """Lead to this trial side by side with the baseline, and with the best."""
    return [
        dcc.Link(
            f"Diff with the {label.lower()}",
            href=diff_address([(name, number), (name, other.number)]),
            className="control-switch",
        )
        for label, other in others
        if other.number != number
    ]


def _lineage(view: View, number: int) -> list[Any]:
    """Show where a trial of a population comes from, where there is anything to show."""
    lineage = lineage_of(view.trials)
    if not is_related(number, lineage):
        return []
    return [panel("Lineage", lineage_list(view.overview.sweep.name, number, lineage))]


def _replicates(desk: Desk, view: View, number: int) -> list[Any]:
    """Show what each seed gave, where the trials of a sweep run with several."""
    sweep = view.overview.sweep
    if sweep.asked().replicates == 1:
        return []
    trial = questions.find_trial(desk.store, sweep.id, number)
    if trial is None or not trial.replicates:
        return []
    return [panel("Replicates", replicates_table(trial.replicates, sweep.goals().metrics))]


def _find(view: View, number: int) -> TrialRecord:
    found = view.trials.numbered(number)
    if found is not None:
        return found
    name = view.overview.sweep.name
    raise SweepNotFound(
        f"sweep {name} has no trial {number}",
        hint=f"It has {len(view.trials)} trials, numbered from 0.",
    )


def _cards(view: View, trial: TrialRecord) -> Any:
    goal = view.overview.sweep.goals().first
    value = shown_value(trial, goal)
    place = rank_of(view.trials, trial.number, goal) if value is not None else ""
    return html.Div(
        className="cards",
        children=[
            html.Div(
                className="card card-status",
                children=[
                    html.Div("Status", className="card-label"),
                    _end(view, trial) or badge(trial.status.value),
                ],
            ),
            card("objective", goal.metric, reading.number(value, 5)),
            card("rank", "Rank", place or reading.MISSING),
            card("steps", "Steps", reading.number(trial.last_step)),
            card("duration", "Duration", reading.duration(trial.duration)),
            card("attempts", "Attempts", reading.number(trial.attempts)),
            card("seed", "Seed", str(trial.seed)),
            card("origin", "Suggested by", trial.origin),
        ],
    )


def _praise(view: View, number: int) -> list[Any]:
    if view.overview.sweep.best_trial != number:
        return []
    return [html.Span("best of the sweep", className="badge badge-best")]


def _neighbours(view: View, number: int) -> Any:
    name = view.overview.sweep.name
    numbers = view.trials.column("number")
    place = numbers.index(number)
    before = numbers[place - 1] if place > 0 else None
    after = numbers[place + 1] if place + 1 < len(numbers) else None
    best = view.overview.sweep.best_trial
    links = [
        _step("previous", "← Previous", name, before),
        _step("next", "Next →", name, after),
    ]
    if best is not None and best != number:
        links.insert(0, _step("best", f"Best: trial {best}", name, best))
    return html.Nav(links, className="neighbours", **{"aria-label": "Other trials"})


def _step(key: str, label: str, name: str, number: int | None) -> Any:
    if number is None:
        return html.Span(label, className="button off", **{"aria-disabled": "true"})
    return dcc.Link(label, href=trial_address(name, number), className="button", id=f"trial-{key}")


def _end(view: View, trial: TrialRecord) -> Any:
    """Show how a failed trial ended, which says more than that it failed."""
    outcome = view.trials.outcome(trial.number)
    if trial.status is not TrialStatus.FAILED or outcome is None:
        return None
    return end_badge(outcome)


def _marks(view: View, trial: TrialRecord) -> Any:
    tags = view.marks.tags.get(trial.number, ())
    note = view.marks.notes.get(trial.number, "")
    return html.Div(
        className="marks",
        children=[
            html.Span([html.Span(tag, className="tag") for tag in tags]),
            html.Span(note, className="note", id="trial-note"),
            html.Button("Tag", className="button", id="trial-tag"),
            html.Button("Note", className="button", id="trial-write"),
        ],
    )


def _near(desk: Desk, view: View, number: int) -> Any:
    found = neighbours_of(desk.frames.of(view), number)
    if not found:
        return html.P("There is no other trial yet.", className="soft")
    metric = view.overview.sweep.goals().first
    here = _find(view, number)
    heads = ["Trial", metric.metric, "Distance", "What differs"]
    return html.Div(
        className="wide",
        children=html.Table(
            className="facts near",
            children=[
                html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])),
                html.Tbody([_neighbour(view, here, each) for each in found]),
            ],
        ),
    )


def _neighbour(view: View, here: TrialRecord, near: Neighbour) -> Any:
    goal = view.overview.sweep.goals().first
    changes = [
        f"{name}: {_written(here, name)} → {_written(near.trial, name)}" for name in near.differing
    ]
    shown = changes[:4] + ([f"and {len(changes) - 4} more"] if len(changes) > 4 else [])
    address = trial_address(view.overview.sweep.name, near.trial.number)
    return html.Tr(
        [
            html.Td(dcc.Link(str(near.trial.number), href=address)),
            html.Td(reading.number(shown_value(near.trial, goal))),
            html.Td(reading.number(near.distance, 2)),
            html.Td(", ".join(shown) or "nothing: the same configuration", className="soft"),
        ]
    )


def _written(trial: TrialRecord, name: str) -> str:
    return reading.words(trial.params[name]) if name in trial.params else "none"


def _log() -> Any:
    return html.Div(
        children=[
            html.Button("Load what came before", id="log-earlier", className="button", hidden=True),
            html.Div(id="log", className="log", tabIndex=0, role="log", **{"aria-label": "Log"}),
            html.Div(id="log-empty", hidden=True, children=empty("This trial has written nothing")),
        ]
    )


def _log_tools() -> list[Any]:
    return [
        html.Span(id="log-found", className="soft", role="status"),
        dmc.TextInput(
            id="log-search",
            placeholder="Search the log",
            size="xs",
            **{"aria-label": "Search the log"},
        ),
        html.Button("Following", id="log-follow", className="button", **{"aria-pressed": "true"}),
    ]
