"""The server's cost of each figure of the Compare page, beside optuna-dashboard's.

Both are asked in this process, through WSGI, for 5,000 trials of 20 reports each: ours from a
SQLite store, optuna-dashboard from a study in memory, which flatters it. A figure is drawn for
the first time in each of the runs; the median of their CPU seconds counts, and its bytes.

Measured on two busy cores, 10,000 trials: 22 ms (scatter) to 188 ms (rungs), importance 87 ms;
1 kB to 690 kB (timeline), before they are squeezed.

Run: python benchmarks/dashboard_figures.py [TRIALS]
Without optuna-dashboard (pip install optuna-dashboard==0.21.0) only ours is measured.
"""

from __future__ import annotations

import io
import math
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import optuna
from sweeper_dashboard.figures.drawing import KINDS
from sweeper_dashboard.serve import build, settle

from sweeper.clock import SYSTEM_CLOCK
from sweeper.model.domains import choice, loguniform, uniform
from sweeper.model.event import AttemptKey
from sweeper.model.lifecycle import AttemptStatus, Outcome, SweepStatus, TrialStatus
from sweeper.model.objective import build_objective
from sweeper.model.space import SearchSpace
from sweeper.model.sweep import Options, SweepRecord
from sweeper.model.trial import AttemptRecord, TrialRecord
from sweeper.search.importance import importance
from sweeper.store.leases import acquire
from sweeper.store.questions import find_sweep
from sweeper.store.recording import Changes, create_sweep, record
from sweeper.store.store import Store

REPORTS = 20
RUNS = 3
SPACE = {
    **{f"x{place}": uniform(0.0, 1.0) for place in range(5)},
    **{f"lr{place}": loguniform(1e-5, 1e-1) for place in range(3)},
    "optimizer": choice(["adam", "sgd", "lion"]),
    "layers": choice([2, 4, 8]),
}
# Its rank plot shows all pairs of parameters, our scatter one; its contour of all pairs takes
# minutes and gigabytes and is left out. Its browser draws curves from the whole study.
PEERS = {
    "whole study": "",
    "distribution": "plot/edf",
    "importance": "param_importances",
    "parallel": "plot/parallel_coordinate",
    "scatter": "plot/rank",
    "slice": "plot/slice",
    "timeline": "plot/timeline",
}


def made_up(count: int) -> list[tuple[dict[str, Any], list[float]]]:
    """Draw configurations and the reports of their trials."""
    draw = random.Random(7)
    space = SearchSpace(domains=SPACE, fixed={})
    trials = []
    for _ in range(count):
        params = dict(space.build(lambda _, domain: domain.at(draw.random())))
        floor = params["x0"] ** 2 + abs(math.log10(params["lr0"]) + 3) / 10
        reports = [floor + 2 / step + draw.gauss(0, 0.01) for step in range(1, REPORTS + 1)]
        trials.append((params, reports))
    return trials


def record_ours(
    store: Store, trials: list[tuple[dict[str, Any], list[float]]], name: str = "bench"
) -> None:
    """Record them as a completed sweep."""
    now = SYSTEM_CLOCK.now()
    space = SearchSpace(domains=SPACE, fixed={})
    create_sweep(
        store,
        SweepRecord(
            id=0,
            name=name,
            status=SweepStatus.RUNNING,
            objective=tuple(build_objective("loss", "min").describe()),
            space=space.describe(),
            options=Options(trials=len(trials), scheduler={"kind": "asha"}).describe(),
            seed=7,
            function="bench:train",
            function_hash="0" * 16,
            provenance={},
            created=now,
            updated=now,
        ),
    )
    sweep = find_sweep(store, name)
    changes = Changes()
    for number, (params, reports) in enumerate(trials):
        add_trial(changes, number, space.encode(params), reports, now + number)
    best = min(range(len(trials)), key=lambda number: trials[number][1][-1])
    changes.sweep.update(
        status=SweepStatus.COMPLETED.value,
        ended=now + len(trials) + REPORTS,
        best_trial=best,
        best_value=trials[best][1][-1],
    )
    record(store, sweep.id, acquire(store, sweep, SYSTEM_CLOCK), changes, SYSTEM_CLOCK)


def add_trial(
    changes: Changes, number: int, params: Any, reports: list[float], began: float
) -> None:
    """Note one completed trial, its attempt and its reports."""
    changes.new_trials[number] = TrialRecord(
        number=number,
        status=TrialStatus.COMPLETED,
        params=params,
        seed=number,
        value=reports[-1],
        summary={"loss": {"last": reports[-1], "min": min(reports), "max": max(reports)}},
        last_step=REPORTS,
        attempts=1,
        created=began,
        started=began,
        ended=began + REPORTS,
        duration=REPORTS,
    )
    changes.new_attempts[AttemptKey(number, 1)] = AttemptRecord(
        trial=number,
        number=1,
        status=AttemptStatus.SUCCEEDED,
        outcome=Outcome.SUCCEEDED,
        host=f"node-{number % 20}",
        created=began,
        started=began,
        ended=began + REPORTS,
    )
    for step, value in enumerate(reports, start=1):
        changes.metrics[number, "loss", step] = (value, began + step, 1)


def ours(trials: list[tuple[dict[str, Any], list[float]]]) -> dict[str, tuple[float, int]]:
    """Measure each figure of ours."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/store.db")
        record_ours(store, trials)
        found = {}
        for kind in KINDS:
            costs = [one_of_ours(store, kind) for _ in range(RUNS)]
            found[kind] = (statistics.median(cost for cost, _ in costs), costs[0][1])
        store.close()
    return found


def one_of_ours(store: Store, kind: str) -> tuple[float, int]:
    """Ask a fresh server, whose page is open already, for one figure."""
    client = build(store, "token", importance=importance).server.test_client()
    settle()
    client.get("/?token=token")
    client.get("/api/sweep/bench/trials")
    return timed(lambda: client.get(f"/api/sweep/bench/chart/{kind}").data)


def timed(ask: Callable[[], bytes]) -> tuple[float, int]:
    """Give the CPU seconds and the bytes of an answer."""
    begun = time.process_time()
    size = len(ask())
    return time.process_time() - begun, size


def peers(trials: list[tuple[dict[str, Any], list[float]]]) -> dict[str, tuple[float, int]]:
    """Measure what optuna-dashboard answers; nothing where it is not installed."""
    try:
        import optuna_dashboard
    except ImportError:
        return {}
    storage = optuna.storages.InMemoryStorage()
    study = optuna.create_study(storage=storage, direction="minimize")
    distributions: dict[str, Any] = {
        **{f"x{i}": optuna.distributions.FloatDistribution(0, 1) for i in range(5)},
        **{f"lr{i}": optuna.distributions.FloatDistribution(1e-5, 0.1, log=True) for i in range(3)},
        "optimizer": optuna.distributions.CategoricalDistribution(["adam", "sgd", "lion"]),
        "layers": optuna.distributions.CategoricalDistribution([2, 4, 8]),
    }
    for params, reports in trials:
        study.add_trial(
            optuna.create_trial(
                params=params,
                distributions=distributions,
                value=reports[-1],
                intermediate_values=dict(enumerate(reports, start=1)),
            )
        )
    app = optuna_dashboard.wsgi(storage)
    found = {}
    for kind, path in PEERS.items():
        found[kind] = timed(lambda at=path: asked(app, f"/api/studies/0/{at}".rstrip("/")))
        print(f"optuna-dashboard {kind}: {found[kind][0]:.1f} s", flush=True)
    return found


def asked(app: Any, path: str) -> bytes:
    """Ask a WSGI application for a path."""
    status: list[str] = []
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http",
    }
    body = b"".join(app(environ, lambda code, _headers, _error=None: status.append(code)))
    return body if status and status[0].startswith("200") else b""


def main() -> None:
    """Measure all and print them."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    trials = made_up(count)
    mine = ours(trials)
    for kind, (cost, size) in mine.items():
        print(f"sweeper {kind}: {cost * 1e3:.0f} ms, {size / 1e3:.0f} kB", flush=True)
    theirs = peers(trials)
    print(f"{count:,} trials x {REPORTS} reports; CPU of the server, size of the answer")
    for kind in [*KINDS, "whole study"]:
        own, other = mine.get(kind), theirs.get(kind)
        text = f"{own[0] * 1e3:7.0f} ms {own[1] / 1e3:7.0f} kB" if own else " " * 21
        told = f"{other[0] * 1e3:9.0f} ms {other[1] / 1e3:8.0f} kB" if other and other[1] else ""
        ratio = f"{other[0] / own[0]:8.1f} x" if own and other and other[1] else ""
        print(f"{kind:13} {text}   {told}{ratio}")


if __name__ == "__main__":
    main()
