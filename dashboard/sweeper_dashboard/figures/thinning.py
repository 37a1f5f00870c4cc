"""Thinning a long curve without losing its peaks."""

from __future__ import annotations

import math
from collections.abc import Sequence


def lean(
    steps: Sequence[int], values: Sequence[float], most: int
) -> tuple[list[int], list[float | None]]:
    """Keep the lowest and highest point of each stretch; a NaN becomes a gap.

    Example:
        >>> lean([1, 2, 3, 4, 5, 6], [0.0, 9.0, 1.0, 2.0, -5.0, 3.0], 4)
        ([1, 2, 5, 6], [0.0, 9.0, -5.0, 3.0])
    """
    kept = range(len(steps)) if len(steps) <= most else _extremes(values, most)
    return (
        [steps[index] for index in kept],
        [None if math.isnan(values[index]) else values[index] for index in kept],
    )


def _extremes(values: Sequence[float], most: int) -> list[int]:
    stretches = max((most - 2) // 2, 1)
    kept = {0, len(values) - 1}
    inner = len(values) - 2
    for stretch in range(stretches):
        first = 1 + stretch * inner // stretches
        last = 1 + (stretch + 1) * inner // stretches
        known = [index for index in range(first, last) if not math.isnan(values[index])]
        if known:
            kept.add(min(known, key=values.__getitem__))
            kept.add(max(known, key=values.__getitem__))
    return sorted(kept)
