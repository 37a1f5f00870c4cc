"""The API for other programs: sweeps, trials, metrics, logs and wishes, in pages by cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from flask import Blueprint, Response, request

from sweeper.errors import SweeperError, SweepNotFound
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.people import Role
from sweeper.model.sweep import SweepOverview
from sweeper.model.trial import TrialRecord
from sweeper.store import audit, pages, questions
from sweeper_dashboard.answers import in_json, not_found, refused
from sweeper_dashboard.api import Writing
from sweeper_dashboard.desk import Desk
from sweeper_dashboard.payload import Fields, asked
from sweeper_dashboard.visitor import Refused, visitor
from sweeper_dashboard.writes import make_wish

_MOST = 1000
_USUAL = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Something to read below /api: its route, what it gives, and what may be asked of it.

    Args:
        rule: the route below /api.
        told: what it gives, in a sentence.
        schema: the name of the schema of the answer.
        answer: makes the answer from the desk and the parts of the route.
        asks: the names of the parameters that may follow a question mark.
        role: the role that it needs.
    """

    rule: str
    told: str
    schema: str
    answer: Callable[..., Fields]
    asks: tuple[str, ...] = ()
    role: Role = Role.VIEWER


def resources(desk: Desk) -> Blueprint:
    """Make the routes of the API for one desk."""
    routes = Blueprint("resources", __name__, url_prefix="/api")
    for resource in RESOURCES:
        routes.add_url_rule(resource.rule, resource.schema, _Reading(desk, resource))
    routes.add_url_rule(WISHES, "WishToMake", Writing(desk, make_wish), methods=["POST"])
    routes.register_error_handler(SweepNotFound, not_found)
    routes.register_error_handler(Refused, refused)
    routes.register_error_handler(SweeperError, refused)
    return routes


@dataclass(frozen=True, slots=True)
class _Reading:
    """The route of a resource."""

    desk: Desk
    resource: Resource

    def __call__(self, **given: Any) -> Response:
        """Give the resource to whoever has the role for it."""
        person = visitor().person
        if not person.role.allows(self.resource.role):
            needed = self.resource.role
            raise Refused(f"this needs the role {needed}", "Ask an administrator.", 403)
        return in_json(self.resource.answer(self.desk, **given))


def me(_desk: Desk) -> Fields:
    """Give who is asking."""
    person = visitor().person
    return {"name": person.name, "role": person.role.value}


def list_sweeps(desk: Desk) -> Fields:
    """Give a page of sweeps, the newest first."""
    limit = _limit()
    found = pages.sweeps_before(desk.store, _cursor("before"), limit, desk.clock)
    last = found[-1].sweep.id if found else None
    return _page([_sweep(overview) for overview in found], limit, last)


def sweep(desk: Desk, name: str) -> Fields:
    """Give one sweep."""
    return _sweep(questions.overview(desk.store, name, desk.clock))


def _sweep(overview: SweepOverview) -> Fields:
    record = overview.sweep
    kept = ("id", "name", "reason", "project", "owner", "best_trial", "best_value", "gpu_seconds")
    more = ("active_seconds", "created", "updated", "ended", "seed", "rev")
    return {
        **{key: getattr(record, key) for key in (*kept, *more)},
        "status": overview.status.value,
        "tags": list(record.tags),
        "goals": record.goals().describe(),
        "trials": {status.value: overview.counts.get(status, 0) for status in TrialStatus},
        "asked": asked(overview),
    }


def list_trials(desk: Desk, name: str) -> Fields:
    """Give a page of a sweep's trials by number."""
    limit, status = _limit(), request.args.get("status")
    if status is not None and status not in set(TrialStatus):
        raise Refused(f"there is no status {status!r}", f"Ask for: {', '.join(TrialStatus)}.")
    kind = None if status is None else TrialStatus(status)
    found = questions.find_sweep(desk.store, name)
    after = _cursor("after")
    trials = pages.trials_after(desk.store, found.id, -1 if after is None else after, limit, kind)
    last = trials[-1].number if trials else None
    return _page([_trial(trial) for trial in trials], limit, last)


def trial(desk: Desk, name: str, number: int) -> Fields:
    """Give one trial."""
    return _trial(_found(desk, name, number)[1])


def list_metrics(desk: Desk, name: str, number: int) -> Fields:
    """Give the names of what a trial has reported."""
    return {"metrics": sorted(_found(desk, name, number)[1].summary)}


def list_reports(desk: Desk, name: str, number: int, metric: str) -> Fields:
    """Give a page of the reports of one metric by step."""
    limit, after = _limit(), _cursor("after")
    here = (_found(desk, name, number)[0], number)
    first = -(2**62) if after is None else after
    found = pages.reports_after(desk.store, here, metric, first, limit)
    return _page([asdict(one) for one in found], limit, found[-1].step if found else None)


def list_logs(desk: Desk, name: str, number: int) -> Fields:
    """Give a page of what a trial wrote."""
    limit, sweep_id = _limit(), _found(desk, name, number)[0]
    attempt, after = _cursor("attempt"), _cursor("after") or 0
    found = questions.read_logs(
        desk.store, sweep_id, number, attempt=attempt, after=after, limit=limit
    )
    return _page([asdict(piece) for piece in found], limit, found[-1].id if found else None)


def list_wishes(desk: Desk, name: str) -> Fields:
    """Give a page of what people wished of a sweep, the newest first."""
    limit, found = _limit(), questions.find_sweep(desk.store, name)
    wished = pages.wishes_before(desk.store, found.id, _cursor("before"), limit)
    return _page([asdict(wish) for wish in wished], limit, wished[-1].id if wished else None)


def wish(desk: Desk, name: str, number: int) -> Fields:
    """Give one wish with its answer."""
    found = questions.find_sweep(desk.store, name)
    wished = pages.wishes_before(desk.store, found.id, number + 1, 1)
    if not wished or wished[0].id != number:
        raise Refused(f"{name} has no wish {number}", "List them first.", 404)
    return asdict(wished[0])


def list_audit(desk: Desk) -> Fields:
    """Give a page of the audit, the newest first."""
    limit = _limit()
    found = audit.list_actions(desk.store, before=_cursor("before"), limit=limit)
    items = [{"id": line.id, "time": line.time, **asdict(line.action)} for line in found]
    return _page(items, limit, found[-1].id if found else None)


SWEEP = "/sweeps/<path:name>"
WISHES = f"{SWEEP}/wishes"
TRIAL = f"{SWEEP}/trials/<int:number>"
PAGED = ("limit", "after")
NEWEST = ("limit", "before")

RESOURCES = (
    Resource(rule="/me", told="Who is asking, in which role.", schema="Me", answer=me),
    Resource(
        rule="/sweeps",
        told="All sweeps, the newest first.",
        schema="SweepPage",
        answer=list_sweeps,
        asks=NEWEST,
    ),
    Resource(rule=SWEEP, told="One sweep.", schema="Sweep", answer=sweep),
    Resource(
        rule=f"{SWEEP}/trials",
        told="The trials of a sweep by number.",
        schema="TrialPage",
        answer=list_trials,
        asks=(*PAGED, "status"),
    ),
    Resource(rule=TRIAL, told="One trial.", schema="Trial", answer=trial),
    Resource(
        rule=f"{TRIAL}/metrics",
        told="The names of what a trial has reported.",
        schema="Metrics",
        answer=list_metrics,
    ),
    Resource(
        rule=f"{TRIAL}/metrics/<path:metric>",
        told="The reports of one metric by step.",
        schema="ReportPage",
        answer=list_reports,
        asks=PAGED,
    ),
    Resource(
        rule=f"{TRIAL}/logs",
        told="What a trial wrote, in order; ask again with after= to follow it.",
        schema="LogPiecePage",
        answer=list_logs,
        asks=(*PAGED, "attempt"),
    ),
    Resource(
        rule=WISHES,
        told="What people wished of a sweep, the newest first.",
        schema="WishPage",
        answer=list_wishes,
        asks=NEWEST,
    ),
    Resource(
        rule=f"{WISHES}/<int:number>",
        told="One wish, with the controller's answer once there is one.",
        schema="Wish",
        answer=wish,
    ),
    Resource(
        rule="/audit",
        told="Who did what, the newest first; for administrators.",
        schema="AuditPage",
        answer=list_audit,
        asks=NEWEST,
        role=Role.ADMIN,
    ),
)


def _found(desk: Desk, name: str, number: int) -> tuple[int, TrialRecord]:
    sweep_id = questions.find_sweep(desk.store, name).id
    found = questions.find_trial(desk.store, sweep_id, number) if number < 2**31 else None
    if found is None:
        raise Refused(f"{name} has no trial {number}", "List its trials first.", 404)
    return sweep_id, found


def _trial(record: TrialRecord) -> Fields:
    fields = asdict(record)
    # What a searcher keeps in mind is nobody else's; the function's result may be anything.
    for replicate in fields["replicates"]:
        del replicate["result"]
    return {key: fields[key] for key in fields if key not in ("memory", "result", "rev")}


def _page(items: Sequence[Fields], limit: int, last: int | None) -> Fields:
    """Make a page; whatever is shorter than its limit is the last one."""
    return {"items": list(items), "next": last if len(items) == limit else None}


def _limit() -> int:
    limit = _cursor("limit")
    if limit is None:
        return _USUAL
    if not 1 <= limit <= _MOST:
        raise Refused(f"a page cannot have {limit} items", f"Ask for 1 to {_MOST}.")
    return limit


def _cursor(name: str) -> int | None:
    """Read a whole number behind the question mark; None where it is not there."""
    given = request.args.get(name)
    if given is None:
        return None
    try:
        number = int(given)
    except ValueError as error:
        raise Refused(f"{name} cannot be {given[:40]!r}", "Send a whole number.") from error
    if abs(number) > 2**53:
        raise Refused(f"{name} cannot be {number}", "Send the number that next gave.")
    return number
