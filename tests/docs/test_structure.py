"""The tour and the commands in the pages, held against the code."""

from __future__ import annotations

import re

import pytest

from sweeper.cli.main import known_verbs, make_parser
from sweeper.model.lifecycle import TRIAL_AFTER, AttemptStatus, Chance, Wish
from tests.docs.pages import ROOT

PAGES = ("README.md", "CONTRIBUTING.md", "docs/structure.md", "docs/schema.md", "docs/sharing.md")
ENDS = (
    AttemptStatus.SUCCEEDED,
    AttemptStatus.STOPPED,
    AttemptStatus.FAILED,
    AttemptStatus.LOST,
)


@pytest.mark.parametrize("ended", ENDS)
def test_the_tour_tells_what_becomes_of_a_trial(ended: AttemptStatus) -> None:
    page = (ROOT / "docs" / "structure.md").read_text(encoding="utf-8")
    row = re.search(rf"^\| {ended} \| (.+) \| (.+) \| (.+) \| (.+) \|$", page, re.MULTILINE)
    assert row is not None
    told = list(row.groups())
    told[1] = told[0] if told[1] == "the same" else told[1]
    for wish, words in zip(Wish, told):
        after = TRIAL_AFTER.get((ended, wish), "-")
        if isinstance(after, Chance):
            assert words == f"waiting while a {after.value} is left, else failed"
        else:
            assert words == after


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_a_page_names_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    verbs = set(re.findall(r"`sweeper (\w+)", text))
    assert verbs <= set(known_verbs(make_parser()))


def test_the_tour_names_every_file_that_it_sends_people_to() -> None:
    page = (ROOT / "docs" / "structure.md").read_text(encoding="utf-8")
    for path in re.findall(r"`([\w/]+(?:/|\.py))`", page.partition("## Where to look")[2]):
        assert (ROOT / path).exists() or (ROOT / "sweeper" / path).exists(), path
