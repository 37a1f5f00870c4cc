"""The verbs that read: what they say to people and to programs."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from sweeper import Sweep
from sweeper.cli.main import known_verbs, make_parser
from tests.cli.conftest import Shell


def test_ls_lists_the_sweeps(shell: Shell, finished: Sweep) -> None:
    ran = shell("ls")

    assert ran.code == 0
    assert "rates" in ran.out
    assert "completed" in ran.out
    assert "8/8" in ran.out


def test_every_reading_verb_speaks_json(shell: Shell, finished: Sweep) -> None:
    best = finished.best_trial
    assert best is not None

    assert json.loads(shell("ls", "--json").out)[0]["counts"]["completed"] == 7
    assert json.loads(shell("show", "rates", "--json").out)["seed"] == 3
    assert json.loads(shell("show", "rates", "0", "--json").out)["origin"] == "baseline"
    assert json.loads(shell("best", "rates", "--json").out)["value"] == best.value
    assert json.loads(shell("logs", "rates", "0", "--json").out)[0]["text"] == "training with a\n"


def test_show_ranks_the_trials(shell: Shell, finished: Sweep) -> None:
    lines = shell("show", "rates", "--top", "3").out.strip().splitlines()

    best = finished.best_trial
    assert best is not None
    assert lines[-3].split()[:2] == [str(best.number), "completed"]


def test_show_tells_why_a_trial_failed(shell: Shell, finished: Sweep) -> None:
    failed = next(trial for trial in finished.trials if trial.status == "failed")

    ran = shell("show", "rates", str(failed.number))

    assert "KeyError: 'lr'" in ran.out
    assert "Traceback" in ran.out


def test_show_groups_the_trials_that_failed_alike(shell: Shell, finished: Sweep) -> None:
    (group,) = finished.failures()

    ran = shell("show", "rates")

    assert f"trial {group.trials[0]} failed with KeyError: 'lr'" in ran.out


def test_logs_shows_what_the_trial_wrote(shell: Shell, finished: Sweep) -> None:
    assert shell("logs", "rates", "0").out == "training with a\n"
    assert shell("logs", "rates", "0", "--follow").out == "training with a\n"


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_export_writes_every_trial(
    shell: Shell, finished: Sweep, tmp_path: Path, ending: str
) -> None:
    target = tmp_path / f"trials.{ending}"

    ran = shell("export", "rates", "-o", str(target))

    read = {"csv": pd.read_csv, "json": pd.read_json, "parquet": pd.read_parquet}[ending]
    table = read(target)
    assert ran.code == 0
    assert list(table["number"]) == list(range(8))
    assert table["lr"].to_list() == pytest.approx([t.params["lr"] for t in finished.trials])


def test_export_gives_curves_too(shell: Shell, finished: Sweep) -> None:
    lines = shell("export", "rates", "--curves", "accuracy").out.strip().splitlines()

    assert lines[0] == "trial,step,value,time"
    assert len(lines) == 1 + 8 * 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "nope"), "there is no sweep 'nope'"),
        (("show", "rates", "99"), "has no trial 99"),
        (("export", "rates", "--format", "parquet"), "Parquet is not text"),
        (("stop", "rates"), "nobody drives"),
    ],
)
def test_a_failure_is_one_line_and_a_hint_on_standard_error(
    shell: Shell, finished: Sweep, arguments: tuple[str, ...], said: str
) -> None:
    ran = shell(*arguments)

    assert ran.code == 1
    assert ran.out == ""
    first, hint = ran.err.strip().splitlines()
    assert first.startswith("sweeper: ")
    assert said in first
    assert hint.startswith("  ")


def test_without_a_store_the_shell_says_so_and_makes_none(shell: Shell, tmp_path: Path) -> None:
    ran = shell("ls")

    assert ran.code == 1
    assert "there is no store" in ran.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [(), ("nope",), ("show",), ("ls", "--nope"), ("s",)])
def test_wrong_usage_has_a_code_of_its_own(shell: Shell, arguments: tuple[str, ...]) -> None:
    assert shell(*arguments).code == 2


def test_verbs_may_be_shortened(shell: Shell, finished: Sweep) -> None:
    assert shell("exp", "rates").out == shell("export", "rates").out


def test_db_upgrade_leaves_a_present_schema_alone(shell: Shell, finished: Sweep) -> None:
    ran = shell("db", "upgrade")

    assert ran.code == 0
    assert "already" in ran.out


def test_every_verb_has_help(shell: Shell) -> None:
    for verb in known_verbs(make_parser()):
        ran = shell(verb, "--help")
        assert ran.code == 0
        assert verb in ran.out


def test_export_honours_json_and_refuses_two_formats(shell: Shell, finished: Sweep) -> None:
    ran = shell("export", "rates", "--json")
    assert [row["number"] for row in json.loads(ran.out)] == list(range(8))

    refused = shell("export", "rates", "--json", "--format", "csv")
    assert refused.code == 2
    assert "exclude each other" in refused.err
