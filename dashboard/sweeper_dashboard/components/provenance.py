"""Where a sweep comes from: command, code, machine and packages, and who launched it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html

from sweeper.model.sweep import SweepRecord


def provenance_panel(sweep: SweepRecord) -> Any:
    """Lay out what is recorded of a sweep's origin."""
    known = sweep.provenance
    command = known.get("command")
    facts = [
        ("Function", sweep.function),
        ("Source", f"{sweep.function_hash} (hash)"),
        ("Command", " ".join(map(str, command)) if isinstance(command, list) else command),
        ("Folder", known.get("folder")),
        ("Commit", known.get("commit")),
        ("User", known.get("user") or sweep.owner),
        ("Host", known.get("host")),
        ("Platform", known.get("platform")),
        ("Python", known.get("python")),
        ("Sweep's seed", sweep.seed),
    ]
    rows = [
        html.Tr([html.Th(label, scope="row"), html.Td(str(value))])
        for label, value in facts
        if value not in (None, "")
    ]
    return html.Div([html.Table(html.Tbody(rows), className="facts origin"), *_more(known)])


def _more(known: Mapping[str, Any]) -> list[Any]:
    found: list[Any] = []
    if known.get("diff"):
        cut = "" if known.get("diff_is_whole", True) else " (its beginning)"
        found.append(_details(f"Uncommitted changes{cut}", str(known["diff"])))
    packages = known.get("packages")
    if isinstance(packages, dict) and packages:
        listed = "\n".join(f"{name}=={version}" for name, version in packages.items())
        found.append(_details(f"{len(packages)} packages", listed))
    return found


def _details(title: str, text: str) -> Any:
    return html.Details(
        className="traceback", children=[html.Summary(title), html.Pre(text)], open=False
    )
