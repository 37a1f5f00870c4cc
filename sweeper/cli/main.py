"""The command sweeper: finds the verb, runs it, and turns its end into an exit code.

0 done    1 failed    2 wrong usage    3 a check did not hold    130 interrupted
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from sweeper.cli import (
    check,
    compare,
    confirm,
    export,
    follow,
    launch,
    look,
    plan,
    report,
    serve,
    sql,
    upkeep,
    users,
)
from sweeper.cli.output import Usage, complain
from sweeper.errors import SweeperError

_GROUPS = (
    launch, confirm, plan, look, compare, check, follow, export, sql, report, serve, users, upkeep,
)  # fmt: skip


def make_parser() -> argparse.ArgumentParser:
    """Make the parser of all verbs."""
    parser = argparse.ArgumentParser(
        prog="sweeper",
        description="Hyperparameter sweeps that resume exactly.",
        epilog="Verbs may be shortened to any unambiguous prefix.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=_version())
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for group in _GROUPS:
        group.add_verbs(verbs)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and give its exit code."""
    parser = make_parser()
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        parsed = _parsed(parser, given)
    except SystemExit as usage:
        return usage.code if isinstance(usage.code, int) else 2
    try:
        code: int = parsed.act(parsed)
    except SweeperError as error:
        complain(error)
        return 2 if isinstance(error, Usage) else 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read the output has had enough of it, as head does.
        sys.stderr.close()
        return 0
    except OSError as error:
        complain(SweeperError(f"{error.filename or 'a file'}: {error.strerror or error}"))
        return 1
    return code


def _parsed(parser: argparse.ArgumentParser, given: list[str]) -> argparse.Namespace:
    """Parse a command line; what run and plan do not know are a script's flags."""
    ours, theirs = given, []
    if "--" in given:
        cut = given.index("--")
        ours, theirs = given[:cut], given[cut + 1 :]
    parsed, unknown = parser.parse_known_args(_with_whole_verb(parser, ours))
    if unknown and hasattr(parsed, "rest") and all(word.isdecimal() for word in unknown):
        getattr(parsed, parsed.rest).extend(map(int, unknown))
        unknown = []
    if parsed.verb not in ("run", "plan") and (unknown or theirs):
        parser.error(f"unrecognized arguments: {' '.join([*unknown, *theirs])}")
    parsed.flags, parsed.passed_on, parsed.command = unknown, theirs, given
    return parsed


def _with_whole_verb(parser: argparse.ArgumentParser, given: list[str]) -> list[str]:
    """Complete a shortened verb; an ambiguous one is the parser's error."""
    if not given or given[0].startswith("-"):
        return given
    known = known_verbs(parser)
    found = [given[0]] if given[0] in known else [v for v in known if v.startswith(given[0])]
    if len(found) > 1:
        parser.error(f"{given[0]!r} may be {' or '.join(sorted(found))}")
    return [found[0], *given[1:]] if found else given


def known_verbs(parser: argparse.ArgumentParser) -> list[str]:
    """List the verbs of a parser."""
    actions = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    return list(actions[0].choices)


def _version() -> str:
    from importlib.metadata import version

    return f"sweeper {version('sweepable')}"
