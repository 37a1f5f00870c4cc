"""The page about simulating, run and held against the settings that there are."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

from sweeper_simulated import Simulation

from tests.docs.pages import ROOT, blocks

PAGE = "docs/simulating.md"


def test_every_setting_is_told() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)` \| (.+?) \|", text, re.MULTILINE)
    assert [name for name, _ in told] == [field.name for field in fields(Simulation)]
    real = {field.name: field.default for field in fields(Simulation)}
    for name, default in told[2:]:
        assert float(default) == real[name]


def test_its_blocks_run_one_after_the_other(tmp_path: Path) -> None:
    script = tmp_path / "page.py"
    script.write_text("\n\n".join(blocks(PAGE, "python")), encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert ran.returncode == 0, ran.stderr
    assert "simulated hours" in ran.stdout
