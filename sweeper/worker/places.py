"""The places of artifacts: folders, and the URLs of file systems that fsspec knows."""

from __future__ import annotations

from pathlib import Path

from fsspec.registry import get_filesystem_class

from sweeper.errors import SweeperError


def checked_place(artifacts: str | Path) -> str:
    """Give the place of artifacts as every worker names it: a whole path, or an fsspec URL.

    Raises:
        SweeperError: there are no such URLs, or their package is not installed.
    """
    protocol, separator, _ = str(artifacts).partition("://")
    if not separator:
        return str(Path(artifacts).absolute())
    try:
        get_filesystem_class(protocol)
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
