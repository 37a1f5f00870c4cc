"""The page about launching, held against what .sweep() takes and what sweeper offers."""

from __future__ import annotations

import inspect
import re

import pytest

import sweeper
from sweeper.launching.request import LaunchArguments
from sweeper.model import domains
from sweeper.model.resources import Resources
from sweeper.model.sweep import Options
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "launching.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", PAGE, re.MULTILINE))


def test_every_argument_of_a_launch_is_told_in_its_order() -> None:
    assert set(ROWS) == set(LaunchArguments.__annotations__)


@pytest.mark.parametrize("name", ["retries", "losses", "max_failures"])
def test_the_defaults_are_the_real_ones(name: str) -> None:
    assert ROWS[name] == str(getattr(Options(), name))


def test_the_defaults_of_search_backend_and_resources_are_the_real_ones() -> None:
    options, size = Options(), Resources()
    assert ROWS["search"] == f'`"{options.search["kind"]}"`'
    assert ROWS["backend"] == f'`"{options.backend}"`'
    assert ROWS["trials"].startswith(f"{options.trials};")
    assert ROWS["grace"] == f"{options.grace:g} s"
    assert (ROWS["cpus"], ROWS["gpus"]) == (str(size.cpus), str(size.gpus))


def test_every_domain_and_every_call_is_told_with_its_arguments() -> None:
    told = dict(re.findall(r"^\| `(?:sweeper\.)?(\w+)\((.*?)\)` \|", PAGE, re.MULTILINE))
    homes = (domains.__name__, "sweeper.worker.inside")
    real = [getattr(sweeper, name) for name in sweeper.__all__]
    assert set(told) == {found.__name__ for found in real if found.__module__ in homes}
    for name, arguments in told.items():
        taken = inspect.signature(getattr(sweeper, name)).parameters.values()
        written = [str(p.replace(annotation=p.empty)).replace(" = ", "=") for p in taken]
        assert arguments == ", ".join(written)
