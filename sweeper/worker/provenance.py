"""Where a sweep comes from: code, command, user, machine and packages."""

from __future__ import annotations

import getpass
import platform
import socket
import subprocess
import sys
from functools import lru_cache
from importlib.metadata import distributions
from pathlib import Path

from sweeper.model.encoding import Json

_LARGEST_DIFF = 200_000


def provenance(source: str | None) -> dict[str, Json]:
    """Write down what is needed to run this again.

    Environment variables are left out: they hold secrets.

    Args:
        source: the file of the training function, whose repository is looked at.
    """
    folder = Path(source).parent if source and Path(source).exists() else Path.cwd()
    return {
        "command": sys.argv,
        "folder": str(Path.cwd()),
        "search_path": sys.path[:1],
        "user": _user(),
        "host": socket.gethostname(),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "packages": _packages(),
        **_repository(folder),
    }


def _user() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return None


def _packages() -> dict[str, str]:
    """List what is installed; looked at anew once something was installed or removed."""
    folders = [Path(entry or ".") for entry in sys.path]
    return dict(_listed(tuple((str(f), f.stat().st_mtime_ns) for f in folders if f.exists())))


@lru_cache(maxsize=1)
def _listed(folders: tuple[tuple[str, int], ...]) -> tuple[tuple[str, str], ...]:
    # Reading a package's metadata costs half a millisecond, and there may be hundreds.
    read = [found.metadata for found in distributions(path=[folder for folder, _ in folders])]
    return tuple(sorted((data["Name"], data["Version"]) for data in read if data["Name"]))


def _repository(folder: Path) -> dict[str, Json]:
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return {"commit": None, "diff": None}
    diff = _git(folder, "diff", "HEAD") or ""
    cut = diff[:_LARGEST_DIFF]
    return {"commit": commit.strip(), "diff": cut, "diff_is_whole": len(cut) == len(diff)}


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
