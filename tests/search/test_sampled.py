"""Tests of Optuna's samplers behind our searcher."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy
import optuna
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from optuna.samplers import BaseSampler, RandomSampler, TPESampler

from sweeper.model.domains import choice, qloguniform, randint, uniform
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.objective import Goal, Mode, Objective
from sweeper.model.space import SearchSpace, build_space
from sweeper.search.modelled import tpe
from sweeper.search.named import describe_search, make_searcher
from sweeper.search.sampled import Sampled
from sweeper.search.translation import translate
from sweeper.testing.fakes import LOSS, make_trial
from sweeper.testing.searcher import mixed_space, run_trials
from tests.model.strategies import ANY, domains, same, small, spaces, units
from tests.naming import shown

_BOTH = Objective(goals=(*LOSS.goals, Goal(metric="accuracy", mode=Mode.MAX)))


@given(domains, units)
@settings(max_examples=60)
def test_optuna_is_told_the_value_that_comes_back(domain: Any, unit: float) -> None:
    translation = translate(domain)
    value = domain.at(unit)
    inward = translation.inward(value)
    assert translation.distribution._contains(translation.distribution.to_internal_repr(inward))
    if domain.kind == "normal":
        assert translation.outward(inward) == pytest.approx(value, rel=1e-3, abs=1e-3 * domain.sd)
    else:
        assert same(translation.outward(inward), value)


@given(spaces(most=4), st.integers(0, 2**32))
@settings(max_examples=20)
def test_tpe_suggests_from_any_space(space: SearchSpace, seed: int) -> None:
    assume(space.domains)
    trials = run_trials(Sampled(space, LOSS, seed, tpe(space)), space, 14)
    assert all(space.contains(space.decode(trial.params)) for trial in trials)


@given(spaces(small, most=3), st.integers(0, 2**32))
@settings(max_examples=15)
def test_tpe_has_a_discrete_space_whole_without_repeats(space: SearchSpace, seed: int) -> None:
    lattice = space.lattice()
    assert lattice is not None
    assume(lattice.size <= 30)
    trials = run_trials(Sampled(space, LOSS, seed, tpe(space)), space, lattice.size + 5)
    had = [space.identity(space.decode(trial.params)) for trial in trials]
    assert sorted(had) == sorted(map(space.identity, lattice))


def test_parallel_suggestions_of_a_discrete_space_differ() -> None:
    space = build_space({"a": choice([1, 2, 3, 4]), "b": randint(1, 4)}, {}, ANY)
    searcher = Sampled(space, LOSS, 7, tpe(space))
    had = {space.identity(searcher.suggest(number) or {}) for number in range(16)}
    assert len(had) == 16
    assert searcher.suggest(16) is None


def test_what_ended_well_draws_the_next_suggestions_near() -> None:
    space = build_space({"x": uniform(0.0, 1.0)}, {}, ANY)
    searcher = Sampled(space, LOSS, 7, tpe(space))
    near = 0
    for number in range(60):
        params = searcher.suggest(number) or {}
        near += number >= 30 and abs(params["x"] - 0.3) < 0.1
        made = make_trial(
            number, params, status=TrialStatus.COMPLETED, value=abs(params["x"] - 0.3)
        )
        searcher.observe(made)
    assert near > 15


def test_a_sweep_may_have_several_objectives() -> None:
    space = mixed_space()
    searcher = Sampled(space, _BOTH, 7, tpe(space))
    for number in range(14):
        params = searcher.suggest(number)
        assert params is not None
        trial = make_trial(number, space.encode(params), status=TrialStatus.COMPLETED, value=0.5)
        searcher.observe(replace(trial, values=(0.5, number / 14)))
    stopped = make_trial(14, space.encode(searcher.suggest(14) or {}), status=TrialStatus.PRUNED)
    searcher.observe(replace(stopped, value=0.1, last_step=3))
    assert searcher.suggest(15) is not None


def test_a_trial_without_a_value_or_an_infinite_one_is_no_obstacle() -> None:
    space = mixed_space()
    searcher = Sampled(space, LOSS, 7, tpe(space))
    for number, status in enumerate([*TrialStatus, TrialStatus.COMPLETED, TrialStatus.PRUNED]):
        params = space.encode(searcher.suggest(number) or {})
        searcher.observe(make_trial(number, params, status=status))
    params = space.encode(searcher.suggest(9) or {})
    searcher.observe(make_trial(9, params, status=TrialStatus.COMPLETED, value=float("inf")))
    assert searcher.suggest(10) is not None


@pytest.mark.parametrize("sampler", [TPESampler(seed=1), RandomSampler(seed=1)], ids=shown)
def test_the_callers_sampler_stays_as_it_was(sampler: BaseSampler) -> None:
    before = _state(sampler)
    described = describe_search(sampler)
    first = run_trials(make_searcher(described, mixed_space(), LOSS, 7, sampler), mixed_space(), 5)
    again = run_trials(make_searcher(described, mixed_space(), LOSS, 7, sampler), mixed_space(), 5)
    assert again == first
    assert _state(sampler) == before


def _state(sampler: Any) -> str:
    return repr([part.tolist() if isinstance(part, numpy.ndarray) else part
                 for part in sampler._rng.rng.get_state()])  # fmt: skip


def test_optunas_own_storage_is_never_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(optuna.storages.RDBStorage, "create_new_study")
    space = build_space({"n": qloguniform(1, 100, 1)}, {}, ANY)
    assert len(run_trials(Sampled(space, LOSS, 7, tpe(space)), space, 5)) == 5
