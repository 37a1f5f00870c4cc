"""Sharing values: put once by the launcher, read by every trial where they lie."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest

import sweeper
from sweeper import SweeperError, sweepable, uniform
from sweeper.worker.mapped import Shelf, read_mapped, write_mapped

QUIET: dict[str, Any] = {"progress": False, "seed": 7, "trials": 3}


def test_a_value_is_given_back_as_it_is_and_by_a_handle_that_travels() -> None:
    table = np.arange(6.0)
    handle = sweeper.share("table", table)

    assert sweeper.shared("table") is table
    assert pickle.loads(pickle.dumps(handle))() is table
    assert len(pickle.dumps(handle)) < 200


def test_what_is_not_shared_says_what_is() -> None:
    sweeper.share("known", 1)
    with pytest.raises(SweeperError) as caught:
        sweeper.shared("unknown")
    assert "nothing is shared under 'unknown'" in caught.value.message
    assert "known" in caught.value.message
    with pytest.raises(SweeperError, match=r"share\(\) got the name ''"):
        sweeper.share("", 1)


def test_a_function_makes_the_value_and_what_can_be_called_is_kept() -> None:
    sweeper.share("made", lambda: [1, 2])
    sweeper.share("kind", np.float64)

    assert sweeper.shared("made") == [1, 2]
    assert sweeper.shared("kind") is np.float64


def test_large_parts_are_read_where_they_lie_and_cannot_be_written(tmp_path: Path) -> None:
    value = {"x": np.arange(12, dtype=np.int16).reshape(3, 4), "y": np.ones(5), "name": "digits"}
    path = tmp_path / "value"
    with path.open("wb") as file:
        write_mapped(value, file)

    read = read_mapped(str(path))

    assert read["name"] == "digits"
    assert np.array_equal(read["x"], value["x"])
    assert np.array_equal(read["y"], value["y"])
    assert not read["x"].flags.owndata
    assert not read["x"].flags.writeable


def test_a_shelf_keeps_a_value_once_until_it_is_another() -> None:
    shelf = Shelf()
    first = [1, 2]

    place = shelf.place("a", first)

    assert shelf.place("a", first) == place
    assert read_mapped(place) == [1, 2]
    assert read_mapped(shelf.place("a", [3])) == [3]
    shelf.clear()
    assert not Path(place).exists()


def test_what_is_written_lies_aligned() -> None:
    file = io.BytesIO()
    write_mapped([np.ones(3), np.ones(5)], file)
    assert file.tell() % 64 == 40  # the last of them begins at a multiple of 64


@sweepable(metric="loss", mode="min")
def reads_table(x: Annotated[float, uniform(0.0, 1.0)] = 0.5) -> dict[str, float]:
    table = sweeper.shared("big table")
    return {
        "loss": x + float(table.sum()),
        "copied": float(table.flags.owndata),
        "writable": float(table.flags.writeable),
    }


def told(trial: Any, name: str) -> float:
    return float(trial.result[name])


def test_trials_in_this_process_get_the_value_itself(sqlite_url: str) -> None:
    sweeper.share("big table", np.ones(100))
    sweep = reads_table.sweep(backend="inline", store=sqlite_url, **QUIET)
    assert [told(t, "writable") for t in sweep.trials] == [1.0] * 3


@pytest.mark.slow
def test_local_workers_read_one_copy(sqlite_url: str) -> None:
    sweeper.share("big table", np.ones(100))
    sweep = reads_table.sweep(backend="local", workers=2, store=sqlite_url, **QUIET)
    assert sweep.trials[0].value == 100.5
    assert [told(t, "copied") for t in sweep.trials] == [0.0] * 3
    assert [told(t, "writable") for t in sweep.trials] == [0.0] * 3


@pytest.mark.slow
def test_a_resume_from_elsewhere_says_what_is_missing(sqlite_url: str) -> None:
    with pytest.raises(sweeper.AllTrialsFailed, match="nothing is shared under 'never'"):
        asks_for_what_is_not_there.sweep(backend="local", workers=1, store=sqlite_url, **QUIET)


@sweepable(metric="loss", mode="min")
def asks_for_what_is_not_there(x: Annotated[float, uniform(0.0, 1.0)] = 0.5) -> float:
    return float(sweeper.shared("never"))
