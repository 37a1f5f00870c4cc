"""A controller killed at many random moments: the sweep equals one that nobody disturbed.

python -m tests.faults.test_moments --kills 100 --trials 200 runs the full size.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest

from sweeper.errors import SweeperError
from sweeper.store import questions
from sweeper.store.store import Store
from tests.faults.auditor import Audit, unlike
from tests.faults.harness import computed, end, none_left, opened, start, wait_for, whole
from tests.faults.harness import drive as drive_to_end
from tests.faults.plan import Scenario
from tests.faults.program import NAME, Run

pytestmark = pytest.mark.slow

KILLS, TRIALS = 25, 80


def scenario(workers: int, trials: int) -> Scenario:
    """Make a sweep of the estimator and the rungs that remember the most."""
    return Scenario(
        search="tpe", asha=True, workers=workers, trials=trials, how="plain", seed=29, pause=0.001
    )


def killed(folder: Path, asked: Scenario, kills: int) -> Audit:
    """Kill a sweep's controller again and again, each time a little further on."""
    chance = random.Random(f"moments {asked}")
    folder.mkdir()
    for kill in range(1, kills + 1):
        run = Run(folder=folder, scenario=asked, mark=uuid4().hex)
        kill_once(run, 1 + kill * asked.trials // (kills + 1), chance.random() * 0.03)
    assert drive_to_end(Run(folder=folder, scenario=asked, mark=uuid4().hex)) == 0
    return opened(folder)


def kill_once(run: Run, wanted: int, seconds: float) -> None:
    """Kill a controller a moment after its sweep has come to so many trials."""
    process = start(run)
    store = Store(f"sqlite:///{run.database}")
    try:
        wait_for(lambda: not process.is_alive() or trials(store) >= wanted, "progress")
        time.sleep(seconds)
        process.kill()
        process.join()
        wait_for(lambda: none_left(run.mark), "the end of its workers", run.mark)
    finally:
        store.close()
        end(process, run.mark)


def trials(store: Store) -> int:
    """Count the trials of a sweep that may not exist yet."""
    with suppress(SweeperError):
        return questions.count_trials(store, questions.find_sweep(store, NAME).id)
    return 0


def check_one_worker(folder: Path, kills: int = KILLS, wanted: int = TRIALS) -> Audit:
    """Kill a sweep of one worker, and compare it with an undisturbed one."""
    asked = scenario(1, wanted)
    audit = killed(folder / "killed", asked, kills)
    undisturbed = whole(asked, folder)
    findings = [*audit.findings(), *audit.completion(), *audit.values(computed)]
    assert findings + unlike(audit, undisturbed, repeats="everything") == []
    assert audit.sweep.best_trial == undisturbed.sweep.best_trial
    return audit


def check_many_workers(folder: Path, kills: int = KILLS, wanted: int = TRIALS) -> Audit:
    """Kill a sweep of eight workers, and see each trial exactly once."""
    audit = killed(folder / "many", scenario(8, wanted), kills)
    assert [*audit.findings(), *audit.completion(), *audit.values(computed)] == []
    return audit


def test_a_killed_sweep_of_one_worker_decides_what_an_undisturbed_one_does(tmp_path: Path) -> None:
    assert any(trial.attempts > 1 for trial in check_one_worker(tmp_path).trials)


def test_a_killed_sweep_of_eight_workers_has_each_trial_exactly_once(tmp_path: Path) -> None:
    assert any(trial.attempts > 1 for trial in check_many_workers(tmp_path).trials)


def main() -> None:
    """Run both checks in the size that is asked for, and say how long they took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--trials", type=int, default=200)
    given = parser.parse_args()
    checks: tuple[Callable[[Path, int, int], Audit], ...] = (check_one_worker, check_many_workers)
    for check in checks:
        with tempfile.TemporaryDirectory() as folder:
            began = time.monotonic()
            audit = check(Path(folder), given.kills, given.trials)
        attempts = sum(trial.attempts for trial in audit.trials)
        print(
            f"{check.__name__}: {given.kills} kills, {len(audit.trials)} trials, "
            f"{attempts} attempts, best trial {audit.sweep.best_trial}; "
            f"holds after {time.monotonic() - began:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
