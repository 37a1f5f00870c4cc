"""How a hyperparameter's value is written as JSON and read back exactly."""

from __future__ import annotations

import json
import math
import os
import sys
from enum import Enum
from typing import Any, TypeAlias

from sweeper.errors import SpaceError

Value: TypeAlias = Any
"""A hyperparameter's value: whatever a training function takes."""

Json: TypeAlias = Any
"""What the json module reads and writes."""

SCRIPT = "sweeper_script_"
"""What the modules begin with that scripts are loaded as."""

_TAG = "$sweeper"


class Reference(str):
    """The name of an option that is an object: a reader sees it without importing it.

    Example:
        >>> Reference("torch.optim:Adam")
        'torch.optim:Adam'
    """

    __slots__ = ()


def encode(value: Value) -> Json:
    """Write a value as JSON from which the same value and type can be read.

    Example:
        >>> encode((32, 64))
        {'$sweeper': 'tuple', 'items': [32, 64]}

    Raises:
        SpaceError: the value is neither JSON nor an object with a stable name.
    """
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return value if math.isfinite(value) else {_TAG: "float", "text": repr(value)}
    if type(value) is list:
        return [encode(item) for item in value]
    if type(value) is tuple:
        return {_TAG: "tuple", "items": [encode(item) for item in value]}
    if type(value) is dict:
        return _encode_dict(value)
    if isinstance(value, Reference):
        return {_TAG: "object", "name": str(value)}
    if hasattr(value, "dtype") and hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        return encode(value.item())
    return {_TAG: "object", "name": stable_name(value)}


def decode(written: Json) -> Value:
    """Read a value back; an object comes back as the Reference that names it."""
    if isinstance(written, list):
        return [decode(item) for item in written]
    if not isinstance(written, dict):
        return written
    kind = written.get(_TAG)
    if kind == "float":
        return float(written["text"])
    if kind == "tuple":
        return tuple(decode(item) for item in written["items"])
    if kind == "object":
        return Reference(written["name"])
    return {key: decode(item) for key, item in written.items()}


def canonical(value: Value) -> str:
    """Give the text under which two values are the same option: 1, 1.0 and True differ."""
    return json.dumps(encode(value), sort_keys=True, separators=(",", ":"))


def stable_name(value: Value) -> str:
    """Name a class, function or enum member so that a later process means the same.

    Raises:
        SpaceError: the object has no such name, as a lambda or a plain instance.
    """
    if isinstance(value, Enum):
        return f"{home_of(type(value).__module__)}:{type(value).__qualname__}.{value.name}"
    module = getattr(value, "__module__", None)
    name = getattr(value, "__qualname__", None)
    if not module or not name or "<lambda>" in name:
        raise SpaceError(
            f"the option {value!r} has no stable name to record it by",
            hint="Use a JSON value, a class or a named function, and build the object inside "
            "the training function.",
        )
    return f"{home_of(module)}:{name}"


def home_of(module: str) -> str:
    """Give a module's name, or its file where the name is only a script's in this process.

    Example:
        >>> home_of("torch.optim")
        'torch.optim'
    """
    if module in ("__main__", "__mp_main__") or module.startswith(SCRIPT):
        name = "__main__" if module == "__mp_main__" else module
        file = getattr(sys.modules.get(name), "__file__", None)
        if file and os.path.isfile(file):
            return str(os.path.realpath(file))
        return "__main__"
    return module


def _encode_dict(value: dict[Any, Value]) -> Json:
    for key in value:
        if type(key) is not str or key == _TAG:
            raise SpaceError(
                f"the option {value!r} has the key {key!r}, which JSON cannot keep",
                hint=f"Use strings other than {_TAG!r} as keys.",
            )
    return {key: encode(item) for key, item in value.items()}
