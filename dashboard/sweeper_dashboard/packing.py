"""Making large answers small: columns of numbers as bytes, few values by their places, gzip."""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from flask import Response, request

from sweeper_dashboard.strips import Array, Strip, cells

Packed: TypeAlias = dict[str, Any]
"""A column as bytes: {"f4": ...} of numbers, or {"u1": ..., "of": [...]} of few values."""

# Below that a few bytes more matter less than that anybody can read them.
_FEWEST_PACKED = 1_000
_FEWEST_SQUEEZED = 30_000
_MOST_WORDS = 255
_SAMPLE = 600


def packed(columns: dict[str, Any]) -> dict[str, Any]:
    """Pack the columns of many trials; those of few become lists.

    Numbers keep the seven digits of 32 bits, which is more than anybody reads.
    """
    few = len(columns["number"]) < _FEWEST_PACKED
    pack: Callable[[Strip], Any] = cells if few else packed_column
    return {
        **{name: pack(columns[name]) for name in columns.keys() - {"params", "metrics"}},
        "params": [pack(column) for column in columns["params"]],
        "metrics": {name: pack(column) for name, column in columns["metrics"].items()},
    }


def packed_column(column: Strip) -> list[Any] | Packed:
    """Pack a column of fractions or of few values; any other becomes a list.

    Example:
        >>> packed_column(["a", None, "a"])
        {'u1': 'AP8A', 'of': ['a']}
    """
    if not isinstance(column, list):
        return _packed_numbers(np.asarray(column)) or cells(column)
    kinds = set(map(type, column)) - {type(None)}
    if kinds == {float}:
        found = np.array([np.nan if each is None else each for each in column])
        return _packed_numbers(found) or column
    if not (kinds <= {str} or kinds <= {int}) or len(set(column[:_SAMPLE])) > _MOST_WORDS + 1:
        return column
    words = sorted(set(column) - {None})
    if len(words) > _MOST_WORDS:
        return column
    places = {None: _MOST_WORDS, **{word: place for place, word in enumerate(words)}}
    return {"u1": _written(bytes(map(places.__getitem__, column))), "of": words}


def _packed_numbers(found: Array) -> Packed | None:
    """Pack numbers: few different ones exactly, fractions to 32 bits; None where neither goes."""
    fractions = found.dtype.kind == "f"
    missing = np.isnan(found) if fractions else np.zeros(len(found), dtype=bool)
    if len(np.unique(found[:_SAMPLE])) <= _MOST_WORDS:
        words, places = np.unique(found[~missing], return_inverse=True)
        if len(words) <= _MOST_WORDS:
            put: Array = np.full(len(found), _MOST_WORDS, dtype=np.uint8)
            put[~missing] = places
            return {"u1": _written(put.tobytes()), "of": words.tolist()}
    if not fractions:
        return None
    # What 32 bits cannot hold becomes infinite or nothing, and stays as it is.
    with np.errstate(over="ignore", under="ignore"):
        small = found.astype("<f4")
    lost = np.isinf(small) | ((small == 0) & (found != 0))
    return None if lost.any() else {"f4": _written(small.tobytes())}


def _written(found: bytes) -> str:
    return base64.b64encode(found).decode()


def squeeze(made: bytes, *, numbers: bool = False) -> bytes:
    """Make bytes small as gzip does.

    Args:
        made: what is sent.
        numbers: whether it is mostly packed numbers, in which nothing comes twice.
    """
    # The lightest ways: the server's time is dearer than the last tenth of the bytes.
    strategy = zlib.Z_RLE if numbers else zlib.Z_DEFAULT_STRATEGY
    squeezer = zlib.compressobj(1, wbits=31, strategy=strategy)
    return squeezer.compress(made) + squeezer.flush()


def sent_squeezed(made: bytes) -> Response:
    """Send JSON that is squeezed already."""
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return Response(gzip.decompress(made), mimetype="application/json")
    return Response(made, mimetype="application/json", headers={"Content-Encoding": "gzip"})


def squeezed(response: Response) -> Response:
    """Send a large JSON answer as gzip to whoever reads it."""
    large = response.is_json and (response.content_length or 0) >= _FEWEST_SQUEEZED
    done = "Content-Encoding" in response.headers
    if done or not large or "gzip" not in request.headers.get("Accept-Encoding", ""):
        return response
    response.set_data(squeeze(response.get_data()))
    response.headers["Content-Encoding"] = "gzip"
    return response
