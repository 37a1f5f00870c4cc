"""Confirming: the best trials again with fresh seeds, and which differences are more than luck."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trainings import bounded, noisy
from waiting import wait_for

import sweeper
from sweeper import Sweep, SweeperError
from sweeper.cli.main import main
from sweeper.confirmation import compare, holm
from sweeper.model.objective import Goal, Mode
from sweeper.testing.fakes import refused

QUIET: dict[str, Any] = {"progress": False, "backend": "inline"}
LOSS = Goal(metric="loss", mode=Mode.MIN)
HERE = Path(__file__).parent


def swept(url: str, **given: Any) -> Sweep:
    return noisy.sweep(
        name="noisy", trials=6, search="grid", seed=4, store=url, **{**QUIET, **given}
    )


def test_the_best_trials_run_again_with_fresh_seeds_and_are_compared(sqlite_url: str) -> None:
    sweep = swept(sqlite_url)

    found = sweep.confirm(top=3, seeds=8, **QUIET)

    best = sorted(sweep.trials, key=lambda trial: trial.value or 0.0)[:3]
    assert {row.trial: row.was for row in found.rows} == {t.number: t.value for t in best}
    assert {row.trial: row.params["x"] for row in found.rows} == {
        t.number: t.params["x"] for t in best
    }
    runs = sweeper.load("noisy-confirm", sqlite_url)
    assert len(runs.trials) == 24
    seeds = [trial.seed for trial in (*runs.trials, *sweep.trials)]
    assert len(set(seeds)) == len(seeds)
    for row in found.rows:
        mine = [t.value for t in runs.trials if t.params["x"] == row.params["x"]]
        assert (len(mine), row.mean) == (8, pytest.approx(sum(map(float, mine)) / 8))
        assert row.low < row.mean < row.high
    assert [row.mean for row in found.rows] == sorted(row.mean for row in found.rows)
    assert len(found.differences) == 3


def test_a_bound_on_the_spread_of_replicates_is_not_one_of_single_runs(sqlite_url: str) -> None:
    sweep = swept(sqlite_url, replicates=2, constraints={"loss_sd": "<= 1e9", "loss": "<= 1e9"})

    found = sweep.confirm(top=2, seeds=3)

    assert [len(row.values) for row in found.rows] == [3, 3]
    kept = sweeper.load(found.sweep, sqlite_url).objective.constraints
    assert [str(constraint) for constraint in kept] == ["loss <= 1000000000"]
    with pytest.raises(TypeError, match="bogus"):
        sweep.confirm(top=2, seeds=3, bogus=1)


def test_what_is_confirmed_is_only_read_when_it_is_asked_for_again(sqlite_url: str) -> None:
    sweep = swept(sqlite_url)
    assert sweep.confirmation is None
    found = sweep.confirm(top=2, seeds=3, **QUIET)

    assert sweep.confirm(top=2, seeds=3, **QUIET) == found
    assert sweeper.load("noisy", sqlite_url).confirmation == found
    assert sweeper.load("noisy-confirm", sqlite_url).confirmation == found
    assert len(sweeper.load("noisy-confirm", sqlite_url).trials) == 6

    more = sweep.confirm(top=2, seeds=4, **QUIET)
    assert more.sweep == "noisy-confirm-2"
    assert "<pre>" in more._repr_html_()
    assert f"Trial {more.rows[0].trial} has the best mean" in str(more)


def test_the_shell_confirms_and_shows(sqlite_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    swept(sqlite_url)
    asked = ["confirm", "noisy", "--top", "2", "--seeds", "3", "--backend", "inline", "--quiet"]

    assert main([*asked, "--store", sqlite_url]) == 0
    assert "confirmed by 'noisy-confirm'" in capsys.readouterr().out
    assert main([*asked, "--json", "--store", sqlite_url]) == 0
    assert json.loads(capsys.readouterr().out)["metric"] == "loss"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"top": 0}, "top = 0"),
        ({"seeds": 1}, "seeds = 1"),
        ({"search": "random"}, "confirm() settles search itself"),
    ],
)
def test_what_cannot_be_confirmed_is_refused(
    sqlite_url: str, given: dict[str, Any], said: str
) -> None:
    sweep = swept(sqlite_url)
    assert said in refused(SweeperError, lambda: sweep.confirm(**given)).message
    sweep.confirm(top=1, seeds=2, **QUIET)
    again = sweeper.load("noisy-confirm", sqlite_url)
    assert "is itself a confirmation" in refused(SweeperError, again.confirm).message


def test_a_sweep_without_a_result_or_with_several_objectives_has_nothing_to_confirm(
    sqlite_url: str,
) -> None:
    empty = bounded.sweep(
        name="empty",
        trials=3,
        search="random",
        constraints={"ms": "< 0"},
        store=sqlite_url,
        **QUIET,
    )
    assert "no completed trial" in refused(SweeperError, empty.confirm).message
    several = bounded.sweep(
        name="several", trials=2, search="random", metric=["loss", "ms"], mode=["min", "min"],
        store=sqlite_url, **QUIET,
    )  # fmt: skip
    assert "has 2 objectives" in refused(SweeperError, several.confirm).message


@given(st.lists(st.floats(0.0, 1.0), max_size=12))
def test_what_holm_corrects_keeps_its_order_and_is_never_smaller(found: list[float]) -> None:
    corrected = holm(found)
    assert all(p <= c <= max(p, min(1.0, len(found) * p)) for p, c in zip(found, corrected))
    places = sorted(range(len(found)), key=found.__getitem__)
    assert [corrected[i] for i in places] == sorted(corrected)


@given(
    st.lists(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=6), min_size=1, max_size=5),
)
@settings(max_examples=50)
def test_any_values_are_compared_the_best_mean_first(values: list[list[float]]) -> None:
    found = compare("b", "a", LOSS, [(i, {}, None, v) for i, v in enumerate(values)])
    assert sorted(row.trial for row in found.rows) == list(range(len(values)))
    assert [r.mean for r in found.rows] == sorted(r.mean for r in found.rows)
    assert all(r.low <= r.mean <= r.high for r in found.rows)
    assert found.not_worse[0] == found.rows[0].trial
    assert all(0.0 <= d.p <= 1.0 for d in found.differences)


def test_equal_configurations_are_seldom_told_apart_and_different_ones_nearly_always() -> None:
    chance = random.Random(8)

    def any_real(shift: float) -> bool:
        rows = [[chance.gauss(shift * i, 1.0) for _ in range(5)] for i in range(4)]
        found = compare("b", "a", LOSS, [(i, {}, None, v) for i, v in enumerate(rows)])
        return any(difference.real for difference in found.differences)

    # The chance of even one false difference among six is to be one in twenty at most.
    assert sum(any_real(0.0) for _ in range(200)) <= 18
    assert sum(any_real(4.0) for _ in range(50)) >= 49


@pytest.mark.slow
def test_a_confirmation_that_is_killed_goes_on_and_equals_one_that_was_not(tmp_path: Path) -> None:
    killed = f"sqlite:///{tmp_path / 'killed.db'}"
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    for wanted in (4, 11):
        program = subprocess.Popen(
            [sys.executable, str(HERE / "confirming.py"), killed], env=environment
        )
        wait_for(partial(_has_come_to, program, killed, wanted), "progress")
        program.send_signal(signal.SIGKILL)
        program.wait()
    sweep = sweeper.load("noisy", killed)
    before = sweep.confirmation
    assert before is not None
    assert sum(len(row.values) for row in before.rows) < 18

    again = sweep.confirm(top=3, seeds=6, progress=False)

    whole = swept(
        f"sqlite:///{tmp_path / 'whole.db'}", fixed={"pause": 0.05}, backend="local", workers=1
    )
    assert again == whole.confirm(top=3, seeds=6, progress=False)
    assert [len(row.values) for row in again.rows] == [6, 6, 6]
    assert len(sweeper.sweeps(killed)) == 2


def _has_come_to(program: subprocess.Popen[bytes], store: str, wanted: int) -> bool:
    if program.poll() is not None:
        return True
    try:
        return len(sweeper.load("noisy-confirm", store).trials) >= wanted
    except SweeperError:
        return False
