"""What other programs watch a dashboard by: its health, and the sweeps' numbers for Prometheus."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from flask import Flask, Response

from sweeper.errors import StoreError
from sweeper.model.lifecycle import SweepStatus, TrialStatus
from sweeper.model.sweep import SweepOverview
from sweeper.store import people, questions
from sweeper_dashboard.desk import Desk

# The exposition format of https://prometheus.io/docs/instrumenting/exposition_formats/
_FORMAT = "text/plain; version=0.0.4; charset=utf-8"
_LIVE = (SweepStatus.RUNNING, SweepStatus.PAUSED, SweepStatus.INTERRUPTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A metric of Prometheus with its samples by label."""

    name: str
    told: str
    kind: str = "gauge"
    samples: tuple[tuple[Mapping[str, str], float], ...] = ()


def put_up_watch(server: Flask, desk: Desk) -> None:
    """Add /healthz, which is open to all, and /metrics, which is not."""
    server.add_url_rule("/healthz", "healthz", lambda: healthz(desk))
    server.add_url_rule("/metrics", "metrics", lambda: metrics(desk))


def healthz(desk: Desk) -> Response:
    """Answer ok while the store can be read, and 503 while it cannot."""
    try:
        people.has_users(desk.store)
    except StoreError:
        return Response("the store is away", status=503, mimetype="text/plain")
    return Response("ok", mimetype="text/plain")


def metrics(desk: Desk) -> Response:
    """Give the sweeps' numbers in Prometheus' format; ended sweeps are only counted."""
    found = questions.list_sweeps(desk.store, desk.clock)
    return Response("".join(exposed(families(found))), content_type=_FORMAT)


def families(found: Iterable[SweepOverview]) -> list[Family]:
    """Make the metrics of some sweeps."""
    every = list(found)
    live = [overview for overview in every if overview.status in _LIVE]
    statuses = [overview.status for overview in every]
    return [
        Family(
            name="sweeper_sweeps",
            told="Sweeps in the store by status.",
            samples=tuple(
                ({"status": status.value}, statuses.count(status)) for status in SweepStatus
            ),
        ),
        Family(
            name="sweeper_trials",
            told="Trials of the sweeps that have not ended, by status.",
            samples=tuple(
                ({**_of(one), "status": status.value}, one.counts.get(status, 0))
                for one in live
                for status in TrialStatus
            ),
        ),
        Family(
            name="sweeper_best_value",
            told="The best objective so far of the sweeps that have not ended.",
            samples=tuple(
                ({**_of(one), "metric": one.sweep.goals().first.metric}, one.sweep.best_value)
                for one in live
                if one.sweep.best_value is not None
            ),
        ),
        Family(
            name="sweeper_gpu_seconds",
            told="GPU-seconds that the sweeps that have not ended have used.",
            samples=tuple((_of(one), one.sweep.gpu_seconds) for one in live),
        ),
        Family(
            name="sweeper_dashboard_cpu_seconds_total",
            told="Processor time that the dashboard has used.",
            kind="counter",
            samples=(({}, time.process_time()),),
        ),
    ]


def exposed(found: Iterable[Family]) -> Iterator[str]:
    """Write metrics as Prometheus reads them, a line at a time."""
    for family in found:
        yield f"# HELP {family.name} {family.told}\n"
        yield f"# TYPE {family.name} {family.kind}\n"
        for labels, value in family.samples:
            pairs = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
            yield f"{family.name}{{{pairs}}} {_number(value)}\n"


def _of(overview: SweepOverview) -> dict[str, str]:
    return {"sweep": overview.sweep.name}


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value)
