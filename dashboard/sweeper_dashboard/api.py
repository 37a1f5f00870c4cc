"""The JSON endpoints that the pages' scripts poll."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import orjson
from flask import Blueprint, Response, request

from sweeper.errors import SweeperError, SweepNotFound
from sweeper.store.outlines import standings
from sweeper_dashboard import rows, staff, trial_api, writes
from sweeper_dashboard.answers import JSON, in_json, not_found, refused
from sweeper_dashboard.artifacts import artifact
from sweeper_dashboard.charts import asked, figure_bytes, figure_table
from sweeper_dashboard.desk import Desk
from sweeper_dashboard.figures.beside import beside_figure
from sweeper_dashboard.figures.drawing import Request, draw_request
from sweeper_dashboard.figures.several import several_figure
from sweeper_dashboard.guard import Guarded
from sweeper_dashboard.mirror import View
from sweeper_dashboard.packing import packed, sent_squeezed, squeeze, squeezed
from sweeper_dashboard.pages.diff import sides_at
from sweeper_dashboard.pages.several import views_of
from sweeper_dashboard.payload import axes, columns, header
from sweeper_dashboard.query import QueryError
from sweeper_dashboard.ranking import best_places, thinned
from sweeper_dashboard.report import report_of
from sweeper_dashboard.selection import selection_from
from sweeper_dashboard.writes import Refused

_MOST_LINES = 20_000


def endpoints(desk: Desk) -> Blueprint:
    """Make the routes below /api for one desk."""
    routes = Blueprint("api", __name__, url_prefix="/api")

    def add(rule: str, answer: Callable[..., Response], method: str = "GET") -> None:
        def view(**given: Any) -> Response:
            return answer(desk, **given)

        routes.add_url_rule(rule, answer.__name__, view, methods=[method])

    add("/changes", sweeps_changed)
    add("/diff/chart", diff_chart)
    add("/several", several)
    add("/sweep/<path:name>/trials", snapshot)
    add("/sweep/<path:name>/changes", changes)
    add("/sweep/<path:name>/chart/<kind>", chart)
    add("/sweep/<path:name>/report", report)
    add("/sweep/<path:name>/trial/<int:number>/changes", trial_moved)
    add("/sweep/<path:name>/trial/<int:number>/log", log)
    add("/sweep/<path:name>/trial/<int:number>/chart", metrics)
    add("/sweep/<path:name>/trial/<int:number>/usage", used)
    add("/sweep/<path:name>/trial/<int:number>/artifact", artifact)
    add("/sweep/<path:name>/header", header_changed)
    for path, read in _READ.items():
        routes.add_url_rule(f"/sweep/<path:name>/{path}", path, _answering(desk, read))
    for path, write in _WRITTEN.items():
        rule = f"/sweep/<path:name>/{path}"
        routes.add_url_rule(rule, f"{path}!", Writing(desk, write), methods=["POST"])
    for path, write in _STAFF.items():
        view = Writing(desk, write)
        routes.add_url_rule(f"/people/<name>/{path}", f"{path} of people!", view, methods=["POST"])
    add("/sweep/<path:name>/csv", rows.as_csv)
    routes.after_request(squeezed)
    routes.register_error_handler(SweepNotFound, not_found)
    routes.register_error_handler(Refused, refused)
    routes.register_error_handler(QueryError, refused)
    routes.register_error_handler(SweeperError, refused)
    return routes


@dataclass(frozen=True, slots=True)
class Writing:
    """The route of a change; it takes none that asks for no role."""

    desk: Desk
    change: Guarded

    def __call__(self, name: str) -> Response:
        """Make the change."""
        return in_json(self.change(self.desk, name), 202)


def sweeps_changed(desk: Desk) -> Response:
    """Give a digest of the list of sweeps, or 204 where it is still the one given."""
    found = standings(desk.store, desk.clock)
    digest = hashlib.sha256(repr(found).encode()).hexdigest()[:16]
    if request.args.get("since") == digest:
        return Response(status=204)
    return in_json({"digest": digest})


def several(desk: Desk) -> Response:
    """Give the figure of several sweeps."""
    views = views_of(desk, request.args.get("of", ""))
    figure = several_figure([(v.overview, v.trials) for v in views])
    return _drawn(figure, "best-so-far")


def snapshot(desk: Desk, name: str) -> Response:
    """Give a whole sweep; its bytes are made once for each of its states."""
    mirror = desk.mirrors.of(name)
    view = mirror.view()
    stamp = _stamp(view)
    made = mirror.cached("snapshot", stamp)
    if made is None:
        whole = squeeze(orjson.dumps(_whole(view, -1)), numbers=True)
        made = mirror.keep("snapshot", stamp, whole)
    return sent_squeezed(made)


def changes(desk: Desk, name: str) -> Response:
    """Give the trials that changed since a rev, or 204 where nothing did."""
    view = desk.mirrors.of(name).view()
    since = request.args.get("since", default=-1, type=int)
    if since == view.rev and request.args.get("status") == view.overview.status.value:
        return Response(status=204)
    return in_json(_whole(view, since))


def chart(desk: Desk, name: str, kind: str) -> Response:
    """Give one of a sweep's figures as Plotly's JSON, or what it shows as CSV."""
    mirror = desk.mirrors.of(name)
    view = mirror.view()
    try:
        wanted, selected = _wanted(desk, name, view)
        if _as_table():
            return _drawn(draw_request(kind, wanted), f"{name}-{kind}")
        key = f"{kind}:{wanted.choices}:{selected}"
        made = mirror.cached(key, _stamp(view))
        if made is None:
            drawn = squeeze(figure_bytes(draw_request(kind, wanted)))
            made = mirror.keep(key, _stamp(view), drawn)
        return sent_squeezed(made)
    except SweepNotFound:
        raise
    except SweeperError as error:
        return refused(error)


def report(desk: Desk, name: str) -> Response:
    """Give a sweep as one HTML file to keep."""
    frame = desk.frames.of(desk.mirrors.of(name).view())
    asked_for = Request(store=desk.store, frame=frame, importance=desk.importance, clock=desk.clock)
    page = report_of(asked_for)
    # As a download: its scripts are its own, and are not to run among the dashboard's.
    return Response(page, mimetype="text/html", headers=_download(f"{name}.html"))


def _wanted(desk: Desk, name: str, view: View) -> tuple[Request, str]:
    """Read which figure is asked for; every figure holds to the filters of the page."""
    given = asked(request.args, desk.store, desk.frames.of(view))
    selection = selection_from(request.args)
    if selection.narrows:
        sheet = desk.sheets.of(name)
        numbers = frozenset(sheet.numbers[at] for at in sheet.positions(selection))
        given = replace(given, numbers=numbers)
    return replace(given, importance=desk.importance, clock=desk.clock), selection.key


def trial_moved(desk: Desk, name: str, number: int) -> Response:
    """Give what changed of a trial, or 204 where nothing did."""
    found = trial_api.trial_changes(desk, name, number)
    return Response(status=204) if found is None else in_json(found)


def log(desk: Desk, name: str, number: int) -> Response:
    """Give a part of a trial's log."""
    return in_json(trial_api.trial_log(desk, name, number))


def metrics(desk: Desk, name: str, number: int) -> Response:
    """Give the curves of a trial."""
    return _drawn(trial_api.metrics_chart(desk, name, number), f"{name}-{number}-metrics")


def used(desk: Desk, name: str, number: int) -> Response:
    """Give what the attempts of a trial used over time."""
    return _drawn(trial_api.used_chart(desk, name, number), f"{name}-{number}-usage")


def diff_chart(desk: Desk) -> Response:
    """Give the curves of the trials that stand side by side as Plotly's JSON."""
    sides = [(side.label, side.curves) for side in sides_at(desk, request.args.get("of", ""))]
    columns = request.args.get("columns", default=2, type=int)
    return _drawn(beside_figure(sides, columns), "curves")


def header_changed(desk: Desk, name: str) -> Response:
    """Give how a sweep stands and how many trials are selected; 204 where neither moved."""
    view = desk.mirrors.of(name).view()
    cursor = ".".join(str(part) for part in view.stamp)
    if request.args.get("since") == cursor:
        return Response(status=204)
    answer: dict[str, Any] = {"cursor": cursor, "header": header(view)}
    try:
        answer["selected"] = rows.matching(desk, name)
    except QueryError as error:
        answer["selected"] = {"error": error.message, "hint": error.hint}
    return in_json(answer)


def _answering(
    desk: Desk, answer: Callable[[Desk, str], dict[str, Any]]
) -> Callable[[str], Response]:
    return lambda name: in_json(answer(desk, name))


_READ = {
    "columns": rows.describe,
    "rows": rows.rows,
    "matching": rows.matching,
    "views": writes.views_of,
}
_WRITTEN: dict[str, Guarded] = {
    "tags": writes.change_tags,
    "note": writes.write_note,
    "views": writes.save_view,
}

_STAFF: dict[str, Guarded] = {
    "user": staff.add_user,
    "role": staff.change_role,
    "password": staff.change_password,
    "removal": staff.remove_user,
    "token": staff.make_token,
    "revocation": staff.revoke_token,
}


def _whole(view: View, since: int) -> dict[str, Any]:
    described = axes(view.overview)
    names = [axis["name"] for axis in described]
    objective = view.overview.sweep.goals()
    trials = view.since(since)
    if since < 0 and len(trials) > _MOST_LINES:
        # A browser draws no more lines than that, and says so.
        trials = trials.at(thinned(best_places(trials, objective.first), _MOST_LINES))
    return {
        "rev": view.rev,
        "total": len(view.trials),
        "sweep": view.overview.sweep.id,
        "metric": objective.first.metric,
        "mode": objective.first.mode.value,
        "goals": objective.describe(),
        "axes": described,
        "header": header(view),
        "trials": packed(columns(trials, names, objective)),
    }


def _stamp(view: View) -> tuple[object, ...]:
    return view.stamp


def _download(name: str) -> dict[str, str]:
    """Offer an answer as a file, under a name that any header can carry."""
    stem, _, ending = name.rpartition(".")
    safe = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in stem)
    return {"Content-Disposition": f'attachment; filename="{safe}.{ending}"'}


def _as_table() -> bool:
    return request.args.get("format") == "csv"


def _drawn(figure: Any, stem: str) -> Response:
    """Give a figure as Plotly's JSON, or what it shows as CSV where that is asked for."""
    if _as_table():
        head = _download(f"{stem}.csv")
        return Response(figure_table(figure), mimetype="text/csv", headers=head)
    return _bytes(figure_bytes(figure))


def _bytes(made: bytes) -> Response:
    return Response(made, mimetype=JSON)
