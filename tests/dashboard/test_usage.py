"""Tests of what the attempts of a trial used, drawn over time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sweeper_dashboard.figures.usage import over_time, usage_figure

from sweeper.model.lifecycle import AttemptStatus
from sweeper.model.trial import AttemptRecord


def attempt(number: int, over: Any) -> AttemptRecord:
    """Make an attempt that was sampled."""
    return AttemptRecord(
        trial=0,
        number=number,
        status=AttemptStatus.SUCCEEDED,
        created=0.0,
        usage={"memory_bytes": 7, "over_time": over},
    )


PLAIN = {"seconds": [1.0, 2.0], "cores": [0.5, 1.5], "memory_bytes": [5_000_000, 9_000_000]}
GPUS = {**PLAIN, "gpu_percent": [10.0, None], "gpu_memory_bytes": [None, 3_000_000_000]}


def titles(figure: Any) -> list[str]:
    """Give the titles of a figure's parts."""
    return [note.text for note in figure.layout.annotations]


def test_each_attempt_has_a_line_for_all_that_was_measured_of_it() -> None:
    figure = usage_figure([attempt(1, PLAIN), attempt(2, GPUS)])

    assert titles(figure) == [
        "processors in use",
        "memory (MB)",
        "GPUs busy (%)",
        "GPU memory (GB)",
    ]
    drawn = [(trace.name, list(trace.y)) for trace in figure.data]
    assert drawn == [
        ("attempt 1", [0.5, 1.5]),
        ("attempt 2", [0.5, 1.5]),
        ("attempt 1", [5.0, 9.0]),
        ("attempt 2", [5.0, 9.0]),
        ("attempt 2", [10.0, None]),
        ("attempt 2", [None, 3.0]),
    ]


@pytest.mark.parametrize(
    "over", [None, {}, {"seconds": []}, {"seconds": 3}, {"cores": [1]}, {"seconds": [1], "x": [1]}]
)
def test_what_was_not_sampled_is_said_and_not_drawn(over: Any) -> None:
    figure = usage_figure([attempt(1, over), replace(attempt(2, over), usage=None)])

    assert not figure.data
    assert "Nothing was sampled" in titles(figure)[0]


def test_columns_of_another_length_are_left_out() -> None:
    found = over_time(attempt(1, {**PLAIN, "cores": [1.0]}))

    assert set(found) == {"seconds", "memory_bytes"}
