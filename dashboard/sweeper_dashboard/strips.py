"""Columns of values that are small in memory: numbers as they are, a NaN where there is none."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

NAN = math.nan

Array: TypeAlias = Any
"""A numpy array; NaN stands for what is missing."""

Strip: TypeAlias = Any
"""A column: an array of numbers, or a list of anything in which None stands for nothing."""


def reals(values: Sequence[float | None]) -> array[float]:
    """Make a strip of numbers."""
    try:
        return array("d", values)  # type: ignore[arg-type]
    except TypeError:
        return array("d", [NAN if value is None else value for value in values])


def packed(values: list[Any]) -> Strip:
    """Make a strip of whatever there is: of floats alone an array, else the list as it is.

    Example:
        >>> packed([0.5, None]), packed([1, 0.5])
        (array('d', [0.5, nan]), [1, 0.5])
    """
    return reals(values) if float in map(type, values) and _are_real(values) else values


def joined(first: Strip, second: Strip) -> Strip:
    """Put a strip behind another, which may be changed by it."""
    first, second = _alike(first, second)
    if isinstance(first, array) and isinstance(second, array):
        first.extend(second)
        return first
    made = cells(first)
    made.extend(cells(second))
    return made


def replaced(strip: Strip, places: Sequence[int], values: Strip) -> Strip:
    """Make a strip that differs from another at some places."""
    strip, values = _alike(strip, values)
    if isinstance(strip, list) or isinstance(values, list):
        strip, values = cells(strip), cells(values)
    made = strip[:]
    for place, value in zip(places, values, strict=True):
        made[place] = value
    return made


def _alike(first: Strip, second: Strip) -> tuple[Strip, Strip]:
    """Turn a list into numbers beside a strip of numbers, if it is none but for its gaps."""
    if isinstance(first, list) and isinstance(second, array) and _are_real(first):
        return reals(first), second
    if isinstance(second, list) and isinstance(first, array) and _are_real(second):
        return first, reals(second)
    return first, second


def _are_real(values: Sequence[Any]) -> bool:
    return set(map(type, values)) <= {float, type(None)}


def nothing(count: int) -> list[Any]:
    """Make a strip without a value in it."""
    return [None] * count


def cell(strip: Strip, place: int) -> Any:
    """Give a value of a strip; None where there is none."""
    value = strip[place]
    return None if value != value else value


def cells(strip: Strip) -> list[Any]:
    """Give the values of a strip, None where there is none."""
    if isinstance(strip, list):
        return strip
    found: list[Any] = strip.tolist()
    if np.isnan(strip).any():
        return [None if value != value else value for value in found]
    return found


def strip_of(found: Array) -> array[float]:
    """Make a strip of a numpy array."""
    return array("d", found.astype(np.float64).tobytes())


def finite(strip: Strip) -> Strip:
    """Give a strip of numbers without those that are infinite."""
    found = numbers(strip)
    lost = np.isinf(found)
    return strip_of(np.where(lost, np.nan, found)) if lost.any() else strip


def numbers(strip: Strip) -> Array:
    """Give a strip of numbers as a numpy array; NaN where there is none."""
    return np.array(strip, dtype=np.float64)


def chosen(strip: Strip, places: Sequence[int]) -> Strip:
    """Give the values at some places."""
    if isinstance(strip, list):
        return [strip[place] for place in places]
    made = np.frombuffer(strip, dtype=strip.typecode)[np.asarray(places, dtype=np.intp)]
    return array(strip.typecode, made.tobytes())


def same(strip: Strip) -> bool:
    """Tell whether all values of a strip are the same one."""
    if isinstance(strip, list):
        return strip.count(strip[0]) == len(strip) if strip else True
    found = np.frombuffer(strip, dtype=strip.typecode)
    return bool((found == found[0]).all() or np.isnan(found).all()) if found.size else True
