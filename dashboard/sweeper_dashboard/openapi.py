"""The documentation of the API in OpenAPI, made of the routes themselves."""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import Any

import orjson
from flask import Flask, Response
from werkzeug.routing import Rule

from sweeper.model.people import Role
from sweeper_dashboard.gate import READING
from sweeper_dashboard.page_routes import READ, WRITTEN, Described
from sweeper_dashboard.page_schemas import PAGE_SCHEMAS
from sweeper_dashboard.resources import RESOURCES, WISHES, Resource
from sweeper_dashboard.schemas import SCHEMAS, TEXT, WHOLE, Schema

_ASKED = {
    "limit": "how many items at most; 100, and never more than 1000",
    "after": "the cursor of the page before: its next",
    "before": "the cursor of the page before: its next",
    "status": "only trials of this status",
    "attempt": "only what this attempt wrote",
}
_TOLD = """\
Sweeps, trials, metrics, logs and wishes for other programs. Send a token of a user as
`Authorization: Bearer ...`; `sweeper users token` makes one. Lists come in pages: where `next`
is not null, ask again with it as the cursor. What is tagged *pages* serves the dashboard's own
scripts and may change with any version."""


def put_up_openapi(server: Flask) -> None:
    """Add /api/openapi.json."""

    def openapi() -> Response:
        made = orjson.dumps(document(server))
        return Response(made, mimetype="application/json")

    server.add_url_rule("/api/openapi.json", "openapi", openapi)


def document(server: Flask) -> Schema:
    """Describe all routes of a server that programs may use."""
    paths: dict[str, dict[str, Schema]] = {}
    for rule in server.url_map.iter_rules():
        if rule.rule.startswith("/api/") or rule.rule in ("/metrics", "/healthz"):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                paths.setdefault(_path(rule.rule), {})[method.lower()] = _operation(rule, method)
    return {
        "openapi": "3.1.0",
        "info": {"title": "sweeper", "version": version("sweepable"), "description": _TOLD},
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": {**SCHEMAS, **PAGE_SCHEMAS},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _operation(rule: Rule, method: str) -> Schema:
    known = {f"/api{resource.rule}": resource for resource in RESOURCES}
    described = {"parameters": [_part(name, rule.rule) for name in sorted(rule.arguments)]}
    if method == "POST" and rule.rule == f"/api{WISHES}":
        return {**described, **_wishing()}
    if method == "GET" and rule.rule in known:
        return _resource(known[rule.rule], described["parameters"])
    if rule.rule in _PLAIN:
        return {**described, **_PLAIN[rule.rule]}
    if method in READING:
        return _page(READ[rule.rule.removeprefix("/api")], described["parameters"])
    written = WRITTEN[rule.rule.removeprefix("/api")]
    role = Role.ADMIN if rule.rule.startswith("/api/people/") else Role.OPERATOR
    return {
        **described,
        "summary": written.told,
        "tags": ["pages"],
        "requestBody": {"required": True, "content": _json(written.takes)},
        **_answers(written.schema, role, "202"),
    }


def _resource(resource: Resource, parts: list[Schema]) -> Schema:
    asked = [
        _asked(name, _ASKED[name], TEXT if name == "status" else WHOLE) for name in resource.asks
    ]
    return {
        "summary": resource.told,
        "tags": ["api"],
        "parameters": [*parts, *asked],
        **_answers(resource.schema, resource.role),
    }


def _page(described: Described, parts: list[Schema]) -> Schema:
    asked = [_asked(name, told, TEXT) for name, told in described.asks.items()]
    made = {
        "summary": described.told,
        "tags": ["pages"],
        "parameters": [*parts, *asked],
        **_answers(described.schema, Role.VIEWER),
    }
    if "since" in described.asks:
        made["responses"]["204"] = {"description": "nothing has changed since"}
    return made


def _asked(name: str, told: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "description": told, "schema": schema}


def _wishing() -> Schema:
    return {
        "summary": "Wish something of a running sweep; its controller answers the wish.",
        "tags": ["api"],
        "requestBody": {"required": True, "content": _json("WishToMake")},
        **_answers("Recorded", Role.OPERATOR, "202"),
    }


def _answers(schema: str, role: Role, status: str = "200") -> Schema:
    content = {schema: {"schema": TEXT}} if "/" in schema else _json(schema)
    good: Schema = {"description": "what was asked for", "content": content}
    bad = {"description": "refused, and why", "content": _json("Error")}
    return {"description": f"Needs the role {role}.", "responses": {status: good, "4XX": bad}}


def _json(schema: str) -> Schema:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _part(name: str, rule: str) -> Schema:
    whole = f"<int:{name}>" in rule
    schema = WHOLE if whole else {"type": "string"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _path(rule: str) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)


_TEXT: dict[str, Any] = {"text/plain": {"schema": {"type": "string"}}}
_PLAIN: dict[str, Schema] = {
    "/healthz": {
        "summary": "ok while the store can be read; open to all.",
        "security": [],
        "responses": {
            "200": {"description": "all is well", "content": _TEXT},
            "503": {"description": "the store is away", "content": _TEXT},
        },
    },
    "/metrics": {
        "summary": "The numbers of the sweeps for Prometheus.",
        "responses": {"200": {"description": "the exposition format", "content": _TEXT}},
    },
    "/api/openapi.json": {
        "summary": "This description.",
        "responses": {"200": {"description": "an OpenAPI document"}},
    },
}
