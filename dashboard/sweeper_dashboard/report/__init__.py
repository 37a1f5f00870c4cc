"""A sweep as one HTML file that opens from disk, without a server and without a network."""

from __future__ import annotations

from sweeper_dashboard.report.writing import write_report

__all__ = ["write_report"]
