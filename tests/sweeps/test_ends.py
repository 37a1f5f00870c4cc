"""The taxonomy of ends: memory, preemption, failures that are all alike."""

from __future__ import annotations

from typing import Any

import pytest
from trainings import awkward, deaf, departing, evicted, greedy, unheeding

import sweeper
from sweeper import AllTrialsFailed
from sweeper.model.lifecycle import Outcome

QUIET: dict[str, Any] = {"progress": False, "seed": 7}


@pytest.mark.parametrize("how", ["python", "torch"])
def test_a_function_that_runs_out_of_memory_is_labelled_so(sqlite_url: str, how: str) -> None:
    with pytest.raises(AllTrialsFailed):
        greedy.sweep(
            trials=1, retries=0, fixed={"how": how}, backend="inline", store=sqlite_url,
            name="greedy", **QUIET,
        )  # fmt: skip

    (attempt,) = sweeper.load("greedy", sqlite_url).trials[0].attempts
    assert attempt.outcome == Outcome.OUT_OF_MEMORY


def test_first_trials_that_all_fail_alike_end_the_sweep_after_three(sqlite_url: str) -> None:
    with pytest.raises(AllTrialsFailed):
        awkward.sweep(
            trials=50, retries=0, fixed={"how": "raise"}, backend="inline", store=sqlite_url,
            name="alike", **QUIET,
        )  # fmt: skip

    failed = sweeper.load("alike", sqlite_url)
    assert len(failed.trials) == 3
    assert "the first 3 trials failed alike: KeyError: 'lr'" in str(failed.overview.sweep.reason)


@pytest.mark.slow
@pytest.mark.parametrize("times", [1, 2])
def test_a_worker_that_is_told_to_go_saves_and_its_trial_goes_on_elsewhere(
    sqlite_url: str, times: int
) -> None:
    sweep = evicted.sweep(
        trials=2, workers=1, retries=0, fixed={"times": times}, store=sqlite_url, **QUIET
    )

    for trial in sweep.trials:
        first, second = trial.attempts
        assert (first.outcome, second.outcome) == (Outcome.PREEMPTED, Outcome.SUCCEEDED)
        assert first.pid != second.pid
        assert [step for step, _ in trial.metrics["loss"]] == list(range(1, 11))


@pytest.mark.slow
def test_a_worker_that_is_told_to_go_and_does_not_is_gone_after_its_grace(sqlite_url: str) -> None:
    sweep = deaf.sweep(trials=1, workers=1, retries=0, grace=0.3, store=sqlite_url, **QUIET)

    first, second = sweep.trials[0].attempts
    assert (first.outcome, second.outcome) == (Outcome.PREEMPTED, Outcome.SUCCEEDED)
    assert "longer than its grace" in str(first.error)


@pytest.mark.slow
def test_a_worker_that_is_told_to_go_before_it_can_listen_counts_as_preempted(
    sqlite_url: str,
) -> None:
    sweep = unheeding.sweep(trials=1, workers=1, retries=0, store=sqlite_url, **QUIET)

    first, second = sweep.trials[0].attempts
    assert (first.outcome, second.outcome) == (Outcome.PREEMPTED, Outcome.SUCCEEDED)


@pytest.mark.slow
def test_a_worker_that_is_told_to_go_as_its_function_returns_takes_no_other_trial_along(
    sqlite_url: str,
) -> None:
    sweep = departing.sweep(trials=6, workers=2, losses=0, store=sqlite_url, **QUIET)

    assert [len(trial.attempts) for trial in sweep.trials] == [1] * 6
    assert {trial.status for trial in sweep.trials} == {"completed"}
