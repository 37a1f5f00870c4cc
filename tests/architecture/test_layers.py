"""Who may import whom: arrows that point down, and one home for each heavy library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.house import LIBRARY, ROOT, files, hold

HOMES = {
    "alembic": ("sweeper/store/",),
    "argon2": ("dashboard/",),
    "dash": ("dashboard/",),
    "dash_ag_grid": ("dashboard/",),
    "dash_mantine_components": ("dashboard/",),
    "flask": ("dashboard/",),
    "fsspec": (
        "dashboard/sweeper_dashboard/artifacts.py",
        "sweeper/worker/checkpoints.py",
        "sweeper/worker/keeping.py",
    ),
    "greenlet": ("backends/sweeper_simulated/",),
    "optuna": ("sweeper/search/",),
    "orjson": ("dashboard/",),
    "plotly": ("dashboard/",),
    "psutil": ("sweeper/processes.py",),
    "ray": ("backends/sweeper_ray/",),
    "rich": ("sweeper/display/", "sweeper/cli/"),
    "sqlalchemy": ("sweeper/store/",),
    "torch": (),
    "waitress": ("dashboard/",),
    "werkzeug": ("dashboard/",),
}


def test_the_arrows_point_down() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run(
        [str(linter), "--no-logo", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        pytest.fail(ran.stdout + ran.stderr, pytrace=False)


@pytest.mark.parametrize("library", HOMES)
def test_a_heavy_library_has_one_home(library: str) -> None:
    strays = [
        f"{file.path}:{line}"
        for file in files(*LIBRARY)
        for line, module in file.imports
        if module.partition(".")[0] == library and not file.path.startswith(HOMES[library])
    ]
    hold(strays)


@pytest.mark.parametrize("room", ["model", "schedule"])
def test_values_and_rules_need_the_standard_library_only(room: str) -> None:
    foreign = [
        f"{file.path}:{line} {module}"
        for file in files(f"sweeper/{room}")
        for line, module in file.imports
        if module.partition(".")[0] not in {*sys.stdlib_module_names, "sweeper"}
    ]
    hold(foreign)


def test_no_module_is_named_like_a_library_that_it_could_hide() -> None:
    names = {Path(file.path).stem for file in files(*LIBRARY)}
    assert names & {*HOMES, "numpy", "pandas", "pyarrow", "cloudpickle", "pytest"} == set()


def test_the_homes_are_those_of_libraries_that_are_used() -> None:
    used = {module.partition(".")[0] for file in files(*LIBRARY) for _, module in file.imports}
    assert {library for library, homes in HOMES.items() if homes} - used == set()
