"""The verbs of upkeep: retry, which gives trials another chance, and doctor."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import sweeper
from sweeper import SweepBusy
from sweeper.clock import SYSTEM_CLOCK
from sweeper.store import questions
from sweeper.store.inspection import Health
from sweeper.store.leases import acquire
from sweeper.store.recording import create_sweep
from sweeper.store.store import Store
from sweeper.testing.fakes import make_sweep, refused
from sweeper.upkeep.doctor import examine_store
from sweeper.upkeep.retrying import retry
from sweeper.upkeep.surroundings import (
    check_backends,
    check_clock,
    check_database,
    check_packages,
    check_python,
    check_room,
    read_requirement,
)
from tests.cli.conftest import Shell
from tests.store.test_outages_running import begin

FLAWED = """
from pathlib import Path
from sweeper import report, sweepable, trial, uniform

@sweepable(metric="loss", mode="min", space={"x": uniform(0.0, 1.0)})
def train(x: float = 0.5) -> float:
    report(step=1, loss=x)
    broken = not Path(__file__).with_name("mended").exists()
    if broken and trial().number % 2:
        raise KeyError("lr")
    return x
"""


def standing(sweep: sweeper.Sweep) -> list[tuple[int, Any, int]]:
    """Say what must stay of every trial: number, parameters and seed."""
    return [(trial.number, trial.params, trial.seed) for trial in sweep.trials]


@pytest.fixture
def flawed(shell: Shell, tmp_path: Path) -> sweeper.Sweep:
    """Give a sweep of six trials of which every second one failed for good."""
    job = tmp_path / "job.py"
    job.write_text(FLAWED)
    ran = shell(
        "run", f"{job}:train", "--trials", "6", "--name", "flawed", "--backend", "inline",
        "--seed", "1", "--retries", "1", "--quiet",
    )  # fmt: skip
    assert ran.code == 0
    sweep = sweeper.load("flawed")
    assert [trial.status for trial in sweep.trials] == ["completed", "failed"] * 3
    return sweep


def test_failed_trials_complete_on_retry_once_the_cause_is_mended(
    shell: Shell, flawed: sweeper.Sweep, tmp_path: Path
) -> None:
    before = standing(flawed)
    (tmp_path / "mended").touch()

    ran = shell("retry", "flawed", "--quiet", "--json")

    assert ran.code == 0
    assert json.loads(ran.out)["status"] == "completed"
    assert standing(flawed) == before
    assert {trial.status for trial in flawed.trials} == {"completed"}
    for trial in flawed.trials:
        numbers = [attempt.number for attempt in trial.attempts]
        assert numbers == ([1, 2, 3] if trial.number % 2 else [1])
    retried = [e["trial"] for e in flawed.events() if e["kind"] == "trial_retried"]
    assert retried == [1, 3, 5]


def test_a_retried_trial_that_fails_again_has_had_all_its_chances_again(
    shell: Shell, flawed: sweeper.Sweep
) -> None:
    ran = shell("retry", "flawed", "3", "--quiet")

    assert ran.code == 0
    assert [len(trial.attempts) for trial in flawed.trials] == [1, 2, 1, 4, 1, 2]
    assert flawed.trials[3].status == "failed"


def test_without_running_the_trials_only_wait(shell: Shell, flawed: sweeper.Sweep) -> None:
    ran = shell("retry", "flawed", "1", "5", "--no-run")

    assert ran.code == 0
    assert "1, 5" in ran.out
    assert "sweeper resume flawed" in ran.out
    assert [flawed.trials[n].status for n in (1, 3, 5)] == ["waiting", "failed", "waiting"]
    assert flawed.trials[1].value is None


def test_numbers_and_all_that_failed_go_together(shell: Shell, flawed: sweeper.Sweep) -> None:
    ran = shell("retry", "flawed", "--failed", "1", "--no-run", "--json")

    assert json.loads(ran.out) == {"name": "flawed", "waiting": [1, 3, 5]}


@pytest.mark.parametrize(
    "arguments",
    [("--no-run", "3"), ("3", "--no-run"), ("--json", "3", "--no-run"), ("--workers", "2", "3")],
)
def test_numbers_may_stand_behind_options(
    shell: Shell, flawed: sweeper.Sweep, arguments: tuple[str, ...]
) -> None:
    ran = shell("retry", "flawed", "--quiet", *arguments)

    assert ran.code == 0
    retried = [e["trial"] for e in flawed.events() if e["kind"] == "trial_retried"]
    assert retried == [3]


def test_what_is_no_number_is_wrong_usage(shell: Shell, flawed: sweeper.Sweep) -> None:
    assert shell("retry", "flawed", "--no-run", "three").code == 2


def test_a_handle_gives_failed_trials_another_chance_as_the_shell_does(
    flawed: sweeper.Sweep, tmp_path: Path
) -> None:
    flawed.retry(3, progress=False)
    assert [len(trial.attempts) for trial in flawed.trials] == [1, 2, 1, 4, 1, 2]

    (tmp_path / "mended").touch()
    sweep = flawed.retry(1, failed=True, progress=False)

    assert {trial.status for trial in sweep.trials} == {"completed"}
    assert "has failed" in refused(sweeper.SweeperError, sweep.retry).message


@pytest.mark.parametrize(
    ("number", "said"), [("0", "is completed"), ("6", "has no trial 6"), ("-1", "no trial -1")]
)
def test_a_trial_that_is_no_candidate_is_one_clear_error(
    shell: Shell, flawed: sweeper.Sweep, number: str, said: str
) -> None:
    before = [trial.status for trial in flawed.trials]

    ran = shell("retry", "flawed", "1", number, "--no-run")

    assert ran.code == 1
    assert said in ran.err
    assert len(ran.err.splitlines()) == 2
    assert [trial.status for trial in flawed.trials] == before
    assert questions.find_sweep(flawed.store, "flawed").lease is None


def test_where_nothing_failed_there_is_nothing_to_retry(
    shell: Shell, flawed: sweeper.Sweep, tmp_path: Path
) -> None:
    (tmp_path / "mended").touch()
    shell("retry", "flawed", "--quiet")

    ran = shell("retry", "flawed")

    assert ran.code == 1
    assert "has failed" in ran.err


def test_a_sweep_that_is_driven_is_not_touched(flawed: sweeper.Sweep) -> None:
    store = Store(flawed.store.address())
    acquire(store, questions.find_sweep(store, "flawed"), SYSTEM_CLOCK)

    refused(SweepBusy, lambda: retry(store, "flawed"))

    assert flawed.trials[1].status == "failed"
    store.close()


DAMAGES = {
    "delete from trials where number = 2": ("trials 2 are missing", "restore"),
    "delete from attempts where trial = 3": ("trial 3 has the attempts (none)", "restore"),
    "update trials set attempts = 3 where number = 0": ("not 1 to 3", "restore"),
    "update attempts set status = 'running' where trial = 0": ("with 1 live attempts", "restore"),
    "update trials set status = 'running' where number = 0": (
        "stand as running, but nobody drives",
        "sweeper resume rates",
    ),
    "update sweeps set status = 'running'": ("interrupted", "sweeper resume rates"),
    "update sweeps set lease_owner = 'x', lease_host = 'h', lease_boot = 'b', lease_pid = 42, "
    "lease_pid_started = 1, lease_expires = 1": ("process 42 on h", "takes the lease"),
    "insert into wishes (sweep_id, kind, \"by\", created) values (1, 'stop', 'me', 1)": (
        "1 wishes wait",
        "sweeper resume rates",
    ),
    "update sweeps set rev = 1": ("rev beyond", "restore"),
    "delete from metrics where trial = 1 and step = 3": (
        "trials 1 (accuracy), 1 (loss)",
        "restore",
    ),
    "update metrics set value = 9 where trial = 1 and metric = 'loss' and step = 1": (
        "summaries of trials 1 (loss)",
        "restore",
    ),
    "insert into metrics values (1, 0, 'late', 1, 0.5, 1, 1)": ("0 (late)", "restore"),
    "insert into logs values (99, 1, 77, 1, 'out', 1, 'x')": ("1 rows belong", "restore"),
    "insert into events values (99, 5, null, null, 1, 'x', 'y')": ("1 rows belong", "restore"),
    "update sweeps set updated = 9e9": ("in the future", "NTP"),
    "update sweeps set space = '{'": ("nobody wrote", "restore"),
    "drop table tags": ("no such table", "Another program"),
}
HARMLESS = ("interrupted", "process 42 on h", "1 wishes wait")


def findings(ran: Any) -> dict[str, list[dict[str, str]]]:
    """Group the doctor's findings by how bad they are."""
    grouped: dict[str, list[dict[str, str]]] = {"ok": [], "note": [], "problem": []}
    for finding in json.loads(ran.out):
        grouped[finding["state"]].append(finding)
    return grouped


def test_the_doctor_finds_nothing_wrong_with_a_finished_sweep(
    shell: Shell, finished: sweeper.Sweep
) -> None:
    ran = shell("doctor", "--json")

    found = findings(ran)
    assert ran.code == 0
    assert (found["note"], found["problem"]) == ([], [])
    about = {finding["about"] for finding in found["ok"]}
    assert about >= {"Python", "sqlalchemy", "backend local", "database", "clock", "rates"}


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_doctor_sees_each_damage_and_says_what_to_do(
    shell: Shell, finished: sweeper.Sweep, damage: str
) -> None:
    said, remedy = DAMAGES[damage]
    with closing(sqlite3.connect(str(finished.store.file))) as connection, connection:
        connection.execute("pragma foreign_keys = off")
        connection.execute(damage)

    ran = shell("doctor", "--json")

    found = findings(ran)
    state = "note" if said in HARMLESS else "problem"
    (seen,) = [finding for finding in found[state] if said in finding["what"]]
    assert remedy in seen["remedy"]
    assert all(finding["remedy"] for finding in found["note"] + found["problem"])
    assert ran.code == (0 if said in HARMLESS else 3)


def test_the_doctor_reads_well_and_needs_no_store(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SWEEPER_STORE")

    ran = shell("doctor")

    assert ran.code == 0
    assert "there is none yet" in ran.out
    assert shell("doctor", "--store", "sqlite:///nowhere.db").code == 3
    assert not (tmp_path / "nowhere.db").exists()


def test_a_sweep_that_is_driven_is_no_finding(shell: Shell, finished: sweeper.Sweep) -> None:
    acquire(finished.store, questions.find_sweep(finished.store, "rates"), SYSTEM_CLOCK)

    found = findings(shell("doctor", "--json"))

    assert (found["note"], found["problem"]) == ([], [])


@pytest.mark.slow
def test_a_sweep_looks_sound_at_every_moment_of_its_run(tmp_path: Path, sqlite_url: str) -> None:
    run = begin(tmp_path, sqlite_url)
    reached = run.steps() + 600

    while run.steps() < reached:
        assert {finding.state for finding in examine_store(sqlite_url)} == {"ok"}
    run.ends_whole()


@pytest.mark.slow
def test_the_doctor_knows_a_server(shell: Shell, postgres_url: str) -> None:
    create_sweep(Store(postgres_url), make_sweep())

    ran = shell("doctor", "--json", "--store", postgres_url)

    found = findings(ran)
    assert ran.code == 0
    assert any(f["what"].startswith("PostgreSQL") for f in found["ok"])
    assert [finding["about"] for finding in found["note"]] == ["digits"]


def test_packages_below_their_bounds_are_found_with_the_command_that_helps() -> None:
    told = ["alembic>=1.18", "dash<5,>=4.4.1; extra == 'dashboard'", "rich>=14.0", "gone>=1"]
    wanted = [read_requirement(text) for text in told]
    installed = {"alembic": "1.9.2", "rich": "14.0"}

    found = {finding.about: finding for finding in check_packages(wanted, installed)}

    assert set(found) == {"alembic", "rich", "gone"}
    assert found["alembic"].state == found["gone"].state == "problem"
    assert 'pip install --upgrade "alembic>=1.18"' in found["alembic"].remedy
    assert found["rich"].state == "ok"
    assert check_python((3, 10, 1), ">=3.11").state == "problem"
    assert check_python((3, 12, 1), ">=3.11").state == "ok"


def test_a_backend_without_its_extra_is_a_note_and_a_broken_one_a_problem() -> None:
    found = check_backends({"ray": "no module ray", "mine": "TypeError", "local": None}, ["ray"])

    assert [(f.about.split()[1], str(f.state)) for f in found] == [
        ("local", "ok"),
        ("mine", "problem"),
        ("ray", "note"),
    ]
    assert 'pip install "sweepable[ray]"' in found[2].remedy


@pytest.mark.parametrize(
    ("free", "state"), [(2**40, "ok"), (500 * 2**20, "note"), (2**20, "problem")]
)
def test_little_room_is_noted_and_hardly_any_is_a_problem(free: int, state: str) -> None:
    (found,) = check_room({"/somewhere": free})
    assert found.state == state


def test_a_servers_clock_and_a_foreign_journal_are_compared() -> None:
    (clock,) = check_clock(1000.0, Health(kind="PostgreSQL", version="15", now=900.0))
    (database,) = check_database(Health(kind="SQLite", version="3", journal_mode="delete"))
    (damaged,) = check_database(Health(kind="SQLite", version="3", damage="row 3 missing"))

    assert "100 s from" in clock.what
    assert "local disk" in database.remedy
    assert "row 3 missing" in damaged.what
    assert {clock.state, database.state, damaged.state} == {"problem"}
