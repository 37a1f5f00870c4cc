"""The page of guarantees names every end with its policy, and tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sweeper.model.lifecycle import RETRY_POLICY, Again, Outcome
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")


def test_every_outcome_stands_there_with_what_a_further_attempt_costs() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| (\w+) \|$", PAGE, flags=re.MULTILINE)
    assert {Outcome(outcome): Again(again) for outcome, again in rows} == RETRY_POLICY


@pytest.mark.parametrize(
    "named", sorted(set(re.findall(r"`(?:tests/[\w/]*)?(test_\w+\.py)`", PAGE)))
)
def test_each_test_that_is_named_is_there(named: str) -> None:
    assert list(Path(ROOT / "tests").rglob(named))


@pytest.mark.parametrize("title", sorted(set(re.findall(r"`: \*([^*…]+)\*", PAGE))))
def test_each_title_that_is_quoted_is_a_tests_name(title: str) -> None:
    name = re.sub(r"\W+", "_", f"test {title.strip()}")
    found = [
        path for path in (ROOT / "tests").rglob("test_*.py") if f"def {name}" in path.read_text()
    ]
    assert found, name
