"""Tests of how searchers and schedulers are named, described and made again."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from optuna.pruners import MedianPruner
from optuna.samplers import TPESampler

from sweeper.errors import SweeperError
from sweeper.schedule import ASHA, Median
from sweeper.search import named
from sweeper.testing.fakes import LOSS, ListedSearcher, refused
from sweeper.testing.searcher import mixed_space
from tests.naming import shown


@pytest.mark.parametrize("given", ["bogus", "", None, 3, TPESampler, object()], ids=shown)
def test_an_unknown_search_is_refused_with_the_list(given: object) -> None:
    hint = refused(SweeperError, lambda: named.describe_search(given)).hint
    assert all(repr(name) in hint for name in named.NAMES)


@pytest.mark.parametrize("given", ["bogus", "", 3, ASHA, object()], ids=shown)
def test_an_unknown_scheduler_is_refused_with_the_list(given: object) -> None:
    hint = refused(SweeperError, lambda: named.describe_pruning(given)).hint
    assert "'asha'" in hint
    assert "'median'" in hint


@pytest.mark.parametrize("name", named.NAMES)
def test_every_name_can_be_described_as_json_and_made(name: str) -> None:
    described = json.loads(json.dumps(named.describe_search(name)))
    assert named.make_searcher(described, mixed_space(), LOSS, 7).suggest(0) is not None


def test_a_schedulers_options_are_recorded_and_make_the_same_again() -> None:
    for given in (ASHA(min_steps=2, max_steps=50, reduction_factor=4), Median(min_trials=3)):
        described = json.loads(json.dumps(named.describe_pruning(given)))
        made: Any = named.make_pruning(described, LOSS.first)
        assert type(made) is type(given)
        assert made.describe() == given.describe() == described


def test_no_scheduler_is_none() -> None:
    assert named.describe_pruning(None) is None
    assert named.make_pruning(None, LOSS.first) is None


def test_only_its_launcher_can_supply_an_object() -> None:
    search = named.describe_search(ListedSearcher([]))
    error = refused(SweeperError, lambda: named.make_searcher(search, mixed_space(), LOSS, 7))
    assert "ListedSearcher" in error.message
    pruning = named.describe_pruning(MedianPruner())
    error = refused(SweeperError, lambda: named.make_pruning(pruning, LOSS.first))
    assert "MedianPruner" in error.message


def test_the_callers_searcher_and_pruner_are_copied() -> None:
    given = ListedSearcher([{"lr": 0.1}])
    made = named.make_searcher(named.describe_search(given), mixed_space(), LOSS, 7, given)
    assert made is not given
    assert made.suggest(0) == {"lr": 0.1}
    scheduler = ASHA()
    described = {"kind": "object", "name": "x"}
    assert named.make_pruning(described, LOSS.first, scheduler) is not scheduler


def test_grid_and_random_search_load_no_optuna() -> None:
    code = (
        "import sys; from sweeper.search import named, grid_search, random_search;"
        "from sweeper.testing.searcher import SearcherContract;"
        "named.describe_search('grid'); named.describe_pruning('asha');"
        "sys.exit('optuna' in sys.modules or 'sqlalchemy' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
