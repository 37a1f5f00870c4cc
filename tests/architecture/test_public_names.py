"""What a user meets: public names, and how light the import is."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys

import pytest

import sweeper
from tests.architecture.house import LIBRARY, File, files

HEAVY = ("optuna", "sqlalchemy", "alembic", "ray", "dash", "plotly", "torch", "numpy", "pandas")

DECORATED = """
import sweeper
@sweeper.sweepable(metric="loss", mode="min", space={"x": sweeper.uniform(0, 1)})
def train(x=0.5):
    sweeper.report(loss=x)
train()
sweeper.ASHA(), sweeper.trial(), sweeper.restore()
"""


def _loaded_by(program: str) -> set[str]:
    """Run a program in a fresh interpreter and give the top-level modules that it loads."""
    ask = "\nimport sys; print(*{name.partition('.')[0] for name in sys.modules})"
    ran = subprocess.run(
        [sys.executable, "-c", program + ask], capture_output=True, text=True, check=True
    )
    return set(ran.stdout.split())


@pytest.mark.parametrize("program", ["import sweeper", DECORATED], ids=["imported", "decorated"])
def test_a_fresh_interpreter_loads_no_heavy_library(program: str) -> None:
    assert _loaded_by(program) & set(HEAVY) == set()


def test_a_backend_that_nobody_asked_for_is_not_loaded() -> None:
    loaded = _loaded_by("import sweeper.sweep, sweeper.launching.launch")
    assert loaded & {"ray", "dash", "plotly", "torch"} == set()
    assert {name for name in loaded if name.startswith("sweeper_")} == set()


def test_every_public_name_leads_to_what_it_names() -> None:
    for name in sweeper.__all__:
        found = getattr(sweeper, name)
        assert found.__name__ == name
        assert found.__module__.startswith("sweeper.")


def test_the_namespace_is_what_all_says() -> None:
    assert dir(sweeper) == sorted(sweeper.__all__)
    (root,) = [file for file in files("sweeper") if file.path == "sweeper/__init__.py"]
    assert _offered(root) == set(sweeper.__all__)


def _offered(file: File) -> set[str]:
    """Name what a package takes from its own modules, to hand it on."""
    return {
        alias.asname or alias.name
        for node in ast.walk(file.tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sweeper")
        for alias in node.names
    }


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'sweeep'"):
        sweeper.sweeep  # noqa: B018


def _packages_with_all() -> list[str]:
    found = []
    for file in files(*LIBRARY):
        if file.path.endswith("__init__.py") and any("__all__" in line for line in file.lines):
            parts = file.path.removesuffix("/__init__.py").split("/")
            found.append(".".join(parts if parts[0] == "sweeper" else parts[1:]))
    return found


def _constants_then_classes_then_functions(name: str) -> tuple[bool, bool, str]:
    return (not name.isupper(), not name[0].isupper(), name)


@pytest.mark.parametrize("package", _packages_with_all())
def test_all_is_sorted_and_true(package: str) -> None:
    module = importlib.import_module(package)
    assert module.__all__ == sorted(module.__all__, key=_constants_then_classes_then_functions)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
