"""The answers of the API: JSON, and why a request was refused."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response

from sweeper.errors import SweeperError

JSON = "application/json"


def in_json(value: Any, status: int = 200) -> Response:
    """Answer with a value."""
    return Response(orjson.dumps(value), status=status, mimetype=JSON)


def refused(error: SweeperError) -> Response:
    """Answer with the reason and the remedy, under the status that the error has."""
    said = {"error": error.message, "hint": error.hint}
    return in_json(said, getattr(error, "status", 400))


def not_found(error: SweeperError) -> Response:
    """Answer that something is not there."""
    return in_json({"error": error.message, "hint": error.hint}, 404)
