"""What a single fault must not leave behind, each told by its name."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from tests.faults.harness import drive, opened
from tests.faults.plan import Fault, Scenario
from tests.faults.program import Run

pytestmark = pytest.mark.slow


def scenario(**given: object) -> Scenario:
    """Make a small sweep."""
    usual = {"search": "random", "asha": False, "workers": 2, "trials": 6, "how": "plain"}
    return Scenario(**{**usual, "seed": 11, **given})


@pytest.mark.parametrize("how", ["family", "family apart", "family forked"])
def test_a_killed_controller_takes_with_it_what_its_trainings_started(
    tmp_path: Path, how: str
) -> None:
    kill = Fault(point="before start", occurrence=4, action="kill")
    run = Run(
        folder=tmp_path, scenario=scenario(how=how, pause=0.02), faults=(kill,), mark=uuid4().hex
    )

    assert drive(run) == -9  # and within it: no process with its mark is left


@pytest.mark.parametrize("how", ["family", "family forked"])
def test_a_worker_is_missed_at_once_though_its_grandchild_holds_its_connection(
    tmp_path: Path, how: str
) -> None:
    loss = Fault(point="after record", occurrence=4, action="lose worker", count=2)
    run = Run(
        folder=tmp_path, scenario=scenario(how=how, pause=0.1), faults=(loss,), mark=uuid4().hex
    )

    assert drive(run) == 0

    audit = opened(tmp_path)
    assert [*audit.findings(), *audit.completion()] == []
    assert any(trial.losses for trial in audit.trials)
