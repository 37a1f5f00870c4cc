"""The list of all sweeps of a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from sweeper.model.lifecycle import SweepStatus, TrialStatus
from sweeper.model.sweep import SweepOverview
from sweeper.store import questions
from sweeper_dashboard import reading
from sweeper_dashboard.addresses import sweep_address
from sweeper_dashboard.components.pieces import badge, bar, empty
from sweeper_dashboard.desk import Desk
from sweeper_dashboard.payload import best_line, progress, progress_line
from sweeper_dashboard.sparkline import sparkline

_FIRST_SWEEP = """from typing import Annotated
from sweeper import sweepable, report, loguniform

@sweepable(metric="loss", mode="min")
def train(lr: Annotated[float, loguniform(1e-4, 1e-1)] = 1e-2):
    for epoch in range(20):
        loss = ...  # one epoch of training
        report(loss=loss)

train.sweep(trials=100, name="first")"""

_COUNTED = (TrialStatus.RUNNING, TrialStatus.COMPLETED, TrialStatus.PRUNED, TrialStatus.FAILED)
_GROUPS = {"": "No groups", "project": "By project", "tag": "By tag"}


def sweeps_page(desk: Desk, state: Mapping[str, str]) -> Any:
    """Lay out the list with its search box, its filters and its groups."""
    group = state.get("group", "")
    tools = [
        dmc.TextInput(
            id="sweeps-search",
            value=state.get("search", ""),
            placeholder="Search names, tags, owners, metrics",
            className="search",
            size="sm",
            **{"aria-label": "Search sweeps"},
        ),
        dmc.Select(
            id="sweeps-status",
            data=[{"value": s.value, "label": s.value} for s in SweepStatus],
            value=state.get("status") or None,
            placeholder="any status",
            clearable=True,
            size="sm",
            className="tool-metric",
            **{"aria-label": "Status"},
        ),
        dmc.SegmentedControl(
            id="sweeps-group",
            data=[{"value": key or "none", "label": label} for key, label in _GROUPS.items()],
            value=group if group in _GROUPS and group else "none",
            size="sm",
            **{"aria-label": "Groups"},
        ),
    ]
    return html.Div(
        className="page",
        children=[
            html.Div(
                className="page-head",
                children=[
                    html.H1("Sweeps", className="page-title"),
                    html.Div(tools, className="panel-tools list-tools"),
                ],
            ),
            html.Div(id="chosen-sweeps", className="chosen", hidden=True),
            dcc.Store(id="sweeps-digest"),
            dcc.Store(id="sweeps-chosen"),
            html.Div(id="sweep-rows", children=sweep_rows(desk, group)),
        ],
        **{"data-page": "sweeps"},
    )


def sweep_rows(desk: Desk, group: str = "") -> Any:
    """Lay out a row for each sweep, the latest changed first, under the headings of a group."""
    found = questions.list_sweeps(desk.store, desk.clock)
    if not found:
        return _nothing_yet(str(desk.store))
    now = desk.clock.now()
    lines = desk.sparks.of(found)
    rows = {each.sweep.id: _row(each, now, lines.get(each.sweep.id, ())) for each in found}
    lists = [
        html.Section(
            [
                *([html.H2(title, className="group-title")] if title else []),
                html.Ul([rows[each.sweep.id] for each in members], className="sweeps"),
            ],
            className="sweep-group",
        )
        for title, members in grouped(found, group)
    ]
    return [*lists, html.P("No sweep matches the search.", className="no-match", hidden=True)]


def grouped(found: Sequence[SweepOverview], group: str) -> list[tuple[str, list[SweepOverview]]]:
    """Put sweeps under the headings of a group; one with several tags stands under its first."""
    if group not in ("project", "tag"):
        return [("", list(found))]
    groups: dict[str, list[SweepOverview]] = {}
    for each in found:
        named = each.sweep.project if group == "project" else next(iter(each.sweep.tags), None)
        groups.setdefault(named or "", []).append(each)
    without = groups.pop("", [])
    titled = sorted(groups.items())
    return [*titled, *([(f"without a {group}", without)] if without else [])]


def _row(overview: SweepOverview, now: float, line: Sequence[float]) -> Any:
    sweep = overview.sweep
    goal = sweep.goals().first
    words = (sweep.name, sweep.project, *sweep.tags, sweep.owner, goal.metric)
    searched = " ".join([*(word for word in words if word), overview.status.value])
    pick = html.Button(
        className="sweep-pick",
        **{"aria-label": f"Choose {sweep.name}", "aria-pressed": "false"},
    )
    return html.Li(
        className="sweep-row",
        children=[
            pick,
            dcc.Link(
                href=sweep_address(sweep.name),
                className="sweep-link",
                children=[
                    html.Div(_names(overview), className="sweep-names"),
                    html.Div(badge(overview.status.value), className="sweep-status"),
                    html.Div(
                        [bar(progress(overview), progress_line(overview)), _line(overview)],
                        className="sweep-progress",
                    ),
                    html.Div(_best(overview, goal.metric), className="sweep-best"),
                    html.Div(_spark(line), className="sweep-spark"),
                    html.Div(_counts(overview), className="sweep-counts"),
                    html.Div(
                        [
                            html.Div(reading.age(sweep.updated, now)),
                            html.Div(sweep.owner or "", className="soft owner"),
                        ],
                        className="sweep-age",
                    ),
                ],
            ),
        ],
        **{
            "data-search": searched.lower(),
            "data-status": overview.status.value,
            "data-name": sweep.name,
        },
    )


def _spark(line: Sequence[float]) -> list[Any]:
    drawn = sparkline(line)
    return [] if drawn is None else [html.Img(src=drawn, alt="", className="spark")]


def _names(overview: SweepOverview) -> list[Any]:
    sweep = overview.sweep
    project = [html.Span(sweep.project, className="tag tag-project", title="project")]
    tags = [html.Span(tag, className="tag") for tag in sweep.tags]
    return [
        html.Span(sweep.name, className="sweep-name", title=sweep.name),
        html.Span([*(project if sweep.project else []), *tags]),
    ]


def _line(overview: SweepOverview) -> Any:
    return html.Span(progress_line(overview), className="soft")


def _best(overview: SweepOverview, metric: str) -> list[Any]:
    value = overview.sweep.best_value
    return [
        html.Span(reading.number(value), className="sweep-value", title=str(value)),
        html.Span(
            metric if value is not None else best_line(overview), className="soft", title=metric
        ),
    ]


def _counts(overview: SweepOverview) -> list[Any]:
    return [
        html.Span(
            f"{overview.counts.get(status, 0):,} {status.value}",
            className=f"count count-{status.value}",
        )
        for status in _COUNTED
        if overview.counts.get(status, 0)
    ]


def _nothing_yet(store: str) -> Any:
    return empty(
        "No sweep yet",
        html.P(["This page watches ", html.Code(store), " and fills as soon as one starts."]),
        html.Pre(html.Code(_FIRST_SWEEP), className="code"),
    )
