"""A sweep as one HTML file that opens from disk, without a server and without a network."""

from __future__ import annotations

from sweeper_dashboard.report.writing import report_of, write_report

__all__ = ["report_of", "write_report"]
