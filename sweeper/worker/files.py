"""A trial's checkpoints and artifacts: written aside, synced, renamed, then recorded.

A folder named step-N is complete, because the rename that gives it this name comes last. On a
remote file system, which cannot rename a folder at once, a marker file written last says so.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from uuid import uuid4

import fsspec

from sweeper.clock import SYSTEM_CLOCK
from sweeper.errors import SweeperError
from sweeper.model.event import Published
from sweeper.worker.context import RunningTrial

_MARKER = ".complete"


@contextmanager
def publish_checkpoint(trial: RunningTrial, step: int) -> Iterator[Path]:
    """Give a folder to write to, and publish it as the checkpoint of this step."""
    name = f"step-{step}"
    target = f"{trial.assignment.folder}/checkpoints/{name}"
    if _is_remote(target):
        aside = Path(mkdtemp(prefix="sweeper-"))
    else:
        aside = Path(target).parent / f".{name}-{uuid4().hex[:8]}"
        aside.mkdir(parents=True)
    try:
        yield aside
        size = _size(aside)
        if _is_remote(target):
            _upload_folder(aside, target)
        else:
            _rename_synced(aside, Path(target))
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    _tell(trial, kind="checkpoint", name=name, path=target, step=step, size=size)


def newest_checkpoint(trial: RunningTrial) -> tuple[int, Path] | None:
    """Find the newest complete checkpoint of a trial, on this machine or brought to it."""
    folder = f"{trial.assignment.folder}/checkpoints"
    if _is_remote(folder):
        return _download_newest(folder)
    found = [(int(path.name[5:]), path) for path in Path(folder).glob("step-*") if path.is_dir()]
    return max(found, default=None)


def keep_artifact(trial: RunningTrial, path: Path, name: str | None) -> None:
    """Copy a file beside the store and record it."""
    if not path.is_file():
        raise SweeperError(
            f"log_artifact() got {str(path)!r}, which is no file",
            hint="Write the file first, and give its path as seen from the working directory.",
        )
    called = (name or path.name).lstrip("/")
    if ".." in Path(called).parts:
        raise SweeperError(f"an artifact cannot be called {called!r}", hint="Leave out the '..'.")
    target = f"{trial.assignment.folder}/artifacts/{called}"
    if _is_remote(target):
        filesystem, place = fsspec.core.url_to_fs(target)
        filesystem.put_file(str(path), place)
    else:
        aside = Path(target).parent / f".{uuid4().hex[:8]}"
        aside.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, aside)
        _sync(aside)
        os.replace(aside, target)
    size = path.stat().st_size
    _tell(trial, kind="artifact", name=called, path=target, step=None, size=size)


def _tell(
    trial: RunningTrial, *, kind: str, name: str, path: str, step: int | None, size: int
) -> None:
    trial.publish(
        Published(
            key=trial.assignment.key,
            time=SYSTEM_CLOCK.now(),
            kind=kind,
            name=name,
            path=path,
            step=step,
            size=size,
        )
    )


def _is_remote(path: str) -> bool:
    return "://" in path


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _rename_synced(aside: Path, target: Path) -> None:
    for path in [*aside.rglob("*"), aside]:
        _sync(path)
    if target.exists():
        replaced = target.parent / f".replaced-{uuid4().hex[:8]}"
        target.rename(replaced)
        aside.rename(target)
        shutil.rmtree(replaced)
    else:
        aside.rename(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _upload_folder(aside: Path, target: str) -> None:
    filesystem, place = fsspec.core.url_to_fs(target)
    filesystem.put(f"{aside}/", f"{place}/", recursive=True)
    filesystem.pipe_file(f"{place}/{_MARKER}", b"")


def _download_newest(folder: str) -> tuple[int, Path] | None:
    filesystem, place = fsspec.core.url_to_fs(folder)
    markers = filesystem.glob(f"{place}/step-*/{_MARKER}")
    steps = [int(marker.split("/")[-2][5:]) for marker in markers]
    if not steps:
        return None
    target = Path(mkdtemp(prefix="sweeper-"))
    filesystem.get(f"{place}/step-{max(steps)}/", f"{target}/", recursive=True)
    return max(steps), target
