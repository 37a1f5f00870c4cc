"""Every searcher of ours keeps the contract that other people's are held to."""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from typing import Any

import optuna
import pytest
from optuna.samplers import NSGAIISampler, QMCSampler, RandomSampler, TPESampler

from sweeper.model.space import SearchSpace
from sweeper.search.named import describe_search, make_searcher
from sweeper.search.searcher import Searcher
from sweeper.testing.fakes import LOSS
from sweeper.testing.searcher import SearcherContract

warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)


class _Named(SearcherContract):
    given: Any

    def make(self, space: SearchSpace, seed: int) -> Searcher:
        return make_searcher(describe_search(self.given), space, LOSS, seed, self.given)


class TestGrid(_Named):
    given = "grid"


class TestRandom(_Named):
    given = "random"


class TestTPE(_Named):
    given = "tpe"


class TestGP(_Named):
    given = "gp"


class TestQMC(_Named):
    given = "qmc"


class TestNSGA(_Named):
    given = "nsga2"


@pytest.mark.skipif(find_spec("cmaes") is None, reason="cmaes is not installed")
class TestCMAES(_Named):
    given = "cmaes"


class TestAuto(SearcherContract):
    def make(self, space: SearchSpace, seed: int) -> Searcher:
        described = {"kind": "auto", "chosen": "gp+tpe"}
        return make_searcher(described, space, LOSS, seed)


class TestOptunaTPE(_Named):
    given = TPESampler(n_startup_trials=4)


class TestOptunaRandom(_Named):
    given = RandomSampler()


class TestOptunaNSGA(_Named):
    given = NSGAIISampler(population_size=4)


class TestOptunaQMC(_Named):
    given = QMCSampler(seed=3, scramble=True, warn_asynchronous_seeding=False)
