"""What rows hold as JSON, turned into columns."""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from sweeper_dashboard.strips import Strip, reals


class Null:
    """A parameter that is None, where nothing means that a trial has no such parameter."""


class _Gap:
    """Where a row has no value of a name."""


NULL = Null()
_GAP = _Gap()
_NO_KINDS = {type(None), _Gap}


def parsed(texts: Sequence[str | None]) -> list[Any]:
    """Parse each text; what is None stays None."""
    try:
        return [None if text is None else orjson.loads(text) for text in texts]
    except orjson.JSONDecodeError:
        # SQLite keeps the NaN that Python's own JSON writes.
        return [None if text is None else json.loads(text) for text in texts]


def shared(words: Sequence[Any]) -> list[Any]:
    """Keep each word once, however often it comes."""
    known: dict[Any, Any] = {}
    return list(map(known.setdefault, words, words))


def by_name(rows: Sequence[Mapping[str, Any]]) -> dict[str, Strip]:
    """Give the values of each parameter: NULL where one is None, None where there is none."""
    return {name: _param(found) for name, found in _turned(rows, _GAP).items()}


def _param(found: Sequence[Any]) -> Strip:
    kinds = set(map(type, found))
    if kinds == {float}:
        return array("d", found)
    if kinds & _NO_KINDS:
        found = [NULL if v is None else None if v is _GAP else v for v in found]
        if kinds == {float, _Gap}:
            return reals(found)
    return shared(found) if kinds == {str} else list(found)


def by_metric(rows: Sequence[Mapping[str, Mapping[str, float]]]) -> dict[str, dict[str, Strip]]:
    """Give what the summaries say of each metric: its last value, its least, its greatest."""
    return {
        metric: {word: reals(found) for word, found in _turned(own, None).items()}
        for metric, own in _turned(rows, {}).items()
    }


def _turned(rows: Sequence[Mapping[str, Any]], gap: Any) -> dict[str, Sequence[Any]]:
    """Turn rows into columns by name, with the gap where a row has none.

    Rows of the same names, which most are, are turned all at once.
    """
    shapes: dict[tuple[str, ...], list[int]] = {}
    for place, names in enumerate(map(tuple, rows)):
        shapes.setdefault(names, []).append(place)
    made: dict[str, Sequence[Any]] = {}
    for names, places in shapes.items():
        own = rows if len(shapes) == 1 else [rows[place] for place in places]
        for name, values in zip(names, zip(*(row.values() for row in own))):
            if len(shapes) == 1:
                made[name] = values
            else:
                _put(made.setdefault(name, [gap] * len(rows)), places, values)
    return made


def _put(column: Any, places: Sequence[int], values: Sequence[Any]) -> None:
    for place, value in zip(places, values):
        column[place] = value
