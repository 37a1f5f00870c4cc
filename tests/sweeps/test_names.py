"""What report() and log_artifact() refuse, so that no worker's words can end a sweep."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import pytest
from test_checkpoints import trial_in

import sweeper
from sweeper import SweeperError
from sweeper.model.event import Reported
from sweeper.worker.context import Entered


@pytest.mark.parametrize("step", [-1, 2**63, 1.5, "3", True])
def test_a_step_is_a_whole_number_that_a_database_can_keep(tmp_path: Path, step: Any) -> None:
    with Entered(trial_in(tmp_path)), pytest.raises(SweeperError, match="step"):
        sweeper.report(step=step, loss=1.0)


def test_numpys_whole_numbers_are_steps(tmp_path: Path) -> None:
    trial = trial_in(tmp_path)
    with Entered(trial):
        for step in numpy.arange(1, 4):
            sweeper.report(step=step, loss=1.0)
    trial.flush()

    heard = [e for e in trial._channel.events if isinstance(e, Reported)]  # type: ignore[attr-defined]
    assert [(report.step, type(report.step)) for report in heard] == [(1, int), (2, int), (3, int)]


@pytest.mark.parametrize("name", ["", "x" * 201, "nul\x00", "lone\ud800"])
def test_a_metrics_name_is_one_that_a_database_can_keep(tmp_path: Path, name: str) -> None:
    with Entered(trial_in(tmp_path)), pytest.raises(SweeperError, match="metric called"):
        sweeper.report(**{name: 1.0})


@pytest.mark.parametrize("value", ["good", None, [1, 2], object()])
def test_a_metric_is_a_number(tmp_path: Path, value: object) -> None:
    with Entered(trial_in(tmp_path)), pytest.raises(SweeperError, match="loss"):
        sweeper.report(loss=value)


@pytest.mark.parametrize("name", ["x" * 301, "../up.txt", "nul\x00"])
def test_an_artifacts_name_stays_in_its_folder(tmp_path: Path, name: str) -> None:
    file = tmp_path / "note.txt"
    file.write_text("kept")

    with Entered(trial_in(tmp_path)), pytest.raises(SweeperError, match="cannot be called"):
        sweeper.log_artifact(file, name=name)
