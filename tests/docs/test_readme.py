"""The README, run and read: its Python blocks, its commands, its links and its map."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sweeper.model.lifecycle import TrialStatus
from sweeper.sweep import load
from tests.docs.pages import ROOT, run_blocks

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_python_blocks_run_one_after_the_other(tmp_path: Path) -> None:
    printed = run_blocks("README.md", tmp_path)
    assert "<sweep 'digits': completed, 24 of 24 trials>" in printed
    store = f"sqlite:///{tmp_path / '.sweeper' / 'store.db'}"
    trials = list(load("digits", store).trials)
    assert [trial.number for trial in trials] == list(range(24))
    assert {trial.status for trial in trials} <= {TrialStatus.COMPLETED, TrialStatus.PRUNED}
    assert {2, 3} <= set(load("digits-with-checkpoints", store).trials[0].checkpoints)


def test_the_first_screen_says_how_to_try_test_and_install_it() -> None:
    first_screen = "\n".join(README.splitlines()[:20])
    for command in ("make demo", "make test", 'pip install "sweepable[all]"'):
        assert command in first_screen


def test_every_make_target_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    pages = README + (ROOT / "CONTRIBUTING.md").read_text()
    for target in set(re.findall(r"`make (\w+)`", pages)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_link_leads_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
    for page in pages:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert page.parent.joinpath(target).exists(), f"{page.name}: {target}"


def test_the_map_names_what_is_there() -> None:
    core = README.partition("## The house")[2]
    for room in re.findall(r"^  (\w+(?:/|\.py)) ", core, re.MULTILINE):
        assert (ROOT / "sweeper" / room).exists(), room
    rooms = {path.name for path in (ROOT / "sweeper").iterdir() if (path / "__init__.py").exists()}
    assert rooms <= set(re.findall(r"(\w+)/", core))
