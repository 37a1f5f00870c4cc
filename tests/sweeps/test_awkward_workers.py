"""Workers that misbehave: storms of reports, deaf functions, leftovers, frozen processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from trainings import freezes, leaves_a_child, storms, swallows
from waiting import lives, wait_for

from sweeper.model.lifecycle import Outcome, TrialStatus

pytestmark = pytest.mark.slow

QUIET: dict[str, Any] = {"progress": False, "seed": 7, "search": "random", "workers": 1}


def test_a_storm_of_reports_is_recorded_whole_and_in_order(sqlite_url: str) -> None:
    sweep = storms.sweep(trials=1, store=sqlite_url, **QUIET)

    (trial,) = sweep.trials
    reports = trial.metrics["loss"]
    assert [step for step, _ in reports] == list(range(1, 30_001))
    assert trial.summary["loss"]["last"] == reports[-1][1]


def test_a_function_that_swallows_every_end_is_killed_after_its_grace(sqlite_url: str) -> None:
    sweep = swallows.sweep(trials=1, time=1.0, grace=0.5, store=sqlite_url, **QUIET)

    (trial,) = sweep.trials
    assert trial.status == TrialStatus.CANCELLED
    assert "swallowed" in trial.logs()
    assert "did not end within its 0.5 s of grace" in (trial.attempts[0].error or "")


def test_what_an_attempt_leaves_running_is_ended(sqlite_url: str, tmp_path: Path) -> None:
    pid_file = tmp_path / "pids"

    leaves_a_child.sweep(trials=2, store=sqlite_url, fixed={"pid_file": str(pid_file)}, **QUIET)

    pids = [int(line) for line in pid_file.read_text().split()]
    assert len(pids) == 2
    wait_for(lambda: not any(lives(pid) for pid in pids), "the leftovers' end")


def test_a_frozen_worker_is_noticed_by_its_silence(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweeper_local.backend.SILENCE_SECONDS", 7.0)

    sweep = freezes.sweep(trials=1, store=sqlite_url, **QUIET)

    (trial,) = sweep.trials
    assert [a.outcome for a in trial.attempts] == [Outcome.LOST_WORKER, Outcome.SUCCEEDED]
