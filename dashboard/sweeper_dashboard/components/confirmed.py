"""What a confirmation found: means under fresh seeds with their intervals, on one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html

from sweeper_dashboard import reading
from sweeper_dashboard.addresses import sweep_address, trial_address


def confirmation_table(found: Mapping[str, Any]) -> list[Any]:
    """Lay out each configuration's mean and interval, the best first, and what can be told."""
    of, by, rows = str(found["of"]), str(found["sweep"]), list(found["rows"])
    told = html.P(
        [
            "The best trials of ",
            dcc.Link(of, href=sweep_address(of)),
            ", run again with fresh seeds by ",
            dcc.Link(by, href=sweep_address(by)),
            ".",
        ],
        className="best-line",
    )
    if not rows:
        return [told, html.P("No configuration has run with two seeds yet.", className="soft")]
    ends = min(row["low"] for row in rows), max(row["high"] for row in rows)
    heads = ["Trial", "It was", f"Mean {found['metric']}", "95 % interval", "", "Runs"]
    table = html.Table(
        [
            html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])),
            html.Tbody([_row(of, row, ends, row["trial"] in found["not_worse"]) for row in rows]),
        ],
        className="facts confirmed",
    )
    return [told, html.Div(table, className="wide"), html.P(_words(found), className="soft")]


def _row(of: str, row: Mapping[str, Any], ends: tuple[float, float], alike: bool) -> Any:
    low, high = (reading.number(row[end]) for end in ("low", "high"))
    return html.Tr(
        [
            html.Td(dcc.Link(str(row["trial"]), href=trial_address(of, row["trial"]))),
            html.Td(reading.number(row["was"]), title=str(row["was"])),
            html.Td(reading.number(row["mean"]), title=str(row["mean"])),
            html.Td(f"{low} to {high}"),
            html.Td(_interval(row, ends), className="interval-cell"),
            html.Td(reading.number(len(row["values"]))),
        ],
        className="" if alike else "told-apart",
    )


def _interval(row: Mapping[str, Any], ends: tuple[float, float]) -> Any:
    """Draw an interval and its mean on the scale that all rows share."""
    wide = (ends[1] - ends[0]) or 1.0
    low, mean, high = (100 * (row[key] - ends[0]) / wide for key in ("low", "mean", "high"))
    return html.Div(
        [
            html.Div(
                className="interval",
                style={"left": f"{low:.2f}%", "width": f"{high - low:.2f}%"},
            ),
            html.Div(className="interval-mean", style={"left": f"{mean:.2f}%"}),
        ],
        className="interval-scale",
        **{"aria-hidden": "true"},
    )


def _words(found: Mapping[str, Any]) -> str:
    best, *others = found["not_worse"]
    alike = f" It cannot be told from {_listed(others)}." if others else ""
    worse = [row["trial"] for row in found["rows"] if row["trial"] not in found["not_worse"]]
    real = f" It is really better than {_listed(worse)}." if worse else ""
    return f"Trial {best} has the best mean.{alike}{real}"


def _listed(numbers: Sequence[int]) -> str:
    *most, last = (str(number) for number in numbers)
    return f"trial {last}" if not most else f"trials {', '.join(most)} and {last}"
