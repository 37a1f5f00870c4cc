"""The pages about simulating and planning, run and held against the settings that there are."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from sweeper_simulated import Simulation

from tests.docs.pages import ROOT, run_blocks

PAGE = "docs/simulating.md"


def test_every_setting_is_told() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)` \| (.+?) \|", text, re.MULTILINE)
    assert [name for name, _ in told] == [field.name for field in fields(Simulation)]
    real = {field.name: field.default for field in fields(Simulation)}
    for name, default in told[2:]:
        assert float(default) == real[name]


@pytest.mark.slow
def test_the_blocks_about_simulating_run_one_after_the_other(tmp_path: Path) -> None:
    assert "simulated hours" in run_blocks(PAGE, tmp_path)


@pytest.mark.slow
def test_the_block_about_planning_runs(tmp_path: Path) -> None:
    printed = run_blocks("docs/planning.md", tmp_path)
    assert "A launch would meet no problem." in printed
    assert "3 trials of sweep 'probe'" in printed
    assert "money" in printed
