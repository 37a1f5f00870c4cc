"""What makes a checkpoint trustworthy: a list of its files with their sizes and checksums."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sweeper.model.encoding import Json

FILE_NAME = ".sweeper.json"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Whose checkpoint this is, of which step, with which metrics, and of which files."""

    sweep: str
    trial: int
    step: int
    metrics: Mapping[str, float]
    files: Mapping[str, tuple[int, str]]

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(size for size, _ in self.files.values())


def write_manifest(
    folder: Path, *, sweep: str, trial: int, step: int, metrics: Mapping[str, float]
) -> Manifest:
    """List the files of a folder in a file beside them."""
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != FILE_NAME)
    manifest = Manifest(
        sweep=sweep,
        trial=trial,
        step=step,
        metrics={name: value for name, value in metrics.items() if math.isfinite(value)},
        files={str(p.relative_to(folder)): (p.stat().st_size, _checksum(p)) for p in paths},
    )
    written: dict[str, Json] = {
        "sweep": sweep,
        "trial": trial,
        "step": step,
        "metrics": dict(manifest.metrics),
        "files": {name: list(known) for name, known in manifest.files.items()},
    }
    (folder / FILE_NAME).write_text(json.dumps(written), encoding="utf-8")
    return manifest


def read_manifest(folder: Path) -> Manifest | None:
    """Read a folder's manifest; None where it has none that can be read."""
    try:
        read = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
        files = {name: (int(size), str(sum_)) for name, (size, sum_) in read["files"].items()}
        return Manifest(
            sweep=read["sweep"],
            trial=read["trial"],
            step=read["step"],
            metrics=read["metrics"],
            files=files,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def problem_of(folder: Path, *, sweep: str, trial: int) -> str | None:
    """Say why a checkpoint must not be restored; None where it is whole and this trial's."""
    manifest = read_manifest(folder)
    if manifest is None:
        return "it has no list of its files"
    if (manifest.sweep, manifest.trial) != (sweep, trial):
        return f"it belongs to trial {manifest.trial} of sweep {manifest.sweep!r}"
    for name, (size, checksum) in manifest.files.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != size:
            return f"{name} is missing or cut"
        if _checksum(path) != checksum:
            return f"{name} has changed"
    return None


def _checksum(path: Path) -> str:
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
