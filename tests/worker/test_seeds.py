"""Tests of seeding: also of libraries that the function imports later."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from typing import Any

import numpy
import pytest
import torch

from sweeper.worker.seeds import set_seeds


def draw() -> tuple[float, float, float]:
    """Draw from each global generator."""
    return random.random(), float(numpy.random.random()), float(torch.rand(1))


@pytest.mark.parametrize("seed", [0, 7, 2**32 - 1])
def test_the_same_seed_draws_the_same_from_every_library(seed: int) -> None:
    set_seeds(seed)
    first = draw()
    assert draw() != first
    set_seeds(seed)
    assert draw() == first


def drawn_in_a_new_process(code: str) -> Any:
    """Run some lines in a new interpreter and read the JSON that they print."""
    lines = f"import json\nfrom sweeper.worker.seeds import set_seeds\n{code}"
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_numpy_imported_later_is_seeded_when_it_is_imported() -> None:
    set_seeds(7)
    expected = [float(numpy.random.random()), float(numpy.random.random())]
    found = drawn_in_a_new_process(
        "import sys; assert 'numpy' not in sys.modules; set_seeds(3); set_seeds(7)\n"
        "import numpy.random; import numpy\n"
        "assert type(numpy.__spec__.loader).__module__ != 'sweeper.worker.seeds'\n"
        "print(json.dumps([numpy.random.random(), float(numpy.random.random())]))"
    )
    assert found == expected


@pytest.mark.slow
def test_torch_imported_later_is_seeded_when_it_is_imported() -> None:
    set_seeds(7)
    found = drawn_in_a_new_process(
        "set_seeds(7)\nimport torch\nprint(json.dumps(float(torch.rand(1))))"
    )
    assert found == float(torch.rand(1))


def test_setting_seeds_imports_nothing() -> None:
    assert (
        drawn_in_a_new_process(
            "import sys; set_seeds(7)\n"
            "print(json.dumps(sorted({'numpy', 'torch'} & set(sys.modules))))"
        )
        == []
    )
