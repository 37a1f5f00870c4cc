"""Serving what trials published: images, texts and tables to look at, all else to download.

Whatever a trial wrote is a stranger's: it is never run in a page of ours. Each answer forbids
scripts by a policy of its own, and what browsers would open as a document goes into a sandbox.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Any

import fsspec
from flask import Response, request, send_file

from sweeper.store import questions
from sweeper_dashboard.desk import Desk
from sweeper_dashboard.writes import Refused

IMAGES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
}
TABLES = frozenset({".csv", ".tsv"})
TEXTS = frozenset({".txt", ".log", ".md", ".json", ".yaml", ".yml", ".toml", ".py", ".diff"})
PAGES = frozenset({".html", ".htm"})
_POLICY = "sandbox; default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'"
_MOST_TEXT = 400_000
_PIECE = 1 << 18


def shown_as(name: str) -> str | None:
    """Say how a file is shown: image, table, text or page; None where it is only downloaded."""
    ending = PurePosixPath(name).suffix.lower()
    kinds = (("image", IMAGES), ("table", TABLES), ("text", TEXTS), ("page", PAGES))
    return next((kind for kind, endings in kinds if ending in endings), None)


def artifact(desk: Desk, name: str, number: int) -> Response:
    """Give a file that a trial published, to look at or, with ?download=1, to keep.

    Raises:
        Refused: nothing of this kind and name was published, or it is gone.
    """
    row = _row(desk, name, number)
    path = _inside(str(row["path"]), request.args.get("file", ""))
    kind = shown_as(path)
    keep = request.args.get("download") == "1" or kind is None
    try:
        answer = _whole(path) if keep or kind in ("image", "page") else _beginning(path)
    except (OSError, ValueError, ImportError) as error:
        raise Refused(
            f"{path} cannot be read: {error}", "It may have been moved or deleted.", 404
        ) from error
    answer.mimetype = _mimetype(path, kind, keep=keep)
    answer.headers["Content-Security-Policy"] = _POLICY
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    file = PurePosixPath(path).name.encode("ascii", "replace").decode().replace('"', "_")
    how = "attachment" if keep else "inline"
    answer.headers["Content-Disposition"] = f'{how}; filename="{file}"'
    return answer


def _row(desk: Desk, name: str, number: int) -> Mapping[str, Any]:
    sweep = questions.find_sweep(desk.store, name)
    wanted = tuple(request.args.get(key, "") for key in ("attempt", "kind", "name"))
    for row in questions.list_artifacts(desk.store, sweep.id, number):
        if (str(row["attempt"]), row["kind"], row["name"]) == wanted:
            return row
    raise Refused(f"trial {number} has published no such file", "Reload the page.", 404)


def _inside(path: str, file: str) -> str:
    """Give a file of a published folder, and nothing that lies beside it."""
    if not file:
        return path
    parts = PurePosixPath(file).parts
    if file.startswith("/") or ".." in parts or "\\" in file:
        raise Refused("that file lies outside of what was published", "Reload the page.", 404)
    if "://" in path:
        return f"{path.rstrip('/')}/{file}"
    found = (Path(path) / file).resolve()
    if not found.is_relative_to(Path(path).resolve()):
        raise Refused("that file lies outside of what was published", "Reload the page.", 404)
    return str(found)


def _whole(path: str) -> Response:
    if "://" not in path:
        return send_file(Path(path).absolute(), conditional=True, max_age=0)
    opened = fsspec.open(path, "rb").open()
    return Response(_pieces(opened), direct_passthrough=True)


def _pieces(opened: IO[bytes]) -> Iterator[bytes]:
    with opened:
        while piece := opened.read(_PIECE):
            yield piece


def _beginning(path: str) -> Response:
    with fsspec.open(path, "rb") as opened:
        data: bytes = opened.read(_MOST_TEXT + 1)
    answer = Response(data[:_MOST_TEXT].decode("utf-8", "replace"))
    answer.headers["X-Cut"] = str(len(data) > _MOST_TEXT).lower()
    return answer


def _mimetype(path: str, kind: str | None, *, keep: bool) -> str:
    if keep:
        return "application/octet-stream"
    if kind == "image":
        return IMAGES[PurePosixPath(path).suffix.lower()]
    return "text/html" if kind == "page" else "text/plain"


def files_of(path: str, most: int = 200) -> list[tuple[str, int]]:
    """List the files of a published folder with their sizes; empty for a single file."""
    if "://" in path or not Path(path).is_dir():
        return []
    folder = Path(path)
    found = sorted(each for each in folder.rglob("*") if each.is_file())
    return [(each.relative_to(folder).as_posix(), each.stat().st_size) for each in found[:most]]
