"""What the verbs share: common options, JSON output, and complaints in a line."""

from __future__ import annotations

import argparse
import json
import math
import sys
from typing import Any

from sweeper.errors import SweeperError


class Usage(SweeperError):
    """The command line asks for something that no verb does."""


def common_options(*, reads: bool = True) -> argparse.ArgumentParser:
    """Make the options that verbs share; reading verbs also have --json."""
    parent = argparse.ArgumentParser(add_help=False)
    parent.add_argument(
        "--store",
        metavar="URL",
        help="the store's address; $SWEEPER_STORE, else sqlite:///.sweeper/store.db",
    )
    if reads:
        parent.add_argument("--json", action="store_true", help="machine-readable output")
    return parent


def say(text: str = "") -> None:
    """Write a line to standard output."""
    sys.stdout.write(f"{text}\n")


def say_json(value: Any) -> None:
    """Write a value as JSON; what JSON cannot say, as NaN, is null."""
    sys.stdout.write(json.dumps(_sayable(value), indent=2, default=str) + "\n")


def complain(error: SweeperError) -> None:
    """Write an error's message and hint to standard error."""
    sys.stderr.write(f"sweeper: {error.message}\n")
    if error.hint:
        sys.stderr.write(f"  {error.hint}\n")


def _sayable(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {str(key): _sayable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_sayable(item) for item in value]
    return value
