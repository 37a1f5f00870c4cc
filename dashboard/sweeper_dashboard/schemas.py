"""The JSON that the resources of the API give, as JSON Schema: what the documentation says."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeAlias

from sweeper.model.lifecycle import SweepStatus, TrialStatus
from sweeper.model.people import Role
from sweeper.store.audit import Result
from sweeper.store.commands import WishKind

Schema: TypeAlias = dict[str, Any]
"""A JSON Schema."""

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
ANY_OBJECT: Schema = {"type": "object"}
TIME: Schema = {"type": "number", "description": "seconds since 1970-01-01 UTC"}


def or_null(schema: Schema) -> Schema:
    """Let a value be null as well."""
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(words: type[StrEnum]) -> Schema:
    """Let a value be one of the words of an enumeration."""
    return {"type": "string", "enum": [word.value for word in words]}


def exactly(**fields: Schema) -> Schema:
    """Describe an object that has these fields, all of them and no other."""
    return {
        "type": "object",
        "properties": fields,
        "required": sorted(fields),
        "additionalProperties": False,
    }


def page_of(name: str) -> Schema:
    """Describe a page of a list: its items, and the cursor of the next page, null at the end."""
    items = {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}
    return exactly(items=items, next=or_null(WHOLE))


LIST_OF_TEXT: Schema = {"type": "array", "items": TEXT}

SCHEMAS: dict[str, Schema] = {
    "Error": {
        "type": "object",
        "properties": {"error": TEXT, "hint": TEXT},
        "required": ["error"],
    },
    "Me": exactly(name=TEXT, role=one_of(Role)),
    "Sweep": exactly(
        id=WHOLE,
        name=TEXT,
        status=one_of(SweepStatus),
        reason=or_null(TEXT),
        project=or_null(TEXT),
        owner=or_null(TEXT),
        tags=LIST_OF_TEXT,
        goals={"type": "array", "items": exactly(metric=TEXT, mode=TEXT)},
        trials={"type": "object", "additionalProperties": WHOLE},
        asked=or_null(WHOLE),
        best_trial=or_null(WHOLE),
        best_value=or_null(NUMBER),
        gpu_seconds=NUMBER,
        active_seconds=NUMBER,
        created=TIME,
        updated=TIME,
        ended=or_null(TIME),
        seed=WHOLE,
        rev=WHOLE,
    ),
    "Trial": exactly(
        number=WHOLE,
        status=one_of(TrialStatus),
        params=ANY_OBJECT,
        seed=WHOLE,
        origin=TEXT,
        value=or_null(NUMBER),
        values=or_null({"type": "array", "items": or_null(NUMBER)}),
        summary=ANY_OBJECT,
        last_step=WHOLE,
        attempts=WHOLE,
        failures=WHOLE,
        losses=WHOLE,
        error=or_null(TEXT),
        created=TIME,
        started=or_null(TIME),
        ended=or_null(TIME),
        duration=NUMBER,
        replicates={
            "type": "array",
            "items": exactly(seed=WHOLE, step=WHOLE, time=TIME, metrics=ANY_OBJECT),
        },
    ),
    "Metrics": exactly(metrics=LIST_OF_TEXT),
    "Report": exactly(step=WHOLE, value=or_null(NUMBER), time=TIME, attempt=WHOLE),
    "LogPiece": exactly(id=WHOLE, attempt=WHOLE, stream=TEXT, time=TIME, text=TEXT),
    "Wish": exactly(
        id=WHOLE,
        kind=one_of(WishKind),
        trial=or_null(WHOLE),
        values=or_null(ANY_OBJECT),
        by=TEXT,
        created=TIME,
        answered=or_null(TIME),
        answer=or_null(TEXT),
    ),
    "WishToMake": {
        "type": "object",
        "properties": {
            "kind": one_of(WishKind),
            "trial": {**or_null(WHOLE), "description": "for stop: end this trial alone"},
            "values": {
                **ANY_OBJECT,
                "description": "for change: trials, workers, time in seconds; "
                "for queue: the parameters of the trial to run next",
            },
        },
        "required": ["kind"],
    },
    "Recorded": exactly(recorded=one_of(WishKind), wish=WHOLE),
    "AuditLine": exactly(
        id=WHOLE,
        time=TIME,
        by=TEXT,
        role=or_null(one_of(Role)),
        address=or_null(TEXT),
        action=TEXT,
        sweep=or_null(TEXT),
        outcome=one_of(Result),
        detail=or_null(TEXT),
    ),
}
SCHEMAS.update(
    {f"{name}Page": page_of(name) for name in ("Sweep", "Trial", "Report", "LogPiece", "Wish")}
)
SCHEMAS["AuditPage"] = page_of("AuditLine")
