"""Where a sweep comes from: code, command, user, machine and packages."""

from __future__ import annotations

import getpass
import platform
import socket
import subprocess
import sys
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
    found = {d.metadata["Name"]: d.version for d in distributions() if d.metadata["Name"]}
    return dict(sorted(found.items()))


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
