"""The page on which the trials of a sweep are compared in figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sweeper_dashboard.components.figure_panels import figure_panels
from sweeper_dashboard.desk import Desk
from sweeper_dashboard.pages.frame import sweep_frame


def compare_page(desk: Desk, name: str, state: Mapping[str, str]) -> Any:
    """Lay out the figures of a sweep; scripts fill them.

    Raises:
        SweepNotFound: there is no sweep of this name.
    """
    view = desk.mirrors.of(name).view()
    return sweep_frame(view, "compare", figure_panels(view), state)
