"""What people may change through the dashboard: wishes, tags, notes and named views."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from flask import request

from sweeper.model.lifecycle import SweepStatus
from sweeper.model.people import Role
from sweeper.model.sweep import SweepOverview
from sweeper.store import commands, marks, questions
from sweeper.store.commands import WishKind
from sweeper_dashboard.desk import Desk
from sweeper_dashboard.guard import needs
from sweeper_dashboard.payload import Fields
from sweeper_dashboard.selection import numbers_from, selection_from
from sweeper_dashboard.visitor import Refused as Refused
from sweeper_dashboard.visitor import visitor

_MOST_TAGS = 50
_MOST_TEXT = 20_000


@needs(Role.OPERATOR)
def make_wish(desk: Desk, name: str) -> Fields:
    """Record what a person wants of a sweep; its controller obeys."""
    given = _given()
    kind = given.get("kind")
    if kind not in set(WishKind):
        raise Refused(f"there is no wish {kind!r}", f"Wish one of: {', '.join(WishKind)}.")
    overview = questions.overview(desk.store, name, desk.clock)
    if overview.status not in (SweepStatus.RUNNING, SweepStatus.PAUSED):
        raise Refused(
            f"nobody drives {name}, which is {overview.status}",
            f"Go on with it: sweeper resume {name}",
            409,
        )
    return {"recorded": kind, "wish": _wish(desk, overview, WishKind(kind), given)}


def _wish(desk: Desk, overview: SweepOverview, kind: WishKind, given: Fields) -> int:
    sweep = overview.sweep
    if kind is WishKind.CHANGE:
        return commands.wish_change(
            desk.store, sweep.id, _limits(given), by=_by(), clock=desk.clock
        )
    if kind is WishKind.QUEUE:
        return commands.wish_trial(desk.store, sweep.id, _params(given), by=_by(), clock=desk.clock)
    trial = given.get("trial")
    if trial is not None and not isinstance(trial, int):
        raise Refused("a trial is meant by its number", "Send a whole number.")
    return commands.wish(desk.store, sweep.id, kind, trial=trial, by=_by(), clock=desk.clock)


def _limits(given: Fields) -> Fields:
    limits = given.get("values")
    known = {"trials", "workers", "time"}
    if not isinstance(limits, dict) or not limits or not set(limits) <= known:
        raise Refused("nothing known is to be changed", f"Change {', '.join(sorted(known))}.")
    for name, value in limits.items():
        if value is not None and not _is_limit(name, value):
            raise Refused(f"{name} cannot be {value!r}", "Give a number above zero.")
    return limits


def _is_limit(name: str, value: object) -> bool:
    kinds = (int, float) if name == "time" else (int,)
    good = isinstance(value, kinds) and not isinstance(value, bool)
    return good and isinstance(value, (int, float)) and math.isfinite(value) and value > 0


def _params(given: Fields) -> Fields:
    params = given.get("values")
    if not isinstance(params, dict) or not params:
        raise Refused("there are no parameters", "Give a value for each searched parameter.")
    return params


@needs(Role.OPERATOR)
def change_tags(desk: Desk, name: str) -> Fields:
    """Tag trials, or take tags from them."""
    given = _given()
    add, remove = _texts(given, "add"), _texts(given, "remove")
    trials = _trials(desk, name, given)
    sweep = questions.find_sweep(desk.store, name)
    commands.change_tags(desk.store, sweep.id, trials, add=add, remove=remove)
    return {"trials": len(trials)}


@needs(Role.OPERATOR)
def write_note(desk: Desk, name: str) -> Fields:
    """Give trials a note."""
    given = _given()
    text = given.get("text")
    if not isinstance(text, str) or len(text) > _MOST_TEXT:
        raise Refused("that is no note", f"Send a text of at most {_MOST_TEXT:,} characters.")
    trials = _trials(desk, name, given)
    sweep = questions.find_sweep(desk.store, name)
    commands.write_note(desk.store, sweep.id, trials, text, by=_by(), clock=desk.clock)
    return {"trials": len(trials)}


def _trials(desk: Desk, name: str, given: Fields) -> list[int | None]:
    """Give the trials that are meant: those named, those selected, or the sweep itself."""
    if given.get("sweep") is True:
        return [None]
    sheet = desk.sheets.of(name)
    selection = given.get("selection")
    if isinstance(selection, dict):
        strings = {str(key): str(value) for key, value in selection.items()}
        return [sheet.numbers[at] for at in sheet.positions(selection_from(strings))]
    wanted = numbers_from(str(given.get("trials", "")))
    found: list[int | None] = [number for number in sheet.numbers if number in wanted]
    if not found:
        raise Refused("no trial is meant", "Pick trials first: x picks the one under the cursor.")
    return found


def views_of(desk: Desk, name: str) -> Fields:
    """List the named views of a sweep."""
    sweep = questions.find_sweep(desk.store, name)
    found = marks.list_views(desk.store, sweep.id)
    return {"views": [{"name": v.name, "address": v.address, "by": v.by} for v in found]}


@needs(Role.OPERATOR)
def save_view(desk: Desk, name: str) -> Fields:
    """Save a named view, or forget one."""
    given = _given()
    label, address = str(given.get("name") or "").strip(), given.get("address")
    if not label:
        raise Refused("a view needs a name", "Give it one.")
    sweep = questions.find_sweep(desk.store, name)
    if given.get("forget") is True:
        commands.forget_view(desk.store, sweep.id, label)
        return views_of(desk, name)
    if not isinstance(address, str) or len(address) > _MOST_TEXT or not _is_local(address):
        raise Refused("that is no view of this sweep", "Save what the address bar shows.")
    commands.save_view(desk.store, sweep.id, label, address, by=_by(), clock=desk.clock)
    return views_of(desk, name)


def _is_local(address: str) -> bool:
    # One of this sweep's tabs and its state, as in "trials?q=lr".
    tab = address.partition("?")[0]
    return tab in ("", "trials", "compare")


def _texts(given: Mapping[str, Any], key: str) -> list[str]:
    texts = given.get(key, [])
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Refused("those are no tags", "Send a list of texts.")
    if len(texts) > _MOST_TAGS:
        raise Refused("those are too many tags", f"Send at most {_MOST_TAGS}.")
    return texts


def _given() -> Fields:
    given = request.get_json(silent=True)
    if not isinstance(given, dict):
        raise Refused("nothing was sent", "Send a JSON object.")
    return given


def _by() -> str:
    return visitor().person.name
