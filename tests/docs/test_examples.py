"""The examples, run for real."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sweeper.sweep import load
from tests.docs.pages import ROOT


def quickstart(folder: Path, trials: int) -> str:
    """Run the quickstart in a folder and give what it printed."""
    ran = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "quickstart.py"), str(trials)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.slow
def test_the_quickstart_says_what_the_sweep_has_brought_and_goes_on(tmp_path: Path) -> None:
    printed = quickstart(tmp_path, trials=4)
    for words in ("The best configuration, of trial", "with the function's own defaults",
                  "Test accuracy:", "Pruning saved", "sweeper dashboard"):  # fmt: skip
        assert words in printed
    sweep = load("digits", f"sqlite:///{tmp_path / '.sweeper' / 'store.db'}")
    assert sweep.trials[0].origin == "baseline"
    assert sweep.best_trial is not None
    assert sweep.best_trial.value is not None
    assert sweep.best_trial.value >= (sweep.trials[0].value or 0.0) > 0.5

    assert printed == quickstart(tmp_path, trials=4), "nothing is run twice"
    quickstart(tmp_path, trials=6)
    assert [trial.number for trial in sweep.trials] == list(range(6))
