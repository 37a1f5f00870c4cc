"""Tests of the density that a Parzen estimator gives."""

from __future__ import annotations

import numpy as np
import pytest

from sweeper.model.domains import choice, uniform
from sweeper.model.space import SearchSpace
from sweeper.search.coordinates import Coordinates
from sweeper.search.parzen import Parzen

CUBE = Coordinates(SearchSpace(domains={"x": uniform(0.0, 1.0), "y": uniform(0.0, 1.0)}))
MIXED = Coordinates(SearchSpace(domains={"x": uniform(0.0, 1.0), "kind": choice(["a", "b"])}))
KNOWN = np.array([[0.2, 0.8], [0.8, 0.2]])
SEEN, CROSSED = np.array([[0.2, 0.8]]), np.array([[0.2, 0.2]])


def density(rows: object, *, joint: bool) -> float:
    parzen = Parzen(CUBE, KNOWN, np.ones(2), joint=joint)
    return float(np.exp(parzen.log_density(rows))[0])


def test_jointly_only_what_was_seen_together_is_likely() -> None:
    assert density(SEEN, joint=True) > 2.0 * density(CROSSED, joint=True)


def test_apart_what_was_seen_in_different_trials_is_as_likely_together() -> None:
    assert density(CROSSED, joint=False) == pytest.approx(density(SEEN, joint=False))


@pytest.mark.parametrize("joint", [True, False])
def test_a_density_sums_to_one(joint: bool) -> None:
    parzen = Parzen(MIXED, np.array([[0.3, 0.25], [0.9, 0.75]]), np.ones(2), joint=joint)
    grid = [(x, kind) for x in (np.arange(400) + 0.5) / 400 for kind in (0.25, 0.75)]
    assert np.exp(parzen.log_density(np.array(grid))).sum() / 400 == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("joint", [True, False])
def test_points_are_drawn_where_it_is_dense(joint: bool) -> None:
    drawn = Parzen(CUBE, KNOWN, np.full(2, 50.0), joint=joint).draw(400, np.random.default_rng(0))
    crossed = np.mean((drawn[:, 0] < 0.5) == (drawn[:, 1] < 0.5))
    assert (crossed < 0.3) == joint
