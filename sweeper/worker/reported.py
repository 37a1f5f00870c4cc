"""What report() takes: steps, numbers and names, checked before anything is recorded."""

from __future__ import annotations

from sweeper.errors import SweeperError

_STEP_LIMIT = 2**63
_LONGEST_NAME = 200


def as_step(step: object) -> int:
    """Take any whole number that a database can keep, NumPy's and torch's included."""
    if type(step) is int and 0 <= step < _STEP_LIMIT:
        return step
    if hasattr(step, "__index__") and not isinstance(step, bool):
        number: int = step.__index__()
        if 0 <= number < _STEP_LIMIT:
            return number
    raise SweeperError(
        f"report() got step = {step!r}", hint="A step is a whole number from 0 to 2**63 - 1."
    )


def check_name(name: str) -> None:
    """Refuse a metric's name that a database cannot keep."""
    try:
        name.encode()
    except UnicodeEncodeError:
        sound = False
    else:
        sound = 0 < len(name) <= _LONGEST_NAME and "\x00" not in name
    if not sound:
        raise SweeperError(
            f"report() got a metric called {name[:50]!r}",
            hint=f"Use up to {_LONGEST_NAME} characters of ordinary text.",
        )


def as_number(name: str, value: object) -> float:
    """Take a metric's value, or refuse it by its name."""
    if type(value) is float:
        return value
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise SweeperError(
            f"report() got {name} = {value!r}, a {type(value).__name__}",
            hint="A metric is a number, or anything float() takes: a tensor of one element.",
        ) from error
