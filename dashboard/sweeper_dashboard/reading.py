"""Numbers, times and values written the way people read them."""

from __future__ import annotations

import math

from sweeper.model.encoding import Json, Reference, Value, decode

MISSING = "—"
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"))
_SIZES = ("B", "kB", "MB", "GB", "TB")


def number(value: float | None, digits: int = 4) -> str:
    """Round a number for reading.

    Example:
        >>> number(0.123456), number(1234567), number(3e-7), number(None)
        ('0.1235', '1,234,567', '3e-7', '—')
    """
    if value is None or math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value == int(value) and abs(value) < 1e9:
        return f"{int(value):,}"
    if abs(value) < 1e-3 or abs(value) >= 1e6:
        mantissa, exponent = f"{value:.{digits - 2}e}".split("e")
        tidy = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        return f"{tidy}e{int(exponent)}"
    return f"{value:#.{digits}g}" if abs(value) < 1000 else f"{value:,.1f}"


def share(part: float | None) -> str:
    """Write a share as a percentage.

    Example:
        >>> share(0.4567), share(None)
        ('46 %', '—')
    """
    return MISSING if part is None else f"{part * 100:.0f} %"


def duration(seconds: float | None) -> str:
    """Write a length of time with its two leading units.

    Example:
        >>> duration(0.25), duration(61), duration(90_000)
        ('250 ms', '1 m 1 s', '1 d 1 h')
    """
    if seconds is None:
        return MISSING
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    parts: list[str] = []
    left = int(seconds)
    for size, unit in (*_UNITS, (1, "s")):
        count, left = divmod(left, size)
        if count or parts:
            parts.append(f"{count} {unit}")
    return " ".join(part for part in parts[:2] if not part.startswith("0 "))


def age(then: float | None, now: float) -> str:
    """Say how long ago a moment was.

    Example:
        >>> age(100.0, 220.0)
        '2 m ago'
    """
    if then is None:
        return MISSING
    seconds = max(now - then, 0.0)
    if seconds < 5:
        return "just now"
    return f"{duration(seconds).split(' ')[0].split('.')[0]} {duration(seconds).split(' ')[1]} ago"


def size(count: int) -> str:
    """Write a number of bytes.

    Example:
        >>> size(1_500_000)
        '1.5 MB'
    """
    left = float(count)
    for unit in _SIZES[:-1]:
        if left < 1000:
            return f"{left:.3g} {unit}"
        left /= 1000
    return f"{left:.3g} {_SIZES[-1]}"


def words(written: Json) -> str:
    """Write an encoded parameter value for reading.

    Example:
        >>> words("relu"), words(0.0012345678), words({"$sweeper": "tuple", "items": [1, 2]})
        ('relu', '0.001235', '(1, 2)')
    """
    value = decode(written)
    if isinstance(value, Reference):
        return str(value).rpartition(":")[2]
    if isinstance(value, str):
        return value
    if type(value) in (int, float):
        return number(value)
    return repr(value)


def code(written: Json) -> str:
    """Write an encoded parameter value as it would stand in a call.

    Example:
        >>> code("relu"), code(0.0012345678)
        ("'relu'", '0.0012345678')
    """
    return _code(decode(written))


def _code(value: Value) -> str:
    if isinstance(value, Reference):
        return str(value).rpartition(":")[2]
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value!r}")'
    return repr(value)
