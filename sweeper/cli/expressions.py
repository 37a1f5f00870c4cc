"""Space expressions on the command line: parsed, never evaluated as code."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from sweeper.errors import SpaceError
from sweeper.model import domains
from sweeper.model.domain import Domain

_FUNCTIONS = (
    "uniform", "loguniform", "quniform", "qloguniform", "randint", "lograndint", "normal",
    "choice", "ordinal",
)  # fmt: skip


def parse_domain(name: str, text: str) -> Domain:
    """Read one parameter's domain: "loguniform(1e-5, 1e-1)", or a list of choices.

    Example:
        >>> parse_domain("layers", "[2, 4]")
        choice([2, 4])
        >>> parse_domain("lr", "uniform(0, 1).when(layers=2)")
        uniform(0, 1).when(layers=2)

    Raises:
        SpaceError: the text is no space expression; names the parameter.
    """
    try:
        found = _read(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, TypeError) as error:
        raise SpaceError(
            f"--{name} {text!r} is no space expression: {error}",
            hint=f"Use a list, or one of {', '.join(_FUNCTIONS)}, as in 'loguniform(1e-5, 1e-1)'.",
        ) from error
    return found


def _read(node: ast.expr) -> Domain:
    if isinstance(node, (ast.List, ast.Tuple)):
        return domains.choice(ast.literal_eval(node))
    if not isinstance(node, ast.Call):
        raise TypeError("expected a list or a function's call")
    arguments = [ast.literal_eval(argument) for argument in node.args]
    keywords: dict[str, Any] = {
        k.arg: ast.literal_eval(k.value) for k in node.keywords if k.arg is not None
    }
    if isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
        made: Domain = getattr(domains, node.func.id)(*arguments, **keywords)
        return made
    if isinstance(node.func, ast.Attribute) and node.func.attr in ("when", "grid"):
        changed: Domain = getattr(_read(node.func.value), node.func.attr)(*arguments, **keywords)
        return changed
    raise ValueError("unknown function")


def declared_space(flags: Sequence[str]) -> dict[str, Domain]:
    """Read the flags that a script is swept over, each with its domain.

    Raises:
        SpaceError: a flag has no expression, or none is declared.
    """
    left = list(flags)
    space: dict[str, Domain] = {}
    while left:
        flag, equals, text = left.pop(0).partition("=")
        if not flag.startswith("--"):
            raise SpaceError(
                f"{flag!r} is no flag", hint="Declare flags as --lr 'loguniform(1e-5, 1e-1)'."
            )
        if not equals:
            if not left:
                raise SpaceError(f"{flag} has no domain", hint="Give it one, as in --n '[1, 2]'.")
            text = left.pop(0)
        space[flag[2:]] = parse_domain(flag[2:], text)
    if not space:
        raise SpaceError(
            "no flag of the script is declared",
            hint="Say what to search: sweeper run SCRIPT.py --lr 'loguniform(1e-5, 1e-1)'.",
        )
    return space
