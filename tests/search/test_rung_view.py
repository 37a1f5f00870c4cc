"""Tests of Optuna's samplers under a scheduler with rungs: what they see, and the way back."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy
import optuna
import pytest
from optuna.samplers import BaseSampler, NSGAIISampler, QMCSampler, TPESampler
from optuna.trial import TrialState

from sweeper.model.domains import uniform
from sweeper.model.encoding import Value, canonical
from sweeper.model.lifecycle import TrialStatus
from sweeper.model.randomness import unit
from sweeper.model.space import SearchSpace, build_space
from sweeper.search.modelled import tpe
from sweeper.search.rung_view import RungView
from sweeper.search.sampled import Sampled
from sweeper.testing.fakes import LOSS, make_trial
from sweeper.testing.scheduler import make_report
from sweeper.testing.searcher import conditional_space, mixed_space
from tests.model.strategies import ANY
from tests.naming import shown
from tests.search.asynchronous import Asynchronous

_LINE = build_space({"x": uniform(0.0, 1.0)}, {}, ANY)
_SQUARE = build_space({"x": uniform(0.0, 1.0), "y": uniform(0.0, 1.0)}, {}, ANY)


def any_loss(params: Mapping[str, Value]) -> float:
    return unit(0, canonical(dict(params)))


def distance(params: Mapping[str, Value]) -> float:
    """Give how far a point of the square lies from the best one."""
    return float(abs(params["x"] - 0.3) + abs(params["y"] - 0.6))


class Seen(BaseSampler):  # type: ignore[misc]
    """Sample by chance, and keep what the study showed."""

    shown: list[dict[int, tuple[TrialState, float | None]]] = []  # noqa: RUF012

    def infer_relative_search_space(self, study: Any, trial: Any) -> dict[str, Any]:
        trials = study.get_trials(deepcopy=False)
        self.shown.append(
            {t.number: (t.state, t.value) for t in trials if t.number != trial.number}
        )
        return {}

    def sample_relative(self, study: Any, trial: Any, search_space: Any) -> dict[str, Any]:
        return {}

    def sample_independent(self, study: Any, trial: Any, name: str, distribution: Any) -> float:
        return trial.number / 100


def test_a_sampler_sees_the_highest_rung_with_enough_scores() -> None:
    searcher = Sampled(_LINE, LOSS, 7, Seen())
    for number in range(20):
        searcher.suggest(number)
        searcher.observe_report(make_report(number, 1, number / 20), (1,))
    for number in range(16):
        searcher.observe_report(make_report(number, 3, 1.0 - number / 20), (3,))
    searcher.observe(make_trial(18, {"x": 0.18}, status=TrialStatus.PRUNED, value=0.9))
    searcher.suggest(20)
    seen = Seen.shown[-1]
    assert [seen[n] for n in range(16)] == [
        (TrialState.COMPLETE, 1.0 - number / 20) for number in range(16)
    ]
    assert [seen[n][0] for n in (17, 18)] == [TrialState.RUNNING, TrialState.PRUNED]


def test_without_rungs_a_sampler_sees_trials_as_they_ended() -> None:
    searcher = Sampled(_LINE, LOSS, 7, Seen())
    for number, status in enumerate((TrialStatus.COMPLETED, TrialStatus.PRUNED)):
        searcher.suggest(number)
        searcher.observe(make_trial(number, {"x": number / 100}, status=status, value=0.5))
    searcher.suggest(2)
    states = [state for state, _ in Seen.shown[-1].values()]
    assert states == [TrialState.COMPLETE, TrialState.PRUNED]


def test_a_long_history_is_shown_by_its_newest_and_its_best() -> None:
    view = RungView(_LINE, LOSS, short=True)
    study = optuna.create_study(storage=view.storage)
    for number in range(900):
        study.add_trial(optuna.create_trial(state=TrialState.RUNNING))
        view.suggested(number, number, {"x": 0.5})
        view.observe_report(make_report(number, 1, abs(number - 100.0)), (1,))
    view.update()
    complete = study.get_trials(states=(TrialState.COMPLETE,))
    assert len(complete) == 300
    assert {trial.number for trial in complete} >= {100, 60, 140, 700, 899}
    assert len(study.get_trials()) == 900


@pytest.mark.slow
@pytest.mark.parametrize(
    "sampler", [TPESampler(), NSGAIISampler(population_size=8), tpe(conditional_space())], ids=shown
)
@pytest.mark.parametrize("space", [mixed_space(), conditional_space()], ids=["mixed", "branches"])
def test_a_rebuilt_searcher_goes_on_exactly_wherever_the_sweep_stopped(
    sampler: BaseSampler, space: SearchSpace
) -> None:
    from copy import deepcopy

    def staged() -> Asynchronous:
        return Asynchronous(lambda: Sampled(space, LOSS, 7, deepcopy(sampler)), space, any_loss)

    sweep = staged()
    for ticks in (1, 3, 29, 41, 53, 67, 71):
        sweep.run(ticks)
        number = len(sweep.trials)
        rebuilt = sweep.rebuilt()
        live = staged()
        live.run(sweep.ticks)
        assert rebuilt.suggest(number) == live.searcher.suggest(number)
    assert len(sweep.trials) > 80


@pytest.mark.slow
def test_optunas_estimator_gathers_where_the_loss_is_small() -> None:
    sweep = Asynchronous(lambda: Sampled(_SQUARE, LOSS, 7, TPESampler()), _SQUARE, distance)
    sweep.run(400)
    losses = [distance(_SQUARE.decode(trial.params)) for trial in sweep.trials]
    assert numpy.median(losses[-40:]) < 0.75 * numpy.median(losses[:20])


def test_an_evolution_goes_on_where_its_parents_did_not_come_to_the_rung_that_it_sees() -> None:
    def make() -> Sampled:
        return Sampled(_SQUARE, LOSS, 7, NSGAIISampler(population_size=8))

    sweep = Asynchronous(make, _SQUARE, distance)
    sweep.run(300)
    assert len(sweep.trials) > 80


def test_a_sequence_goes_on_from_rung_to_rung() -> None:
    sampler = QMCSampler(seed=3, scramble=True, warn_asynchronous_seeding=False)
    sweep = Asynchronous(lambda: Sampled(_LINE, LOSS, 7, sampler), _LINE, any_loss)
    sweep.run(200)
    had = [trial.params["x"] for trial in sweep.trials]
    assert len(set(had)) == len(had)


warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
