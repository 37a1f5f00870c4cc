"""A trial's artifacts: where they may go, and how: copied aside, synced, renamed, recorded."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from uuid import uuid4

import fsspec

from sweeper.errors import SweeperError
from sweeper.model.event import Published
from sweeper.worker.checkpoints import is_remote, sync
from sweeper.worker.context import RunningTrial

_LONGEST_NAME = 300


def keep_artifact(trial: RunningTrial, path: Path, name: str | None) -> None:
    """Copy a file beside the store and record it."""
    if not path.is_file():
        raise SweeperError(
            f"log_artifact() got {str(path)!r}, which is no file",
            hint="Write the file first, and give its path as seen from the working directory.",
        )
    called = (name or path.name).lstrip("/")
    if ".." in Path(called).parts or not 0 < len(called) <= _LONGEST_NAME or "\x00" in called:
        raise SweeperError(
            f"an artifact cannot be called {called[:50]!r}",
            hint=f"Use a relative path of up to {_LONGEST_NAME} characters, without '..'.",
        )
    target = f"{trial.assignment.folder}/artifacts/{called}"
    if is_remote(target):
        filesystem, place = fsspec.core.url_to_fs(target)
        filesystem.makedirs(place.rpartition("/")[0], exist_ok=True)
        filesystem.put_file(str(path), place)
    else:
        aside = Path(target).parent / f".{uuid4().hex[:8]}"
        aside.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, aside)
        sync(aside)
        os.replace(aside, target)
    trial.publish(
        Published(
            key=trial.assignment.key,
            time=trial.now(),
            kind="artifact",
            name=called,
            path=target,
            size=path.stat().st_size,
        )
    )


def checked_place(artifacts: str | Path) -> str:
    """Give the place of artifacts as every worker names it: a whole path, or an fsspec URL.

    Raises:
        SweeperError: there are no such URLs, or their package is not installed.
    """
    protocol, separator, _ = str(artifacts).partition("://")
    if not separator:
        return str(Path(artifacts).absolute())
    try:
        fsspec.get_filesystem_class(protocol)
    except ValueError as error:
        raise SweeperError(
            f"artifacts = {str(artifacts)!r}: there is no file system {protocol!r}",
            hint='Use a folder, or a URL that fsspec knows: "s3://bucket/path", "gs://…", "az://…".',
        ) from error
    except ImportError as error:
        raise SweeperError(
            f"artifacts = {str(artifacts)!r} needs a package that is not installed",
            hint=f"{str(error).rstrip('.')}.",
        ) from error
    return str(artifacts)
