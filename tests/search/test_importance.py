"""Tests of importance: the shares are those of Optuna's PED-ANOVA, at a fraction of the cost."""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Sequence

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.errors import SweeperError
from sweeper.model.domain import Domain
from sweeper.model.domains import (
    choice,
    lograndint,
    loguniform,
    normal,
    ordinal,
    qloguniform,
    quniform,
    randint,
    uniform,
)
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import build_objective
from sweeper.model.space import SearchSpace
from sweeper.model.trial import TrialRecord
from sweeper.search.importance import importance
from sweeper.search.translation import translate

DOMAINS: dict[str, Domain] = {
    "wide": uniform(-2.0, 3.0),
    "rate": loguniform(1e-5, 1e-1),
    "dropout": quniform(0.0, 0.5, 0.1),
    "units": qloguniform(8, 512, 8),
    "layers": randint(1, 4),
    "batch": lograndint(1, 1000),
    "shift": normal(0.0, 2.0),
    "kind": choice(["adam", "sgd", None, 1, True, 1.5]),
    "size": ordinal(["s", "m", "l"]),
    "only": choice(["one"]),
    "fixed": randint(3, 3),
    "momentum": uniform(0.0, 1.0).when(kind="sgd"),
}


def optunas(trials: Sequence[TrialRecord], space: SearchSpace, mode: str) -> dict[str, float]:
    """Ask Optuna, trial by trial."""
    study = optuna.create_study(direction="minimize" if mode == "min" else "maximize")
    translations = {name: translate(domain) for name, domain in space.domains.items()}
    for trial in trials:
        if trial.status is not TrialStatus.COMPLETED:
            continue
        params = space.decode(trial.params)
        known = {name: t for name, t in translations.items() if name in params}
        study.add_trial(
            optuna.create_trial(
                value=trial.value,
                params={name: t.inward(params[name]) for name, t in known.items()},
                distributions={name: t.distribution for name, t in known.items()},
            )
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return optuna.importance.get_param_importances(
            study, evaluator=optuna.importance.PedAnovaImportanceEvaluator()
        )


def drawn(count: int, seed: int, names: Sequence[str]) -> tuple[SearchSpace, list[TrialRecord]]:
    """Draw trials whose results depend on some of their parameters, some being equal."""
    draw = random.Random(seed)
    space = SearchSpace(domains={name: DOMAINS[name] for name in names}, fixed={})
    trials = []
    for number in range(count):
        params = dict(space.build(lambda _, domain: domain.at(draw.random())))
        first = params[names[0]]
        value = (first if isinstance(first, float) else 0.0) + draw.choice(
            [0.0, 0.5, draw.random()]
        )
        trials.append(
            TrialRecord(
                number=number,
                status=draw.choice([TrialStatus.COMPLETED] * 3 + [TrialStatus.FAILED]),
                params=space.encode(params),
                seed=number,
                value=value,
            )
        )
    return space, trials


@settings(max_examples=40, deadline=None)
@given(
    count=st.integers(20, 200),
    seed=st.integers(0, 10_000),
    names=st.lists(st.sampled_from(sorted(DOMAINS)), min_size=1, max_size=5, unique=True),
    mode=st.sampled_from(["min", "max"]),
)
def test_the_shares_are_those_of_optuna(count: int, seed: int, names: list[str], mode: str) -> None:
    if "momentum" in names and "kind" not in names:
        names = ["kind", *names]
    names = sorted(names, key=lambda name: name == "momentum")
    space, trials = drawn(count, seed, names)

    shares = importance(trials, space, build_objective("loss", mode))

    wanted = optunas(trials, space, mode)
    assert shares == pytest.approx(wanted, rel=1e-9, abs=1e-12)
    assert list(shares.values()) == sorted(shares.values(), reverse=True)


def test_a_parameter_that_matters_is_told_from_one_that_does_not() -> None:
    space, trials = drawn(400, 7, ["wide", "rate", "layers"])

    shares = importance(trials, space, build_objective("loss", "min"))

    assert next(iter(shares)) == "wide"
    assert shares["wide"] > 0.7
    assert math.isclose(sum(shares.values()), 1.0)


def test_fewer_than_four_trials_say_nothing() -> None:
    space, trials = drawn(3, 7, ["wide"])

    with pytest.raises(SweeperError, match="importance needs 4"):
        importance(trials, space, build_objective("loss", "min"))


def test_an_option_that_is_none_of_the_space_breaks_nothing() -> None:
    _, trials = drawn(40, 7, ["kind", "wide"])
    narrower = SearchSpace(
        domains={"kind": choice(["adam", "sgd"]), "wide": uniform(0.0, 1.0)}, fixed={}
    )

    shares = importance(trials, narrower, build_objective("loss", "min"))

    assert math.isclose(sum(shares.values()), 1.0)
