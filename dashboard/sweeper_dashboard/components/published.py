"""What the attempts of a trial left behind: its checkpoints and artifacts, to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from dash import html

from sweeper_dashboard import reading
from sweeper_dashboard.artifacts import files_of, shown_as


def artifacts_table(sweep: str, kept: Sequence[Mapping[str, Any]], now: float) -> Any:
    """Lay out what the attempts published, the latest first; what can be shown opens in place."""
    if not kept:
        return html.P("Nothing was published by this trial.", className="soft")
    return html.Ul([_kept(sweep, each, now) for each in reversed(kept)], className="kept")


def _kept(sweep: str, row: Mapping[str, Any], now: float) -> Any:
    step = "" if row["step"] is None else f"step {row['step']:,}"
    said = [row["kind"], step, reading.size(row["size"]), f"attempt {row['attempt']}"]
    address = _address(sweep, row)
    files = files_of(str(row["path"]))
    inner = [_file(f"{address}&{urlencode({'file': file})}", file, size) for file, size in files]
    alone = [] if files else [_shown(address, str(row["path"]))]
    return html.Li(
        [
            html.Div(
                [
                    html.Strong(row["name"]),
                    html.Span(" · ".join(part for part in said if part), className="soft"),
                    html.Span(reading.age(row["time"], now), className="soft"),
                    *([] if files else [_download(address)]),
                ],
                className="kept-head",
            ),
            html.Code(row["path"], className="path"),
            *alone,
            *([html.Ul(inner, className="kept-files")] if inner else []),
        ]
    )


def _file(address: str, name: str, size: int) -> Any:
    head = [html.Span(name), html.Span(reading.size(size), className="soft"), _download(address)]
    return html.Li([html.Div(head, className="kept-head"), _shown(address, name)])


def _download(address: str) -> Any:
    return html.A("download", href=f"{address}&download=1", className="kept-link")


def _shown(address: str, name: str) -> Any:
    kind = shown_as(name)
    if kind is None:
        return html.Span()
    if kind == "image":
        return html.Img(src=address, alt=name, className="kept-image")
    return html.Details(
        [html.Summary("Show"), html.Div(className="kept-body")],
        className="kept-shown",
        **{"data-artifact": address, "data-shown": kind},
    )


def _address(sweep: str, row: Mapping[str, Any]) -> str:
    asked = urlencode({"attempt": row["attempt"], "kind": row["kind"], "name": row["name"]})
    return f"/api/sweep/{quote(sweep, safe='')}/trial/{row['trial']}/artifact?{asked}"
