"""A trial's checkpoints: written aside, listed, synced, renamed, then recorded.

A folder named step-N is complete, because the rename that gives it this name comes last; on a
remote file system, which cannot rename a folder at once, the list of its files comes last. A
checkpoint whose files differ from its list, or that is another trial's, is never restored.
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

from sweeper.model.event import Published, Removed
from sweeper.model.objective import Goal
from sweeper.worker.context import RunningTrial
from sweeper.worker.manifest import FILE_NAME, Manifest, problem_of, read_manifest, write_manifest


@contextmanager
def publish_checkpoint(trial: RunningTrial, step: int) -> Iterator[Path]:
    """Give a folder to write to, and publish it as the checkpoint of this step."""
    folder = _folder(trial)
    target = f"{folder}/{_name(step)}"
    if is_remote(folder):
        aside = Path(mkdtemp(prefix="sweeper-"))
    else:
        aside = Path(folder) / f".{_name(step)}-{uuid4().hex[:8]}"
        aside.mkdir(parents=True)
    try:
        yield aside
        manifest = write_manifest(
            aside,
            sweep=trial.assignment.identity,
            trial=trial.number,
            step=step,
            metrics=trial.last_metrics,
        )
        if is_remote(folder):
            _upload(aside, target)
        else:
            _rename_synced(aside, Path(target))
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    trial.publish(
        Published(
            key=trial.assignment.key,
            time=trial.now(),
            kind="checkpoint",
            name=_name(step),
            path=target,
            step=step,
            size=manifest.size,
        )
    )
    _remove_surplus(trial)


def newest_checkpoint(trial: RunningTrial) -> tuple[int, Path] | None:
    """Find the newest checkpoint that is whole, recorded and this trial's, brought here.

    What is passed over on the way is said in the attempt's log.
    """
    newest, begun = trial.assignment.recorded_step, trial.step_of(0)
    for step in sorted(_steps(trial), reverse=True):
        # What an earlier replicate saved has nothing to do with this one.
        if (newest is not None and step > newest) or (trial.finished and step <= begun):
            continue
        place = brought_from(trial.assignment.folder, step)
        problem = problem_of(place, sweep=trial.assignment.identity, trial=trial.number)
        if problem is None:
            return step, place
        trial.log("stderr", f"checkpoint {_name(step)} is not restored: {problem}\n")
    return None


def surplus(manifests: dict[int, Manifest], keep: int, goal: Goal) -> list[int]:
    """Say which steps may go: neither among the newest so many nor among the best.

    Example:
        >>> from sweeper.model.objective import Mode
        >>> def at(step, loss):
        ...     return Manifest(sweep="s", trial=0, step=step, metrics={"loss": loss}, files={})
        >>> known = {step: at(step, loss) for step, loss in [(1, 0.1), (2, 0.5), (3, 0.3)]}
        >>> surplus(known, keep=1, goal=Goal(metric="loss", mode=Mode.MIN))
        [2]
    """
    newest = sorted(manifests, reverse=True)[:keep]
    scored = sorted(
        manifests, key=lambda step: (-goal.score(manifests[step].metrics.get(goal.metric)), -step)
    )
    return sorted(set(manifests) - set(newest) - set(scored[:keep]))


def is_remote(path: str) -> bool:
    """Tell whether a path is an fsspec URL."""
    return "://" in path


def _remove_surplus(trial: RunningTrial) -> None:
    keep = trial.assignment.keep_checkpoints
    steps = _steps(trial)
    if len(steps) <= keep:
        return
    known = {step: _manifest(trial, step) for step in steps}
    # What another sweep of this name has left in the folder counts for nothing here.
    own = (trial.assignment.identity, trial.number)
    whole = {step: m for step, m in known.items() if m is not None and (m.sweep, m.trial) == own}
    lent = trial.lending.needed(steps)
    for step in surplus(whole, keep, trial.assignment.goal):
        if step not in lent:
            _remove(trial, step)


def _remove(trial: RunningTrial, step: int) -> None:
    target = f"{_folder(trial)}/{_name(step)}"
    if is_remote(target):
        filesystem, place = fsspec.core.url_to_fs(target)
        filesystem.rm(place, recursive=True)
    else:
        # Renamed first, so that a removal cut short leaves nothing that looks whole.
        doomed = Path(target).parent / f".removed-{uuid4().hex[:8]}"
        Path(target).rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)
    trial.publish(
        Removed(
            key=trial.assignment.key,
            time=trial.now(),
            kind="checkpoint",
            name=_name(step),
        )
    )


def _folder(trial: RunningTrial) -> str:
    return f"{trial.assignment.folder}/checkpoints"


def _name(step: int) -> str:
    return f"step-{step}"


def _steps(trial: RunningTrial) -> list[int]:
    folder = _folder(trial)
    if is_remote(folder):
        filesystem, place = fsspec.core.url_to_fs(folder)
        names = [found.split("/")[-2] for found in filesystem.glob(f"{place}/step-*/{FILE_NAME}")]
    else:
        names = [path.name for path in Path(folder).glob("step-*") if path.is_dir()]
    return [int(name[5:]) for name in names if name[5:].isdigit()]


def _manifest(trial: RunningTrial, step: int) -> Manifest | None:
    target = f"{_folder(trial)}/{_name(step)}"
    if not is_remote(target):
        return read_manifest(Path(target))
    filesystem, place = fsspec.core.url_to_fs(target)
    aside = Path(mkdtemp(prefix="sweeper-"))
    try:
        filesystem.get_file(f"{place}/{FILE_NAME}", str(aside / FILE_NAME))
        return read_manifest(aside)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def brought_from(folder: str, step: int) -> Path:
    """Give the place of a checkpoint in a trial's folder, copied here where that is elsewhere."""
    target = f"{folder}/checkpoints/{_name(step)}"
    if not is_remote(target):
        return Path(target)
    filesystem, place = fsspec.core.url_to_fs(target)
    here = Path(mkdtemp(prefix="sweeper-"))
    filesystem.get(f"{place}/", f"{here}/", recursive=True)
    return here


def _upload(aside: Path, target: str) -> None:
    """Copy a folder, the list of its files last: it is what makes the copy complete."""
    filesystem, place = fsspec.core.url_to_fs(target)
    written = aside / FILE_NAME
    listed = written.read_bytes()
    written.unlink()
    filesystem.makedirs(place, exist_ok=True)
    filesystem.put(f"{aside}/", f"{place}/", recursive=True)
    filesystem.pipe_file(f"{place}/{FILE_NAME}", listed)


def _rename_synced(aside: Path, target: Path) -> None:
    for path in [*aside.rglob("*"), aside]:
        sync(path)
    if target.exists():
        replaced = target.parent / f".replaced-{uuid4().hex[:8]}"
        target.rename(replaced)
        aside.rename(target)
        shutil.rmtree(replaced)
    else:
        aside.rename(target)
    sync(target.parent)


def sync(path: Path) -> None:
    """Bring a file or a folder's entries to the disk itself."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
