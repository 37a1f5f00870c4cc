"""Every scheduler beside its plain reference on thousands of random histories."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.slow
@pytest.mark.parametrize("module", ["test_worlds.py", "test_pbt.py"])
def test_schedulers_live_as_the_plain_ones_in_hundreds_of_worlds_each(module: str) -> None:
    """What runs in a few worlds among the fast tests runs here in many, other ones each time."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", module]
    done = subprocess.run(
        [*command, "-m", "not slow", f"--rootdir={HERE.parent.parent}"],
        cwd=HERE,
        env={**os.environ, "SWEEPER_EXAMPLES": "400"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
