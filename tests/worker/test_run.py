"""Tests of running one attempt: whatever the function does, it ends once and is told."""

from __future__ import annotations

import json
import sys
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

import sweeper
from sweeper.errors import SweeperError, TrialStopped
from sweeper.model.assignment import Decision
from sweeper.model.event import Event, Published, Reported, read_events, write_event
from sweeper.model.lifecycle import AttemptStatus, Outcome
from sweeper.model.milestones import NO_MILESTONES, Milestones
from sweeper.worker.context import RunningTrial
from tests.naming import shown
from tests.worker.attempts import run_here

EVERY = Milestones(first=1, every=1)


class _NoText(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even this")


class _NoPickle(Exception):
    def __init__(self) -> None:
        super().__init__("kept")
        self.generator = (n for n in ())

    def __reduce__(self) -> str:
        raise TypeError("never")


def raises(what: str) -> None:
    errors: dict[str, Any] = {
        "value": ValueError("no"),
        "no text": _NoText(),
        "no pickle": _NoPickle(),
        "exit": SystemExit(3),
        "interrupt": KeyboardInterrupt(),
        "generator": GeneratorExit(),
        "surrogate": ValueError("lone \ud800 one"),
        "stopped": TrialStopped(),
        "memory": MemoryError("all gone"),
    }
    raise errors[what]


@pytest.mark.parametrize(
    ("what", "kind", "message"),
    [
        ("value", "ValueError", "no"),
        ("no text", "_NoText", "RuntimeError"),
        ("no pickle", "_NoPickle", "kept"),
        ("exit", "SystemExit", "3"),
        ("interrupt", "KeyboardInterrupt", ""),
        ("generator", "GeneratorExit", ""),
        ("surrogate", "ValueError", "lone"),
        ("stopped", "TrialStopped", ""),
        ("memory", "MemoryError", "all gone"),
    ],
)
def test_whatever_is_raised_ends_the_attempt_as_failed(
    tmp_path: Path, what: str, kind: str, message: str
) -> None:
    ended, _ = run_here(raises, tmp_path, what=what)
    assert ended.status is AttemptStatus.FAILED
    assert ended.outcome is (Outcome.OUT_OF_MEMORY if what == "memory" else Outcome.ERROR)
    assert ended.failure is not None
    assert ended.failure.type == kind
    assert message in ended.failure.message
    assert "raise errors[what]" in ended.failure.traceback
    assert "worker/run.py" not in ended.failure.traceback
    assert read_events([write_event(ended)]) == [ended]
    json.loads(write_event(ended))


def returns(value: Any = None) -> Any:
    return value


def test_a_number_is_the_objective(tmp_path: Path) -> None:
    ended, _ = run_here(returns, tmp_path, value=0.5)
    assert (ended.status, ended.values) == (AttemptStatus.SUCCEEDED, (0.5,))
    assert ended.usage


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "nan"])
def test_an_objective_that_is_not_finite_is_not_a_number(tmp_path: Path, value: Any) -> None:
    ended, _ = run_here(returns, tmp_path, value=value)
    assert (ended.status, ended.outcome) == (AttemptStatus.FAILED, Outcome.NOT_A_NUMBER)
    assert ended.failure is not None
    assert "loss" in ended.failure.message


def test_no_objective_at_all_says_how_to_give_one(tmp_path: Path) -> None:
    ended, _ = run_here(returns, tmp_path)
    assert ended.outcome is Outcome.ERROR
    assert ended.failure is not None
    assert "sweeper.report(loss=…)" in ended.failure.message


def reports(steps: int = 3, swallow: bool = False) -> None:
    for step in range(1, steps + 1):
        try:
            sweeper.report(loss=1.0 / step)
        except BaseException:
            if not swallow:
                raise


def test_the_last_report_counts_where_nothing_is_returned(tmp_path: Path) -> None:
    ended, channel = run_here(reports, tmp_path)
    assert ended.values == (1.0 / 3,)
    assert [report.step for report in channel.reports] == [1, 2, 3]
    assert [report.waits for report in channel.reports] == [False] * 3


def test_a_report_waits_at_milestones_alone(tmp_path: Path) -> None:
    milestones = Milestones(first=2, factor=2)
    _, channel = run_here(reports, tmp_path, milestones=milestones, steps=9)
    assert [report.step for report in channel.reports if report.waits] == [2, 4, 8]


@pytest.mark.parametrize("decision", [Decision.STOP, Decision.PAUSE])
def test_a_decision_stops_the_function(tmp_path: Path, decision: Decision) -> None:
    answers = [Decision.CONTINUE, decision]
    ended, channel = run_here(reports, tmp_path, answers=answers, milestones=EVERY)
    assert ended.status is AttemptStatus.STOPPED
    assert len(channel.reports) == 2


def test_a_function_that_swallows_the_stop_ends_with_its_value(tmp_path: Path) -> None:
    ended, channel = run_here(
        reports, tmp_path, answers=[Decision.STOP], milestones=EVERY, swallow=True
    )
    assert ended.status is AttemptStatus.SUCCEEDED
    assert [report.waits for report in channel.reports] == [True, False, False]


def raises_instead() -> None:
    try:
        sweeper.report(loss=1.0)
    finally:
        raise RuntimeError("while cleaning up")


def test_an_error_while_stopping_is_an_error(tmp_path: Path) -> None:
    ended, _ = run_here(raises_instead, tmp_path, answers=[Decision.STOP], milestones=EVERY)
    assert ended.status is AttemptStatus.FAILED


def test_a_requested_stop_lets_the_next_report_raise(tmp_path: Path) -> None:
    ended, channel = run_here(reports, tmp_path, on_trial=RunningTrial.request_stop)
    assert ended.status is AttemptStatus.STOPPED
    assert len(channel.reports) == 1


@pytest.mark.parametrize("times", [1, 2, 3])
def test_an_attempt_whose_worker_has_to_go_is_preempted_however_often_it_is_told(
    tmp_path: Path, times: int
) -> None:
    def tell(trial: RunningTrial) -> None:
        for _ in range(times):
            trial.preempt()

    ended, channel = run_here(reports, tmp_path, on_trial=tell)
    assert (ended.status, ended.outcome) == (AttemptStatus.LOST, Outcome.PREEMPTED)
    assert len(channel.reports) == 1


def test_an_attempt_that_is_to_end_just_ends_where_its_worker_has_to_go_as_well(
    tmp_path: Path,
) -> None:
    def tell(trial: RunningTrial) -> None:
        trial.request_stop()
        trial.preempt()

    ended, _ = run_here(reports, tmp_path, on_trial=tell)
    assert ended.status is AttemptStatus.STOPPED


def looks_around() -> dict[str, Any]:
    trial = sweeper.trial()
    assert trial is not None
    return {
        "loss": 0.0,
        "seen": [trial.number, trial.attempt, trial.seed, trial.sweep, dict(trial.params)] != [],
        "stopping": trial.stopping,
    }


def test_the_trial_is_there_inside_and_gone_outside(tmp_path: Path) -> None:
    ended, _ = run_here(looks_around, tmp_path)
    assert ended.result == {"loss": 0.0, "seen": True, "stopping": False}
    assert sweeper.trial() is None
    assert sweeper.report(loss=1.0) is None  # type: ignore[func-returns-value]


def reports_what(step: Any = None, loss: Any = 1.0) -> float:
    sweeper.report(step=step, loss=loss)
    return 0.0


@pytest.mark.parametrize("step", [-1, 1.5, True, "3", float("nan"), [1]], ids=shown)
def test_a_step_that_is_no_whole_number_is_refused(tmp_path: Path, step: Any) -> None:
    ended, channel = run_here(reports_what, tmp_path, step=step)
    assert ended.failure is not None
    assert "step" in ended.failure.message
    assert channel.reports == []


@pytest.mark.parametrize("loss", [None, "low", [0.5], object(), {}], ids=shown)
def test_a_metric_that_is_no_number_is_refused_by_its_name(tmp_path: Path, loss: Any) -> None:
    ended, channel = run_here(reports_what, tmp_path, loss=loss)
    assert ended.failure is not None
    assert "loss" in ended.failure.message
    assert channel.reports == []


def reports_at_steps() -> float:
    sweeper.report(step=0, loss=9.0)
    sweeper.report(step=5, loss=float("nan"))
    sweeper.report(loss=1.0)
    return 0.0


def test_steps_go_on_from_the_last_one_that_was_given(tmp_path: Path) -> None:
    _, channel = run_here(reports_at_steps, tmp_path)
    assert [report.step for report in channel.reports] == [0, 5, 6]
    assert all(isinstance(read_events([write_event(r)])[0], Reported) for r in channel.reports)


def test_a_function_that_is_gone_fails_the_attempt(tmp_path: Path) -> None:
    from dataclasses import replace

    from sweeper.model.code import Code
    from sweeper.model.event import Ended
    from sweeper.testing import make_assignment
    from sweeper.testing.fakes import FakeChannel
    from sweeper.worker.run import run

    code = Code(path="no_such_module_at_all:train", digest="x")
    made = replace(make_assignment(returns, folder=tmp_path), code=code)
    channel = FakeChannel()
    run(made, channel)
    ended = channel.heard[-1]
    assert isinstance(ended, Ended)
    assert ended.failure is not None
    assert ended.failure.type == SweeperError.__name__
    assert "no_such_module_at_all" in ended.failure.message
    assert "no_such_module_at_all" not in sys.modules


def asks_when_to_save(steps: int) -> dict[str, Any]:
    trial, moments = sweeper.trial(), []
    assert trial is not None
    for step in range(1, steps + 1):
        if trial.should_checkpoint:
            moments.append(step)
        sweeper.report(loss=1.0)
    return {"loss": 0.0, "moments": repr(moments)}


def test_saving_pays_before_the_reports_at_which_a_trial_may_be_paused(tmp_path: Path) -> None:
    pausing = Milestones(first=2, factor=3, last=9, pauses=True)
    ended, _ = run_here(asks_when_to_save, tmp_path, milestones=pausing, steps=9)
    assert ended.result is not None
    assert ended.result["moments"] == "[2, 6]"
    stopping = Milestones(first=2, factor=3, last=9)
    ended, _ = run_here(asks_when_to_save, tmp_path, milestones=stopping, steps=9)
    assert ended.result is not None
    assert ended.result["moments"] == "[]"


def reports_twice_a_step() -> float:
    for step in range(1, 4):
        sweeper.report(step=step, speed=1.0)
        sweeper.report(step=step, loss=1.0 / step)
    return 0.0


def test_of_several_reports_a_step_the_one_with_the_objective_waits(tmp_path: Path) -> None:
    _, channel = run_here(reports_twice_a_step, tmp_path, milestones=EVERY)
    assert {tuple(report.metrics) for report in channel.reports if report.waits} == {("loss",)}
    assert [report.step for report in channel.reports if report.waits] == [1, 2, 3]


def saves_and_reports(saves_first: bool) -> float:
    for step in range(1, 4):
        if saves_first:
            saves(step)
        sweeper.report(step=step, loss=1.0 / step)
        if not saves_first:
            saves(step)
    return 0.0


def saves(step: int) -> None:
    with sweeper.checkpoint(step) as folder:
        (folder / "state.txt").write_text(str(step))


@pytest.mark.parametrize("saves_first", [True, False])
@pytest.mark.parametrize("milestones", [NO_MILESTONES, EVERY], ids=["none", "every"])
def test_a_checkpoint_is_never_sent_without_the_report_of_its_step(
    tmp_path: Path, saves_first: bool, milestones: Milestones
) -> None:
    _, channel = run_here(
        saves_and_reports, tmp_path, milestones=milestones, saves_first=saves_first
    )
    sent = [
        {getattr(event, "step", None) for event in batch if isinstance(event, kind)}
        for kind in (Published, Reported)
        for batch in accumulated(channel.batches)
    ]
    published, reported = sent[: len(sent) // 2], sent[len(sent) // 2 :]
    assert published[-1] == reported[-1] == {1, 2, 3}
    # The first checkpoint may come before anything tells that the function reports at all.
    unknown = {1} if milestones is NO_MILESTONES else set()
    assert all(steps - unknown <= known for steps, known in zip(published, reported, strict=True))


def accumulated(batches: list[list[Event]]) -> list[list[Event]]:
    """Give all that was heard up to each batch."""
    return [list(chain.from_iterable(batches[: end + 1])) for end in range(len(batches))]
