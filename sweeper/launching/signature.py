"""What a training function says of itself: its arguments and its annotated domains."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from typing import Annotated, Any

from sweeper.errors import SpaceError
from sweeper.model.domain import Domain
from sweeper.model.space import Signature


def signature_of(function: Callable[..., Any]) -> Signature:
    """Read which arguments a function takes, requires and defaults."""
    parameters = inspect.signature(function).parameters.values()
    named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    for parameter in parameters:
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise SpaceError(
                f"{parameter.name} can only be given by position",
                hint="A sweep calls the function with keywords: remove the slash.",
            )
    return Signature(
        defaults={p.name: p.default for p in named if p.default is not p.empty},
        required=tuple(p.name for p in named if p.default is p.empty),
        takes_any=any(p.kind is p.VAR_KEYWORD for p in parameters),
    )


def annotated_domains(function: Callable[..., Any]) -> dict[str, Domain]:
    """Read the domains that stand in a function's Annotated parameters."""
    found: dict[str, Domain] = {}
    for parameter in inspect.signature(function).parameters.values():
        annotation = _evaluated(function, parameter.name, parameter.annotation)
        if typing.get_origin(annotation) is not Annotated:
            continue
        domains = [part for part in annotation.__metadata__ if isinstance(part, Domain)]
        if len(domains) > 1:
            raise SpaceError(
                f"{parameter.name} has {len(domains)} domains", hint="Annotate it with one."
            )
        if domains:
            found[parameter.name] = domains[0]
    return found


def _evaluated(function: Callable[..., Any], name: str, annotation: Any) -> Any:
    """Evaluate an annotation that was left as text; others' broken ones are not our matter."""
    if not isinstance(annotation, str):
        return annotation
    names = {**function.__globals__, **inspect.getclosurevars(function).nonlocals}
    try:
        return eval(annotation, names)
    except Exception as error:
        if "Annotated" not in annotation:
            return annotation
        raise SpaceError(
            f"the annotation of {name} cannot be read: {type(error).__name__}: {error}",
            hint="Use names that are known at module level, or give space={...} instead.",
        ) from error
