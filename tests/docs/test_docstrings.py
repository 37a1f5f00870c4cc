"""The examples in docstrings, run."""

from __future__ import annotations

import doctest
import importlib

import pytest

from tests.architecture.house import LIBRARY, files


def with_examples() -> list[str]:
    """Name the modules whose docstrings hold examples."""
    found = [file for file in files(*LIBRARY) if any(">>> " in line for line in file.lines)]
    parts = [file.path.removesuffix(".py").split("/") for file in found]
    names = [".".join(p if p[0] == "sweeper" else p[1:]) for p in parts]
    return [name.removesuffix(".__init__") for name in names]


@pytest.mark.parametrize("module", with_examples())
def test_the_examples_of_a_module_hold(module: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(module))
    assert failed == 0
