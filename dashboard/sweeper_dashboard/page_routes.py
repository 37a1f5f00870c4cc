"""What the routes of the pages' own scripts give and take, for the documentation of the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sweeper_dashboard.figures.choices import KNOWN

SELECTION: Mapping[str, str] = {
    "q": 'a query line, as in: val_loss < 0.3 and optimizer == "adam"',
    "f": "the filters of columns as JSON, as the table writes them",
    "brush": 'brushes by column as JSON: {"lr": {"from": 0.001, "to": 0.1}}',
    "hide": "trials that are left out, as in 0-4,9",
    "only": "the only trials that are meant, as in 0-4,9",
}
_TABLE: Mapping[str, str] = {
    **SELECTION,
    "sort": "the key of a column; downwards with a - before it",
    "columns": "the keys of the columns that are given, one a line; all without",
}
_CHOICES: Mapping[str, str] = {name: f"the choice {name} of the figure" for name in KNOWN}
_WIDTH: Mapping[str, str] = {"columns": "how many small figures stand in a row"}
_OF: Mapping[str, str] = {"of": "the trials or sweeps, as the address of the page has them"}
_CURSOR = "the cursor of what is known; 204 where nothing has changed since"


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A route of the pages: what it gives, in a sentence and as a schema, and what it takes.

    Args:
        told: what it gives or does.
        schema: the name of the schema of its JSON; a media type where it gives another.
        asks: what may follow the question mark, by name.
        takes: the name of the schema of the JSON that is sent to it.
    """

    told: str
    schema: str
    asks: Mapping[str, str] = field(default_factory=dict)
    takes: str = ""


SWEEP = "/sweep/<path:name>"
TRIAL = f"{SWEEP}/trial/<int:number>"

READ: Mapping[str, Described] = {
    "/changes": Described(
        told="A digest of the list of sweeps.", schema="Digest", asks={"since": _CURSOR}
    ),
    "/diff/chart": Described(
        told="The curves of trials side by side.", schema="Figure", asks={**_OF, **_WIDTH}
    ),
    "/several": Described(told="The figure of several sweeps.", schema="Figure", asks=_OF),
    f"{SWEEP}/trials": Described(
        told="The trials of a sweep in columns, packed where they are many; of more than 20,000 "
        "the best twentieth and an even sample of the rest.",
        schema="Snapshot",
    ),
    f"{SWEEP}/changes": Described(
        told="The trials that changed, in columns.",
        schema="Snapshot",
        asks={"since": "the rev of what is known", "status": "the sweep's status as known"},
    ),
    f"{SWEEP}/header": Described(
        told="How a sweep stands, and how many trials are selected.",
        schema="HeaderChanges",
        asks={"since": _CURSOR, **SELECTION},
    ),
    f"{SWEEP}/columns": Described(told="The columns of the table.", schema="TableColumns"),
    f"{SWEEP}/rows": Described(
        told="Rows of the table, a thousand at most.",
        schema="TableRows",
        asks={"start": "the first row", "end": "the row behind the last", **_TABLE},
    ),
    f"{SWEEP}/matching": Described(
        told="Which trials are selected.", schema="Matching", asks=SELECTION
    ),
    f"{SWEEP}/csv": Described(told="The table as CSV.", schema="text/csv", asks=_TABLE),
    f"{SWEEP}/views": Described(told="The named views of a sweep.", schema="Views"),
    f"{SWEEP}/chart/<kind>": Described(
        told="One of a sweep's figures.",
        schema="Figure",
        asks={"format": "csv for what it shows as CSV", **SELECTION, **_CHOICES},
    ),
    f"{SWEEP}/report": Described(told="A sweep as one HTML file to keep.", schema="text/html"),
    f"{TRIAL}/changes": Described(
        told="What changed of a trial, and what it wrote.",
        schema="TrialChanges",
        asks={
            "since": "the rev of the trial as known",
            "after": "the last piece of its log that is known; 204 where neither moved",
        },
    ),
    f"{TRIAL}/log": Described(
        told="An earlier part of a trial's log, or the lines in which a text occurs.",
        schema="LogPart",
        asks={"before": "the first piece that is known", "find": "the text"},
    ),
    f"{TRIAL}/chart": Described(
        told="The curves of a trial, a small figure for each metric.", schema="Figure", asks=_WIDTH
    ),
    f"{TRIAL}/usage": Described(
        told="What a trial used of its machine over time.", schema="Figure", asks=_WIDTH
    ),
    f"{TRIAL}/artifact": Described(
        told="A file that a trial published.",
        schema="application/octet-stream",
        asks={
            "attempt": "the attempt that published it",
            "kind": "checkpoint or artifact",
            "name": "its name",
            "file": "a file within it, where it is a folder",
            "download": "1 to keep it rather than to look at it",
        },
    ),
}

WRITTEN: Mapping[str, Described] = {
    f"{SWEEP}/wishes": Described(
        told="Wish something of a running sweep; its controller answers the wish.",
        schema="Recorded",
        takes="WishToMake",
    ),
    f"{SWEEP}/tags": Described(
        told="Tag trials, or take tags from them.", schema="Changed", takes="TagsToChange"
    ),
    f"{SWEEP}/note": Described(told="Give trials a note.", schema="Changed", takes="NoteToWrite"),
    f"{SWEEP}/views": Described(
        told="Save a named view, or forget one.", schema="Views", takes="ViewToSave"
    ),
    "/people/<name>/user": Described(told="Add a user.", schema="User", takes="UserToAdd"),
    "/people/<name>/role": Described(
        told="Give a user another role.", schema="User", takes="RoleToGive"
    ),
    "/people/<name>/password": Described(
        told="Give a user another password, which ends their sessions.",
        schema="User",
        takes="PasswordToSet",
    ),
    "/people/<name>/removal": Described(
        told="Remove a user, whose sessions and tokens end at once.",
        schema="User",
        takes="Nothing",
    ),
    "/people/<name>/token": Described(
        told="Make a token for a user's program; it is shown this once.",
        schema="User",
        takes="TokenToMake",
    ),
    "/people/<name>/revocation": Described(
        told="Take back a token of a user.", schema="User", takes="TokenToRevoke"
    ),
}
