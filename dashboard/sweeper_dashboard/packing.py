"""Making large answers small: columns of numbers as bytes, words by their places, gzip."""

from __future__ import annotations

import base64
import zlib
from typing import Any, TypeAlias

import numpy as np
from flask import Response, request

Packed: TypeAlias = dict[str, Any]
"""A column as bytes: {"f4": ...} of numbers, or {"u1": ..., "of": [...]} of words."""

# Below that a few bytes more matter less than that anybody can read them.
_FEWEST_PACKED = 1_000
_FEWEST_SQUEEZED = 30_000
_MOST_WORDS = 255


def packed(columns: dict[str, Any]) -> dict[str, Any]:
    """Pack the columns of many trials; those of few stay the lists that they are.

    Numbers keep the seven digits of 32 bits, which is more than anybody reads.
    """
    if len(columns["number"]) < _FEWEST_PACKED:
        return columns
    params, metrics = columns["params"], columns["metrics"]
    return {
        **{name: packed_column(columns[name]) for name in columns.keys() - {"params", "metrics"}},
        "params": [packed_column(column) for column in params],
        "metrics": {name: packed_column(column) for name, column in metrics.items()},
    }


def packed_column(column: list[Any]) -> list[Any] | Packed:
    """Pack a column of fractions or of few words; any other stays as it is.

    Example:
        >>> packed_column(["a", None, "a"])
        {'u1': 'AP8A', 'of': ['a']}
    """
    kinds = set(map(type, column)) - {type(None)}
    if kinds == {float}:
        # What 32 bits cannot hold becomes infinite or nothing, and stays as it is.
        with np.errstate(over="ignore", under="ignore"):
            found = np.array([np.nan if each is None else each for each in column])
            small = found.astype("<f4")
        lost = np.isinf(small) | ((small == 0) & (found != 0))
        return column if lost.any() else {"f4": _written(small)}
    words = sorted(set(column) - {None}) if kinds == {str} else []
    if not 0 < len(words) <= _MOST_WORDS:
        return column
    places = {word: place for place, word in enumerate(words)}
    places_of = [_MOST_WORDS if each is None else places[each] for each in column]
    return {"u1": _written(np.array(places_of, dtype=np.uint8)), "of": words}


def squeezed(response: Response) -> Response:
    """Send a large JSON answer as gzip to whoever reads it."""
    large = response.is_json and (response.content_length or 0) >= _FEWEST_SQUEEZED
    if not large or "gzip" not in request.headers.get("Accept-Encoding", ""):
        return response
    # The lightest level: the server's time is dearer than the last tenth of the bytes.
    squeezer = zlib.compressobj(1, wbits=31)
    response.set_data(squeezer.compress(response.get_data()) + squeezer.flush())
    response.headers["Content-Encoding"] = "gzip"
    return response


def _written(found: Any) -> str:
    return base64.b64encode(found.tobytes()).decode()
