"""Tests of checkpoints: whole or not at all, and the newest one counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

import sweeper
from sweeper.model.event import Published
from sweeper.model.lifecycle import AttemptStatus
from tests.worker.attempts import run_here

_FOLDERS: dict[str, Callable[[Path], str]] = {
    "path": str,
    "file": lambda path: f"file://{path}",
    "memory": lambda _: f"memory://{uuid4().hex}",
}


@pytest.fixture(params=_FOLDERS)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the folder of a trial: a path, or a URL as of a bucket."""
    return _FOLDERS[request.param](tmp_path / "trial")


def saves(step: int, text: str, broken: bool = False) -> float:
    with sweeper.checkpoint(step) as place:
        (place / "nested").mkdir()
        (place / "nested" / "state.txt").write_text(text)
        if broken:
            raise RuntimeError("the disk is full")
    return 0.0


def restores() -> dict[str, object]:
    place = sweeper.restore()
    if place is None:
        return {"loss": 0.0, "text": None}
    text = (place / "nested" / "state.txt").read_text()
    sweeper.report(loss=0.0)
    return {"loss": 0.0, "text": text}


def restored(folder: str) -> object:
    """Run an attempt that restores, and give what it found."""
    ended, _ = run_here(restores, folder)
    assert ended.result is not None
    return ended.result["text"]


def test_what_was_saved_is_restored_by_the_next_attempt(folder: str) -> None:
    assert restored(folder) is None
    _, channel = run_here(saves, folder, step=3, text="three")
    [told] = [event for event in channel.heard if isinstance(event, Published)]
    assert (told.kind, told.step, told.size) == ("checkpoint", 3, 5)
    assert restored(folder) == "three"


def test_the_newest_step_wins_whenever_it_was_written(folder: str) -> None:
    for step in (9, 10, 2):
        run_here(saves, folder, step=step, text=str(step))
    assert restored(folder) == "10"


def test_a_step_saved_again_replaces(folder: str) -> None:
    for text in ("old", "new"):
        run_here(saves, folder, step=1, text=text)
    assert restored(folder) == "new"


def test_a_block_that_raises_publishes_nothing(folder: str) -> None:
    run_here(saves, folder, step=1, text="good")
    ended, channel = run_here(saves, folder, step=2, text="torn", broken=True)
    assert ended.status is AttemptStatus.FAILED
    assert not any(isinstance(event, Published) for event in channel.heard)
    assert restored(folder) == "good"


def test_a_torn_folder_without_its_final_name_is_never_restored(tmp_path: Path) -> None:
    torn = tmp_path / "checkpoints" / ".step-7-0123abcd" / "nested"
    torn.mkdir(parents=True)
    (torn / "state.txt").write_text("torn")
    assert restored(str(tmp_path)) is None
    run_here(saves, tmp_path, step=1, text="whole")
    assert restored(str(tmp_path)) == "whole"


def test_nothing_is_left_aside(tmp_path: Path) -> None:
    run_here(saves, tmp_path, step=1, text="a")
    run_here(saves, tmp_path, step=1, text="b")
    run_here(saves, tmp_path, step=2, text="c", broken=True)
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["step-1"]


def test_reports_go_on_counting_from_the_checkpoint(folder: str) -> None:
    run_here(saves, folder, step=4, text="x")
    _, channel = run_here(restores, folder)
    assert [report.step for report in channel.reports] == [5]


def keeps(name: str | None = None, path: str = "") -> float:
    sweeper.log_artifact(path, name)
    return 0.0


def test_an_artifact_is_kept_under_its_name(folder: str, tmp_path: Path) -> None:
    (tmp_path / "plot.png").write_text("picture")
    _, channel = run_here(keeps, folder, path=str(tmp_path / "plot.png"), name="a/b.png")
    [told] = [event for event in channel.heard if isinstance(event, Published)]
    assert (told.kind, told.name, told.size) == ("artifact", "a/b.png", 7)
    assert told.path == f"{folder}/artifacts/a/b.png"


@pytest.mark.parametrize(("path", "name"), [("gone.png", None), (__file__, "../../escape")])
def test_an_artifact_that_cannot_be_kept_says_why(
    tmp_path: Path, path: str, name: str | None
) -> None:
    ended, channel = run_here(keeps, tmp_path, path=path, name=name)
    assert ended.failure is not None
    assert ended.failure.type == "SweeperError"
    assert not any(isinstance(event, Published) for event in channel.heard)
    assert not list(tmp_path.rglob("escape*"))


def test_outside_a_sweep_nothing_is_kept_and_nothing_fails() -> None:
    with sweeper.checkpoint(1) as place:
        (place / "state.txt").write_text("x")
    assert not place.exists()
    assert sweeper.restore() is None
    assert sweeper.log_artifact("no such file") is None  # type: ignore[func-returns-value]
