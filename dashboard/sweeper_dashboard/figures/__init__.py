"""Figures of a sweep: pure functions from rows to Plotly figures."""

from __future__ import annotations

from sweeper_dashboard.figures.drawing import KINDS, draw

__all__ = ["KINDS", "draw"]
