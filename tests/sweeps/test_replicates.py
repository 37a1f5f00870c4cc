"""Replicates: one configuration with several seeds is one trial, and none of them runs twice."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trainings import drawn, reports

import sweeper
from sweeper import SweeperError, SweepMismatch, sweepable, uniform
from sweeper.clock import SettableClock
from sweeper.model.assignment import Assignment, Decision
from sweeper.model.event import AttemptKey, Ended, Event, Reported
from sweeper.model.milestones import Milestones
from sweeper.model.replicate import replicate_seed
from sweeper.worker.code import pack
from sweeper.worker.run import run


@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
def draws(x: float) -> dict[str, float]:
    """Say nothing on the way, and return what the seed has drawn."""
    return {"loss": x + random.random(), "size": 3.0}


def swept(function: Any, url: str, **more: Any) -> sweeper.Sweep:
    arguments = {
        "trials": 6, "search": "random", "backend": "inline", "seed": 4, "replicates": 3,
        "progress": False, "store": url, "name": "noisy",
    }  # fmt: skip
    found: sweeper.Sweep = function.sweep(**{**arguments, **more})
    return found


@pytest.mark.parametrize("backend", ["inline", "simulated:3"])
@pytest.mark.parametrize("function", [draws, drawn])
def test_a_trial_is_worth_the_mean_of_its_replicates(
    sqlite_url: str, backend: str, function: Any
) -> None:
    sweep = swept(function, sqlite_url, backend=backend)

    for trial in sweep.trials:
        told = [one.metrics["loss"] for one in trial.replicates]
        assert [one.seed for one in trial.replicates] == [
            replicate_seed(trial.seed, number) for number in (1, 2, 3)
        ]
        assert trial.value == fmean(told)
        assert trial.summary["loss_sd"]["last"] == stdev(told)
        assert len(set(told)) == 3
    table = sweep.dataframe()
    assert list(table["replicates"]) == [3] * 6
    assert list(table["loss_sd"]) == [t.summary["loss_sd"]["last"] for t in sweep.trials]


def test_steps_count_on_and_the_means_stand_behind_the_first_curve(sqlite_url: str) -> None:
    [trial] = swept(drawn, sqlite_url, trials=1).trials

    reports = trial.metrics
    assert [step for step, _ in reports["loss"]] == [1, 2, 3, 6, 9]
    assert [step for step, _ in reports["loss#2"]] == [4, 5, 6]
    assert [step for step, _ in reports["loss#3"]] == [7, 8, 9]
    assert [step for step, _ in reports["loss_sd"]] == [6, 9]
    assert [one.step for one in trial.replicates] == [3, 6, 9]
    assert dict(reports["loss"])[6] == fmean(r.metrics["loss"] for r in trial.replicates[:2])


def test_a_hopeless_configuration_is_pruned_by_replicate(sqlite_url: str) -> None:
    sweep = swept(draws, sqlite_url, trials=30, scheduler="asha")

    ran = [len(trial.replicates) for trial in sweep.trials]
    pruned = [trial for trial in sweep.trials if trial.status == "pruned"]
    assert ran.count(1) > 15
    assert all(t.value == fmean(r.metrics["loss"] for r in t.replicates) for t in pruned)
    assert sweep.best_trial is not None
    assert len(sweep.best_trial.replicates) == 3


def test_a_paused_configuration_goes_on_with_its_next_replicate(sqlite_url: str) -> None:
    scheduler = sweeper.ASHA(max_steps=3, reduction_factor=2)
    sweep = swept(draws, sqlite_url, trials=20, scheduler=scheduler)

    promoted = [trial for trial in sweep.trials if len(trial.attempts) > 1]
    assert promoted
    for trial in promoted:
        assert [one.seed for one in trial.replicates] == [
            replicate_seed(trial.seed, number + 1) for number in range(len(trial.replicates))
        ]


def test_a_replicate_that_was_paused_at_its_very_end_is_worth_its_last_report(
    sqlite_url: str,
) -> None:
    scheduler = sweeper.ASHA(max_steps=27)
    sweep = swept(reports, sqlite_url, trials=12, scheduler=scheduler)

    whole = [trial for trial in sweep.trials if trial.status == "completed"]
    assert whole
    for trial in whole:
        ends = [run.metrics["loss"] for run in trial.replicates]
        assert ends == [trial.params["x"] + 1.0 / 9 + number for number in (1, 2, 3)]
        assert trial.value == fmean(ends)


@pytest.mark.parametrize("replicates", [1, 2])
def test_whoever_goes_on_with_nothing_left_to_do_is_worth_the_last_report(
    sqlite_url: str, replicates: int
) -> None:
    sweep = swept(reports, sqlite_url, replicates=replicates, fixed={"raises": True}, retries=2)

    for trial in sweep.trials:
        ends = [trial.params["x"] + 1.0 / 9 + number + 1 for number in range(replicates)]
        assert trial.value == fmean(ends)
        assert [str(attempt.outcome) for attempt in trial.attempts] == ["error", "succeeded"]
        assert len(trial.metrics["loss"]) == 9 + replicates - 1


def test_a_finished_replicate_does_not_run_again_after_a_failure(sqlite_url: str) -> None:
    whole = swept(drawn, sqlite_url, name="whole")

    mended = swept(drawn, sqlite_url, fixed={"raises_in": 2})

    for trial, other in zip(mended.trials, whole.trials):
        assert len(trial.attempts) == 2
        said = [f"replicate {r} epoch {e}" for r in (1, 2, 3) for e in (1, 2, 3)]
        assert trial.logs().splitlines() == said
        assert (trial.value, trial.metrics) == (other.value, other.metrics)


@pytest.mark.slow
def test_a_finished_replicate_does_not_run_again_after_a_loss(sqlite_url: str) -> None:
    whole = swept(drawn, sqlite_url, name="whole")

    lossy = swept(drawn, sqlite_url, fixed={"dies_in": 3}, backend="local", workers=2)

    for trial, other in zip(lossy.trials, whole.trials):
        assert [str(a.outcome) for a in trial.attempts] == ["lost_worker", "succeeded"]
        assert trial.value == other.value
        second = trial.logs(attempt=2).splitlines()
        assert second[-1] == "replicate 3 epoch 3"
        assert not [line for line in second if not line.startswith("replicate 3")]


def test_a_configuration_that_varies_too_much_can_be_refused(sqlite_url: str) -> None:
    sweep = swept(draws, sqlite_url, trials=20, constraints={"loss_sd": "<= 0.2"})

    for trial in sweep.trials:
        steady = trial.summary["loss_sd"]["last"] <= 0.2
        assert trial.status == ("completed" if steady else "infeasible")
    assert len({trial.status for trial in sweep.trials}) == 2


def test_a_resume_cannot_change_how_many_seeds_a_trial_has(sqlite_url: str) -> None:
    swept(draws, sqlite_url)

    with pytest.raises(SweepMismatch, match="replicates: recorded 3, now 5"):
        swept(draws, sqlite_url, trials=9, replicates=5)
    extended = draws.sweep(name="noisy", store=sqlite_url, trials=8, progress=False)
    assert [len(trial.replicates) for trial in extended.trials] == [3] * 8


@pytest.mark.parametrize(
    ("more", "said"),
    [({"replicates": 0}, "replicates = 0"), ({"scheduler": "pbt"}, "copies the state of one run")],
)
def test_what_cannot_be_is_refused_before_anything_runs(
    sqlite_url: str, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(SweeperError, match=said):
        swept(drawn, sqlite_url, **more)


class CutShort:
    """A channel that keeps what is said until its worker is gone; it answers by a rule."""

    def __init__(self, words: int, stops: frozenset[int]) -> None:
        self.heard: list[Event] = []
        self._words = words
        self._stops = stops

    def send(self, events: Sequence[Event]) -> None:
        for event in events:
            self._words -= 1
            if self._words >= 0:
                self.heard.append(event)

    def ask(self, events: Sequence[Event]) -> Decision:
        self.send(events)
        last = events[-1]
        assert isinstance(last, Reported)
        gone = self._words < 0
        return Decision.STOP if gone or last.step in self._stops else Decision.CONTINUE


def _curve(epochs: list[int]) -> Any:
    def trains(**_params: object) -> float:
        trial = sweeper.trial()
        assert trial is not None
        for epoch in range(1, epochs[trial.replicate - 1] + 1):
            sweeper.report(step=epoch, loss=random.random() + epoch)
        return random.random()

    return trains


@given(
    epochs=st.lists(st.integers(0, 4), min_size=2, max_size=4),
    cuts=st.lists(st.integers(0, 12), max_size=4),
    stops=st.frozensets(st.integers(1, 12), max_size=2),
)
def test_wherever_workers_go_the_reports_are_those_of_one_that_stayed(
    epochs: list[int], cuts: list[int], stops: frozenset[int]
) -> None:
    whole = _played(epochs, [], stops)

    assert _played(epochs, cuts, stops) == whole


def _played(epochs: list[int], cuts: list[int], stops: frozenset[int]) -> tuple[Any, ...]:
    """Run a trial whose workers go after so many events; give its reports and its end."""
    reports: dict[tuple[int, str], float] = {}
    finished: list[Any] = []
    for attempt, words in enumerate([*cuts, 10_000], 1):
        assignment = Assignment(
            key=AttemptKey(0, attempt),
            sweep="noisy",
            params={},
            seed=5,
            code=pack(_curve(epochs)),
            metrics=("loss",),
            folder="",
            milestones=Milestones(first=1, every=1),
            replicates=len(epochs),
            finished=tuple(finished),
        )
        channel = CutShort(words, stops)
        run(assignment, channel, clock=SettableClock())
        for event in channel.heard:
            if isinstance(event, Reported):
                reports.update({(event.step, name): v for name, v in event.metrics.items()})
                finished += [] if event.replicate is None else [event.replicate]
        told = [(r.seed, r.step, r.metrics) for r in finished]
        asked = [event for event in channel.heard if isinstance(event, Reported) and event.waits]
        if any(event.step in stops for event in asked):
            # Its controller has pruned it, whatever becomes of the worker.
            return reports, told, None
        ended = [event for event in channel.heard if isinstance(event, Ended)]
        if ended and ended[0].status != "failed":
            return reports, told, ended[0].values
    raise AssertionError("no attempt has ended")


def test_a_plan_counts_every_replicate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sweeper.planning import forecasting

    monkeypatch.setattr(forecasting, "_RUNS", 4)

    @sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
    def sleeps(x: float) -> float:
        sweeper.sleep(100.0)
        return x

    url = f"sqlite:///{tmp_path / 'store.db'}"
    swept(sleeps, url, backend="simulated:2", trials=10, replicates=2)
    plans = [
        sleeps.plan(
            store=url, backend="simulated:2", trials=10, search="random", seed=1, replicates=seeds
        )
        for seeds in (1, 3)
    ]

    once, thrice = (plan.forecast.seconds.middle for plan in plans if plan.forecast)
    assert "each with 3 seeds" in str(plans[1])
    assert once == pytest.approx(500, rel=0.1)
    assert thrice == pytest.approx(1500, rel=0.1)
