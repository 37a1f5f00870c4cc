"""Names of a test's cases: the same in every process that collects them."""

from __future__ import annotations

import re


def shown(value: object) -> str:
    """Show a value without its place in memory."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))
