"""Checkpoints that can be trusted: torn, changed and foreign ones are passed over."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

import sweeper
from sweeper.clock import SettableClock
from sweeper.model.assignment import Assignment, Decision
from sweeper.model.code import Code
from sweeper.model.event import AttemptKey, Event, Logged, Published, Removed
from sweeper.worker.context import Entered, RunningTrial
from sweeper.worker.manifest import FILE_NAME


class Heard:
    """A channel that keeps what is said."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def send(self, events: Sequence[Event]) -> None:
        self.events += events

    def ask(self, events: Sequence[Event]) -> Decision:
        self.events += events
        return Decision.CONTINUE


def trial_in(folder: Path | str, *, number: int = 0, identity: str = "digits", keep: int = 9) -> (
    RunningTrial
):  # fmt: skip
    """Make a running trial whose files go to a folder."""
    assignment = Assignment(
        key=AttemptKey(number, 1),
        sweep="digits",
        params={},
        seed=1,
        code=Code(path="trainings:saves", digest="0"),
        metrics=("loss",),
        folder=str(folder),
        identity=identity,
        keep_checkpoints=keep,
    )
    return RunningTrial(assignment, Heard(), SettableClock())


def save(trial: RunningTrial, step: int, loss: float = 0.5) -> None:
    """Report a step and save it."""
    with Entered(trial):
        sweeper.report(step=step, loss=loss)
        with sweeper.checkpoint() as place:
            (place / "weights").mkdir()
            (place / "weights" / "layer.bin").write_bytes(bytes(1000) + bytes([step]))


def restored(trial: RunningTrial) -> int | None:
    """Give the step of what is restored."""
    with Entered(trial):
        found = sweeper.restore()
    return None if found is None else (found / "weights" / "layer.bin").read_bytes()[-1]


def test_the_newest_checkpoint_is_restored_and_steps_go_on_from_it(tmp_path: Path) -> None:
    saver = trial_in(tmp_path)
    save(saver, 1)
    save(saver, 2)

    again = trial_in(tmp_path)

    assert restored(again) == 2
    assert again.last_step == 2


@pytest.mark.parametrize("harm", ["cut", "changed", "missing", "unlisted", "garbled"])
def test_a_harmed_checkpoint_is_never_restored_but_the_one_before_it(
    tmp_path: Path, harm: str
) -> None:
    saver = trial_in(tmp_path)
    save(saver, 1)
    save(saver, 2)
    newest = tmp_path / "checkpoints" / "step-2"
    file = newest / "weights" / "layer.bin"
    {
        "cut": lambda: file.write_bytes(file.read_bytes()[:500]),
        "changed": lambda: file.write_bytes(bytes(1001)),
        "missing": file.unlink,
        "unlisted": (newest / FILE_NAME).unlink,
        "garbled": lambda: (newest / FILE_NAME).write_text('{"files": 3}'),
    }[harm]()

    again = trial_in(tmp_path)

    assert restored(again) == 1
    again.flush()
    said = [event.text for event in again._channel.events if isinstance(event, Logged)]  # type: ignore[attr-defined]
    assert "step-2 is not restored" in said[0]


@pytest.mark.parametrize("stranger", [{"number": 1}, {"identity": "another digits"}])
def test_a_foreign_checkpoint_is_never_restored(
    tmp_path: Path, stranger: dict[str, object]
) -> None:
    save(trial_in(tmp_path), 1)

    assert restored(trial_in(tmp_path, **stranger)) is None  # type: ignore[arg-type]


def test_a_block_that_raises_publishes_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    trial = trial_in(tmp_path)

    with Entered(trial), pytest.raises(OSError, match="disk"), sweeper.checkpoint(1) as place:  # noqa: PT012
        (place / "half.bin").write_bytes(b"half")
        raise OSError("disk full")

    assert restored(trial_in(tmp_path)) is None
    assert list((tmp_path / "checkpoints").iterdir()) == []


def test_the_newest_and_the_best_are_kept_and_the_rest_goes(tmp_path: Path) -> None:
    trial = trial_in(tmp_path, keep=2)
    for step, loss in enumerate([0.9, 0.1, 0.2, 0.8, 0.7, 0.6], start=1):
        save(trial, step, loss)

    kept = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
    said = trial._channel.events  # type: ignore[attr-defined]
    published = {event.name for event in said if isinstance(event, Published)}
    gone = {event.name for event in said if isinstance(event, Removed)}
    assert kept == ["step-2", "step-3", "step-5", "step-6"]
    assert published - gone == set(kept)


def test_what_another_sweep_left_in_the_folder_neither_counts_nor_goes(tmp_path: Path) -> None:
    other, own = trial_in(tmp_path, identity="another digits"), trial_in(tmp_path, keep=1)
    save(other, 8, 0.1)
    save(other, 9, 0.2)

    save(own, 1, 0.9)

    assert restored(trial_in(tmp_path)) == 1
    assert restored(trial_in(tmp_path, identity="another digits")) == 9


def test_a_checkpoint_saved_again_replaces_the_former(tmp_path: Path) -> None:
    trial = trial_in(tmp_path)
    save(trial, 3)
    save(trial, 3)

    listed = json.loads((tmp_path / "checkpoints" / "step-3" / FILE_NAME).read_text())
    assert listed["step"] == 3
    assert restored(trial_in(tmp_path)) == 3


def test_checkpoints_may_lie_on_any_file_system(tmp_path: Path) -> None:
    folder = f"file://{tmp_path}/far"
    saver = trial_in(folder, keep=1)
    for step in (1, 2, 3):
        save(saver, step, loss=1 / step)

    again = trial_in(folder)

    assert restored(again) == 3
    assert [path.name for path in (tmp_path / "far" / "checkpoints").glob("step-*")] == ["step-3"]


def test_a_half_copied_checkpoint_on_a_far_file_system_does_not_count(tmp_path: Path) -> None:
    folder = f"file://{tmp_path}/far"
    saver = trial_in(folder)
    save(saver, 1)
    save(saver, 2)
    (tmp_path / "far" / "checkpoints" / "step-2" / FILE_NAME).unlink()

    assert restored(trial_in(folder)) == 1
