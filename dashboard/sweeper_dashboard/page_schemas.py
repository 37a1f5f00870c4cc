"""The JSON that the pages' own scripts are sent, as JSON Schema: what the documentation says."""

from __future__ import annotations

from sweeper.model.lifecycle import SweepStatus, TrialStatus
from sweeper.model.people import Role
from sweeper_dashboard.schemas import (
    ANY_OBJECT,
    LIST_OF_TEXT,
    NUMBER,
    TEXT,
    TIME,
    WHOLE,
    Schema,
    exactly,
    one_of,
    or_null,
)

ANYTHING: Schema = {}
YES_OR_NO: Schema = {"type": "boolean"}


def ref(name: str) -> Schema:
    """Mean another schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def list_of(schema: Schema) -> Schema:
    """Describe a list of something."""
    return {"type": "array", "items": schema}


def by_name(schema: Schema) -> Schema:
    """Describe an object of any names."""
    return {"type": "object", "additionalProperties": schema}


def with_some(required: tuple[str, ...], **fields: Schema) -> Schema:
    """Describe an object of which some fields may be missing."""
    return {
        "type": "object",
        "properties": fields,
        "required": list(required),
        "additionalProperties": False,
    }


_BYTES: Schema = {"type": "string", "contentEncoding": "base64"}
_COLUMN: Schema = {
    "description": "A value of each trial, in the order of their numbers. Few trials are a list; "
    "of a thousand and more most columns come as bytes.",
    "oneOf": [
        list_of(ANYTHING),
        {
            **exactly(f4={**_BYTES, "contentMediaType": "application/octet-stream"}),
            "description": "f4: a little-endian IEEE 754 number of 32 bits for each trial, NaN "
            "where there is none.",
        },
        {
            **exactly(u1=_BYTES, of=list_of({"type": ["string", "number"]})),
            "description": "u1: an unsigned byte for each trial, the place of its value in of; "
            "255 where there is none.",
        },
    ],
}
_SETTABLE = with_some(
    ("name",),
    name=TEXT,
    hint=TEXT,
    options=list_of(exactly(value=ANYTHING, text=TEXT)),
)
_AXIS = with_some(
    ("name", "kind"),
    name=TEXT,
    kind={"type": "string", "enum": ["number", "log", "category"]},
    options=list_of(ANYTHING),
    low=NUMBER,
    high=NUMBER,
)
_PIECE: Schema = {
    "type": "array",
    "description": "id (the cursor), attempt, stream, time, text",
    "prefixItems": [WHOLE, WHOLE, TEXT, TIME, TEXT],
}
_MEANT: dict[str, Schema] = {
    "trials": {**TEXT, "description": "trial numbers, as in 0-4,9"},
    "selection": {**ANY_OBJECT, "description": "q, f, brush, hide, only, as in an address"},
    "sweep": {**YES_OR_NO, "description": "true: the sweep itself"},
}

PAGE_SCHEMAS: dict[str, Schema] = {
    "Column": _COLUMN,
    "Columns": exactly(
        **{
            name: ref("Column")
            for name in ("number", "status", "value", "steps", "attempts", "duration", "error")
        },
        params=list_of(ref("Column")),
        metrics=by_name(ref("Column")),
    ),
    "SweepHeader": exactly(
        status=one_of(SweepStatus),
        reason=or_null(TEXT),
        live=YES_OR_NO,
        counts=by_name(WHOLE),
        progress=NUMBER,
        best=or_null(WHOLE),
        cards=by_name(TEXT),
        limits=by_name(ANYTHING),
        searched=list_of(_SETTABLE),
    ),
    "Snapshot": exactly(
        rev={**WHOLE, "description": "the cursor: send it as since to hear of what came after"},
        total=WHOLE,
        sweep=WHOLE,
        metric=TEXT,
        mode=TEXT,
        goals=list_of(exactly(metric=TEXT, mode=TEXT)),
        axes=list_of(_AXIS),
        header=ref("SweepHeader"),
        trials=ref("Columns"),
    ),
    "Matching": exactly(
        matched=WHOLE,
        total=WHOLE,
        numbers={**or_null(TEXT), "description": "as in 0-4,9; null where all or too many match"},
    ),
    "HeaderChanges": exactly(
        cursor=TEXT,
        header=ref("SweepHeader"),
        selected={"anyOf": [ref("Matching"), ref("Error")]},
    ),
    "Digest": exactly(digest={**TEXT, "description": "the cursor: send it as since"}),
    "Figure": {
        "type": "object",
        "description": "A figure of Plotly 7; arrays come as lists or as {dtype, bdata}, base64.",
        "properties": {"data": list_of(ANY_OBJECT), "layout": ANY_OBJECT},
        "required": ["data", "layout"],
    },
    "TableColumns": exactly(
        objective=TEXT,
        mode=TEXT,
        columns=list_of(exactly(key=TEXT, name=TEXT, group=TEXT, kind=TEXT, varies=YES_OR_NO)),
        shown=LIST_OF_TEXT,
    ),
    "TableRows": exactly(
        matched=WHOLE, total=WHOLE, keys=LIST_OF_TEXT, rows=list_of(list_of(ANYTHING))
    ),
    "TrialChanges": exactly(
        rev=WHOLE,
        status=one_of(TrialStatus),
        logs=list_of(_PIECE),
        earlier=YES_OR_NO,
        more=YES_OR_NO,
        driven=YES_OR_NO,
        searched=list_of(_SETTABLE),
        params=ANY_OBJECT,
    ),
    "LogPart": with_some(("logs",), logs=list_of(_PIECE), earlier=YES_OR_NO, more=YES_OR_NO),
    "Views": exactly(views=list_of(exactly(name=TEXT, address=TEXT, by=TEXT))),
    "TagsToChange": with_some((), add=LIST_OF_TEXT, remove=LIST_OF_TEXT, **_MEANT),
    "NoteToWrite": with_some(("text",), text=TEXT, **_MEANT),
    "Changed": exactly(trials={**WHOLE, "description": "how many were meant"}),
    "ViewToSave": with_some(("name",), name=TEXT, address=TEXT, forget=YES_OR_NO),
    "UserToAdd": with_some(("role",), role=one_of(Role), password=TEXT),
    "RoleToGive": exactly(role=one_of(Role)),
    "PasswordToSet": exactly(password=TEXT),
    "TokenToMake": with_some(("label",), label=TEXT, role=one_of(Role), days=NUMBER),
    "TokenToRevoke": exactly(label=TEXT),
    "Nothing": with_some(()),
    "User": with_some(("user",), user=TEXT, role=one_of(Role), token=TEXT),
}
