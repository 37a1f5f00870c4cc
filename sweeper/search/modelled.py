"""The searchers by name that need numpy: quasi-random, model-based, and Optuna's samplers."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib.util import find_spec

import optuna
from optuna.samplers import BaseSampler, CmaEsSampler, NSGAIISampler, TPESampler

from sweeper.errors import SweeperError
from sweeper.model.objective import Objective
from sweeper.model.space import SearchSpace
from sweeper.search.coordinates import Coordinates
from sweeper.search.gp_model import GaussianModel
from sweeper.search.parzen_model import ParzenModel
from sweeper.search.quasi import Quasi
from sweeper.search.rung_search import Model, RungSearcher
from sweeper.search.sampled import Sampled
from sweeper.search.searcher import Searcher

_MODELS: dict[str, list[Callable[[Coordinates], Model]]] = {
    "tpe": [ParzenModel],
    "gp": [GaussianModel],
    "gp+tpe": [GaussianModel, ParzenModel],
}


def make_modelled(kind: str, space: SearchSpace, objective: Objective, seed: int) -> Searcher:
    """Make a searcher by its name.

    Raises:
        SweeperError: it cannot serve several objectives, or lacks a library.
    """
    single = len(objective.goals) == 1
    if kind == "qmc":
        return Quasi(space, seed)
    if kind == "tpe" and not single:
        return Sampled(space, objective, seed, tpe(space))
    if kind in _MODELS and single:
        return RungSearcher(space, objective, seed, _MODELS[kind])
    if kind == "nsga2":
        return Sampled(space, objective, seed, NSGAIISampler(seed=0))
    if not single:
        raise SweeperError(
            f'search="{kind}" serves one objective, and the sweep has {len(objective.goals)}',
            hint='Use "tpe", "nsga2", "qmc" or "random", or give one metric.',
        )
    return Sampled(space, objective, seed, cmaes())


def tpe(space: SearchSpace) -> BaseSampler:
    """Make Optuna's tree-structured Parzen estimator as it suits a space.

    Source: Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NIPS 2011.
    """
    conditional = any(domain.conditions for domain in space.domains.values())
    with warnings.catch_warnings():
        # Its sampling of conditional groups is marked experimental; that is ours to know.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return TPESampler(seed=0, multivariate=True, group=conditional, constant_liar=True)


def cmaes() -> BaseSampler:
    """Make Optuna's covariance matrix adaptation; unordered options are drawn by chance.

    Source: Hansen, "The CMA Evolution Strategy: A Tutorial", 2016.

    Raises:
        SweeperError: the library it needs is not installed.
    """
    if find_spec("cmaes") is None:
        raise SweeperError(
            'search="cmaes" needs the library cmaes', hint="Install it: pip install cmaes."
        )
    return CmaEsSampler(seed=0, warn_independent_sampling=False)
