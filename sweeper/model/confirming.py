"""A sweep that runs the best trials of another one again, with fresh seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sweeper.model.encoding import Json
from sweeper.model.sweep import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirming:
    """What such a sweep begins with: the other one's options, and each point once a seed."""

    options: Options
    points: tuple[Mapping[str, Json], ...]
