"""Writing a report: the figures, the lines and the best trials of a sweep, in one file."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import orjson
from plotly.offline import get_plotlyjs

from sweeper.clock import SYSTEM_CLOCK, Clock, to_datetime
from sweeper.store.store import Store
from sweeper_dashboard import reading
from sweeper_dashboard.figures.drawing import Importance, Request, draw_request
from sweeper_dashboard.figures.frame import Frame
from sweeper_dashboard.packing import packed
from sweeper_dashboard.payload import axes, columns, progress_line
from sweeper_dashboard.trials import read_trials

_ASSETS = Path(__file__).parents[1] / "assets"
_OWN = Path(__file__).parent
_STYLES = ("00_colours", "10_shell", "15_fields", "20_pieces", "30_table", "35_figures", "40_trial")
_SCRIPTS = (
    "00_core", "05_state", "20_figures", "30_model", "31_fronts", "35_columns", "36_controls",
    "40_scale", "41_draw", "42_brush", "43_lines", "44_hover", "45_names",
)  # fmt: skip
_FIGURES = {
    "history": "History",
    "curves": "Learning curves",
    "importance": "Importance",
    "distribution": "Distribution",
    "pareto": "Pareto front",
    "rungs": "Rungs",
    "contour": "Contour",
    "slice": "Slices",
    "timeline": "Timeline",
}
_WIDE = frozenset({"slice", "timeline"})
_MOST_ROWS = 50
_MOST_LINES = 10_000


def write_report(
    store: Store, name: str, *, importance: Importance | None = None, clock: Clock = SYSTEM_CLOCK
) -> str:
    """Write a sweep as one HTML page that needs nothing but a browser.

    Args:
        store: where the sweep lies.
        name: the sweep's name.
        importance: says how much each parameter matters; without it that is left out.
        clock: tells when the report was written.

    Raises:
        SweepNotFound: the store has no sweep of this name.
    """
    state, trials = read_trials(store, name, clock=clock)
    frame = Frame(overview=state.overview, trials=trials)
    return report_of(Request(store=store, frame=frame, importance=importance, clock=clock))


def report_of(request: Request) -> str:
    """Write the sweep that a request is about, as write_report does."""
    frame = request.frame
    name = frame.overview.sweep.name
    kinds = [kind for kind in _FIGURES if kind != "pareto" or len(frame.objective.goals) > 1]
    figures = {kind: draw_request(kind, request) for kind in kinds}
    data = {
        "name": name,
        "figures": {
            kind: orjson.Fragment(f.to_json(engine="orjson")) for kind, f in figures.items()
        },
        "answer": _answer(frame),
    }
    parts = {
        "title": escape(name),
        "styles": _joined(_STYLES, ".css") + (_OWN / "report.css").read_text(encoding="utf-8"),
        "head": _head(frame, request.clock),
        "figures": "".join(_panel(kind, figures[kind]) for kind in kinds),
        "table": _table(frame),
        "data": _safe(orjson.dumps(data).decode()),
        "plotly": _safe_script(get_plotlyjs()),
        "scripts": _safe_script(
            _joined(_SCRIPTS, ".js") + (_OWN / "report.js").read_text(encoding="utf-8")
        ),
    }
    page = (_OWN / "report.html").read_text(encoding="utf-8")
    # In one pass, so that nothing that is put in is taken for a place itself.
    pieces = page.split("%%")
    return "".join(parts[piece] if place % 2 else piece for place, piece in enumerate(pieces))


def _joined(names: Sequence[str], ending: str) -> str:
    texts = [(_ASSETS / f"{name}{ending}").read_text(encoding="utf-8") for name in names]
    return "\n".join(texts)


def _safe(written: str) -> str:
    """Keep JSON from ending the element that it stands in."""
    return written.replace("<", "\\u003c")


def _safe_script(written: str) -> str:
    return written.replace("</script", "<\\/script")


def _answer(frame: Frame) -> dict[str, Any]:
    """Make what the lines are drawn from, as the dashboard sends it; the best where many."""
    described = axes(frame.overview)
    objective = frame.objective
    best = frame.trials.at(frame.best_first()[:_MOST_LINES].tolist())
    return {
        "rev": frame.overview.sweep.rev,
        "sweep": frame.overview.sweep.id,
        "metric": objective.first.metric,
        "mode": objective.first.mode.value,
        "goals": objective.describe(),
        "axes": described,
        "header": {"status": frame.overview.status.value},
        "trials": packed(columns(best, [axis["name"] for axis in described], objective)),
    }


def _head(frame: Frame, clock: Clock) -> str:
    overview = frame.overview
    sweep = overview.sweep
    written = to_datetime(clock.now())
    best = "—" if sweep.best_trial is None else f"trial {sweep.best_trial}"
    facts = [
        ("Objective", str(frame.objective)),
        ("Trials", progress_line(overview)),
        (f"Best {frame.goal.metric}", f"{reading.number(sweep.best_value, 6)} ({best})"),
        ("Function", sweep.function),
        ("Search", _kind(sweep.options.get("search"))),
        ("Scheduler", _kind(sweep.options.get("scheduler"))),
        ("Seed", str(sweep.seed)),
        ("Commit", str(sweep.provenance.get("commit") or "—")[:12]),
        ("Python", str(sweep.provenance.get("python") or "—")),
        ("Written", f"{written:%Y-%m-%d %H:%M} UTC" if written else "—"),
    ]
    cells = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>" for name, text in facts
    )
    status = escape(overview.status.value)
    badge = f'<span class="badge badge-{status}">{status}</span>'
    return f'<h1>{escape(sweep.name)} {badge}</h1><dl class="report-facts">{cells}</dl>'


def _kind(described: Any) -> str:
    return str(described.get("kind", "—")) if isinstance(described, dict) else "—"


def _panel(kind: str, figure: Any) -> str:
    note = (figure.layout.meta or {}).get("note")
    said = f'<p class="graph-note">{escape(note)}</p>' if note else ""
    wide = "panel-wide" if kind in _WIDE else ""
    return (
        f'<div class="card-of-figure"><section class="panel {wide}">'
        f"<h2>{escape(_FIGURES[kind])}</h2>"
        f'<div class="graph" data-figure="{kind}" role="img" aria-label="{_FIGURES[kind]}"></div>'
        f"{said}</section></div>"
    )


def _table(frame: Frame) -> str:
    names = [name.removeprefix("p:") for name in frame.parameters]
    metrics = frame.objective.metrics
    heads = ["trial", "status", *metrics, *names, "steps", "duration"]
    places = frame.best_first()[:_MOST_ROWS].tolist()
    rows = "".join(_line(frame, place, names) for place in places)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    return f'<table class="facts"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _line(frame: Frame, place: int, names: Sequence[str]) -> str:
    trial = frame.trials[place]
    goals = [frame.column(f"m:{metric}").values[place] for metric in frame.objective.metrics]
    given = [reading.words(trial.params[name]) if name in trial.params else "—" for name in names]
    cells = [
        str(trial.number),
        trial.status.value,
        *(reading.number(float(value), 5) for value in goals),
        *given,
        reading.number(trial.last_step),
        reading.duration(trial.duration),
    ]
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
