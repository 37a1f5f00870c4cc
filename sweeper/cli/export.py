"""The verb export: a sweep's trials or curves as CSV, JSON or Parquet."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sweeper.cli.output import Usage, common_options, say
from sweeper.errors import SweeperError
from sweeper.sweep import load

if TYPE_CHECKING:
    import pandas as pd

_FORMATS = ("csv", "json", "parquet")


def add_verbs(verbs: Any) -> None:
    """Add export."""
    export = verbs.add_parser(
        "export",
        parents=[common_options()],
        help="write a sweep's trials as CSV, JSON or Parquet",
    )
    export.add_argument("name", metavar="NAME")
    export.add_argument("--format", choices=_FORMATS, help="the file's ending, else csv")
    export.add_argument("-o", "--output", metavar="FILE", help="standard output without it")
    export.add_argument("--curves", metavar="METRIC", help="the learning curves of a metric")
    export.set_defaults(act=_export)


def _export(parsed: argparse.Namespace) -> int:
    if parsed.json and parsed.format not in (None, "json"):
        raise Usage(
            f"--json and --format {parsed.format} exclude each other", hint="Leave one of them out."
        )
    sweep = load(parsed.name, parsed.store)
    frame = sweep.curves(parsed.curves) if parsed.curves else sweep.dataframe()
    ending = Path(parsed.output).suffix.lstrip(".") if parsed.output else ""
    asked = "json" if parsed.json else parsed.format
    chosen = asked or (ending if ending in _FORMATS else "csv")
    if chosen == "parquet":
        _write_parquet(frame, parsed.output)
    else:
        _write_text(frame, chosen, parsed.output)
    if parsed.output:
        say(f"{len(frame)} rows in {parsed.output}")
    return 0


def _write_text(frame: pd.DataFrame, chosen: str, output: str | None) -> None:
    text = (
        frame.to_csv(index=False)
        if chosen == "csv"
        else frame.to_json(
            orient="records", date_format="iso", default_handler=str, indent=2, double_precision=15
        )
    )
    if output is None:
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
    else:
        Path(output).write_text(text, encoding="utf-8")


def _write_parquet(frame: pd.DataFrame, output: str | None) -> None:
    if output is None:
        raise SweeperError("Parquet is not text", hint="Name a file: --output trials.parquet")
    # Parquet wants one type a column; a parameter of several types becomes text.
    mixed = {
        name: frame[name].map(lambda value: value if value is None else str(value))
        for name in frame.columns
        if frame[name].dtype == object and frame[name].map(type).nunique() > 1
    }
    frame.assign(**mixed).to_parquet(output, index=False)
