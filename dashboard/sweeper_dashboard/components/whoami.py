"""Who is logged in, and the way out; the style sheets hide controls from those who only look."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from sweeper.model.people import Role
from sweeper_dashboard.visitor import Visitor


def _people() -> Any:
    return dcc.Link("People", href="/people", className="crumb whoami-people")


def whoami(visitor: Visitor | None) -> Any:
    """Lay out a visitor's name and role, and a button that logs them out."""
    if visitor is None:
        # Dash tries the layout once before the gate has said who is asking.
        return None
    person = visitor.person
    return html.Form(
        [
            html.Span(person.name, className="whoami-name", title=f"{person.name}: {person.role}"),
            html.Span(person.role.value, className="whoami-role soft"),
            *([_people()] if person.role.allows(Role.ADMIN) else []),
            html.Button("Log out", type="submit", className="button whoami-out"),
        ],
        method="post",
        action="/logout",
        id="whoami",
        className="whoami",
        **{"data-role": person.role.value},
    )
