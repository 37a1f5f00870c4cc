"""The page of administrators: who may do what, and who did what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dash import dcc, html

from sweeper.model.people import Role
from sweeper.store import audit, people
from sweeper.store.audit import AuditLine, Result
from sweeper.store.people import TokenRecord, UserRecord
from sweeper_dashboard import reading
from sweeper_dashboard.components.pieces import empty, panel
from sweeper_dashboard.desk import Desk
from sweeper_dashboard.visitor import visitor

_LINES = 100
_TONES = {Result.DONE: "good", Result.REFUSED: "warn", Result.FAILED: "bad"}


def people_page(desk: Desk, state: Mapping[str, str]) -> Any:
    """Lay out users, their tokens and the audit, for administrators alone."""
    return html.Div(
        # A key of its own keeps React from carrying another page's nodes over.
        key="people",
        className="page",
        children=[
            html.H1("People", className="page-title"),
            html.Div(id="people-body", className="stack", children=people_body(desk, state)),
            dcc.Store(id="people-rev"),
            dcc.Store(id="people-state", data=dict(state)),
        ],
        **{"data-page": "people"},
    )


def people_body(desk: Desk, state: Mapping[str, str]) -> list[Any]:
    """Lay out what changes with each action."""
    who = visitor().person
    if not who.role.allows(Role.ADMIN):
        return [
            empty(
                "This page is for administrators",
                html.P(f"You are {who.name}, in the role {who.role}."),
            )
        ]
    now = desk.clock.now()
    return [
        panel("Users", _users(people.list_users(desk.store), who.name, now), tools=[_add()]),
        panel("Who did what", _audit(desk, state.get("before", ""), now)),
    ]


def _add() -> Any:
    return html.Button("Add a user", className="button", **{"data-people": "user"})


def _users(found: Sequence[UserRecord], me: str, now: float) -> Any:
    if not found:
        return html.P(
            "Nobody was added yet: whoever knows the address with its token comes in as an "
            "administrator.",
            className="soft",
        )
    heads = ["Name", "Role", "Password", "Tokens of programs", "Since", "Change"]
    return html.Div(
        html.Table(
            [
                html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])),
                html.Tbody([_user(each, me, now) for each in found]),
            ],
            className="facts people",
        ),
        className="wide",
        tabIndex=0,
        role="region",
        **{"aria-label": "Users"},
    )


def _user(user: UserRecord, me: str, now: float) -> Any:
    mine = {"data-name": user.name, "data-role-now": user.role.value}
    acts = [("password", "Password"), ("token", "New token")]
    if user.name != me:
        acts = [("role", "Role"), *acts, ("removal", "Remove")]
    buttons = [
        html.Button(
            label,
            className="control-switch",
            **{"data-people": act, "aria-label": f"{label} of {user.name}", **mine},
        )
        for act, label in acts
    ]
    return html.Tr(
        [
            html.Th(user.name, scope="row"),
            html.Td(html.Span(user.role.value, className=f"tag role-{user.role}")),
            html.Td("yes" if user.has_password else "none"),
            html.Td(_tokens(user, now)),
            html.Td(_since(user, now), title=_moment(user.created)),
            html.Td(html.Div(buttons, className="marks")),
        ]
    )


def _since(user: UserRecord, now: float) -> str:
    by = f", by {user.by}" if user.by else ""
    return f"{reading.age(user.created, now)}{by}"


def _tokens(user: UserRecord, now: float) -> Any:
    if not user.tokens:
        return reading.MISSING
    return html.Ul([_token(user.name, each, now) for each in user.tokens], className="tokens")


def _token(name: str, token: TokenRecord, now: float) -> Any:
    until = "for ever"
    if token.expires is not None:
        left = token.expires - now
        until = f"for {reading.duration(left)}" if left > 0 else "no longer"
    most = f", {token.role} at most" if token.role else ""
    marks = {"data-people": "revocation", "data-name": name, "data-label": token.label}
    return html.Li(
        [
            html.Span(token.label),
            html.Span(f" holds {until}{most} ", className="soft"),
            html.Button(
                "Revoke",
                className="view-forget",
                **{"aria-label": f"Revoke {token.label} of {name}", **marks},
            ),
        ]
    )


def _audit(desk: Desk, before: str, now: float) -> Any:
    cursor = int(before) if before.isascii() and before.isdigit() else None
    found = audit.list_actions(desk.store, before=cursor, limit=_LINES)
    if not found:
        return html.P("Nothing was done yet.", className="soft")
    heads = ("When", "Who", "What", "Sweep", "Outcome", "From", "Detail")
    more = []
    if len(found) == _LINES:
        more = [html.A("Earlier lines", href=f"/people?before={found[-1].id}", className="button")]
    if cursor is not None:
        more.insert(0, html.A("The latest lines", href="/people", className="button"))
    table = html.Table(
        [
            html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])),
            html.Tbody([_line(line, now) for line in found]),
        ],
        className="facts audit",
    )
    return [
        html.Div(
            table,
            className="wide",
            tabIndex=0,
            role="region",
            **{"aria-label": "Who did what"},
        ),
        html.Div(more, className="marks"),
    ]


def _line(line: AuditLine, now: float) -> Any:
    did = line.action
    outcome = html.Span(did.outcome.value, className=f"badge tone-{_TONES[did.outcome]}")
    role = f" ({did.role})" if did.role else ""
    return html.Tr(
        [
            html.Td(reading.age(line.time, now), title=_moment(line.time)),
            html.Td(f"{did.by}{role}"),
            html.Td(did.action),
            html.Td(did.sweep or reading.MISSING),
            html.Td(outcome),
            html.Td(did.address or "shell"),
            html.Td(did.detail or reading.MISSING, className="detail"),
        ]
    )


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
