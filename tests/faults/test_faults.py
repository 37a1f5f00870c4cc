"""Faults at random points of the path: after each, the sweep goes on as if nothing had been."""

from __future__ import annotations

import pytest

from tests.faults.harness import check_seed

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", range(20))
def test_whatever_strikes_nothing_is_lost_and_nothing_runs_twice(seed: int) -> None:
    check_seed(seed)
