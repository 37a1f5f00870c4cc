"""Where a training function lives, how it travels, and how it is found again."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import reduce
from pathlib import Path
from types import ModuleType
from typing import Any

import cloudpickle

from sweeper.errors import SweeperError
from sweeper.model.assignment import Assignment
from sweeper.model.categorical import Choice
from sweeper.model.code import Code
from sweeper.model.domain import Domain
from sweeper.model.encoding import SCRIPT, Reference, Value, home_of

_launches_off: ContextVar[bool] = ContextVar("sweeper_launches_off", default=False)
_UNPICKLABLE = (
    pickle.PicklingError,
    TypeError,
    AttributeError,
    ValueError,
    ImportError,
    RecursionError,
)
_loaded: dict[str, Callable[..., Any]] = {}
_warm: set[str] = set()


class LaunchSuppressed(BaseException):
    """Ends the loading of a script at its first launch; what stands above is loaded."""


def refuse_launches() -> None:
    """Be called first by whatever launches; raises where a script is only being loaded."""
    if _launches_off.get():
        raise LaunchSuppressed


@contextmanager
def launches_off() -> Iterator[None]:
    """Load code without letting it launch or resume sweeps."""
    token = _launches_off.set(True)
    try:
        yield
    finally:
        _launches_off.reset(token)


def address(function: Callable[..., Any]) -> str:
    """Write down where a function lives: "module:name" or "/path/script.py:name".

    Example:
        >>> address(inspect.getsource)
        'inspect:getsource'
    """
    return f"{home_of(function.__module__)}:{function.__qualname__}"


def source_hash(function: Callable[..., Any]) -> str:
    """Fingerprint a function's body, so that a change of it is noticed."""
    try:
        text = inspect.getsource(function)
    except (OSError, TypeError):
        code = function.__code__
        text = f"{code.co_code!r}{code.co_consts!r}{code.co_names!r}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def pack(
    function: Callable[..., Any],
    *,
    far: bool = True,
    warmup: Callable[..., Any] | None = None,
) -> Code:
    """Make a function ready to travel: by import path, and by value where it may be needed.

    Args:
        function: the training function.
        far: whether workers may be on machines that lack the function's module.
        warmup: what each worker's process is to run once before.

    Raises:
        SweeperError: it can be neither imported nor pickled; names what stands in the way.
    """
    if warmup is not None:
        return replace(pack(function, far=far), warmup=pack(warmup, far=far))
    path = address(function)
    search_path = tuple(entry or str(Path.cwd()) for entry in sys.path)
    if _importable(path, function):
        digest = hashlib.sha256(f"{path} {source_hash(function)}".encode()).hexdigest()
        payload = _travelling(function) if far else None
        return Code(path=path, digest=digest, payload=payload, search_path=search_path)
    try:
        by_value = _by_value(function)
    except _UNPICKLABLE as error:
        raise SweeperError(
            f"{function.__qualname__} cannot be sent to a worker: {error}",
            hint="Move it into a module, or open such things inside the function.",
        ) from error
    digest = hashlib.sha256(by_value).hexdigest()
    return Code(path=path, digest=digest, payload=by_value, search_path=search_path)


def _importable(path: str, function: Callable[..., Any]) -> bool:
    module, _, name = path.partition(":")
    if module == "__main__" or "<" in name or module not in sys.modules:
        return False
    try:
        return plain(_attribute(sys.modules[module], name)) is function
    except AttributeError:
        return False


def _travelling(function: Callable[..., Any]) -> bytes | None:
    """Pickle a project's own function for machines that lack its module, where that works."""
    file = getattr(sys.modules[function.__module__], "__file__", None) or ""
    if "site-packages" in file or not file:
        return None
    try:
        return _by_value(function)
    except _UNPICKLABLE:
        return None


def _by_value(function: Callable[..., Any]) -> bytes:
    """Pickle a function with what it uses of its module, which no worker needs to import."""
    module = sys.modules.get(function.__module__)
    register = module is not None and function.__module__ not in ("__main__", "__mp_main__")
    if register:
        cloudpickle.register_pickle_by_value(module)
    try:
        payload: bytes = cloudpickle.dumps(function)
    finally:
        if register:
            cloudpickle.unregister_pickle_by_value(module)
    return payload


def dumps(value: Value) -> bytes:
    """Pickle values for a worker; what a script defines travels by value, as its function."""
    scripts = [module for name, module in sys.modules.items() if name.startswith(SCRIPT)]
    for module in scripts:
        cloudpickle.register_pickle_by_value(module)
    try:
        data: bytes = cloudpickle.dumps(value)
    finally:
        for module in scripts:
            cloudpickle.unregister_pickle_by_value(module)
    return data


def portable(assignment: Assignment) -> Assignment:
    """Pack parameters that are objects: they are opened only beside the function."""
    if all(type(value) in (int, float, str, bool) for value in assignment.params.values()):
        return assignment
    return replace(assignment, params={}, packed=dumps(dict(assignment.params)))


def load(code: Code) -> Callable[..., Any]:
    """Give the function that a code names; asked again, the same one.

    Raises:
        SweeperError: it can be found neither by its import path nor by value.
    """
    if code.digest in _loaded:
        return _loaded[code.digest]
    _extend_search_path(code.search_path)
    try:
        function = find(code.path) if not _by_value_only(code.path) else None
    except ImportError as error:
        if code.payload is None:
            raise SweeperError(
                f"the worker cannot import {code.path}: {error}",
                hint="Install its module where the workers run.",
            ) from error
        function = None
    if function is None:
        function = pickle.loads(code.payload or b"")
    _loaded[code.digest] = plain(function)
    return _loaded[code.digest]


def warm_up(code: Code) -> None:
    """Run the warmup of a code, once in this process; what it raises passes out of here."""
    warmup = code.warmup
    if warmup is not None and warmup.digest not in _warm:
        load(warmup)()
        _warm.add(warmup.digest)


def _by_value_only(path: str) -> bool:
    return path.startswith(("__main__:", "/")) or "<locals>" in path


def find(path: str, search_path: Sequence[str] = (), command: Sequence[str] = ()) -> Any:
    """Find what stands at an address, with launches switched off.

    Raises:
        ImportError: its module cannot be imported, or holds nothing of that name.
        SweeperError: it lived in a notebook or inside another function.
    """
    module_name, _, name = path.rpartition(":")
    if module_name == "__main__" or "<locals>" in name:
        raise SweeperError(
            f"the function {name} lived in a notebook or inside another function",
            hint="Define it again there and call its .sweep(name=…) to go on.",
        )
    _extend_search_path(search_path)
    is_script = module_name.endswith(".py")
    module = _script(module_name, command) if is_script else _module(module_name)
    try:
        return _attribute(module, name)
    except AttributeError as error:
        raise ImportError(f"{module_name} has no {name}") from error


def resolve(value: Value) -> Value:
    """Give the object that a recorded option names; any other value as it is.

    Raises:
        SweeperError: it cannot be imported any more.
    """
    if not isinstance(value, Reference):
        return value
    try:
        return find(str(value))
    except (ImportError, SweeperError) as error:
        raise SweeperError(
            f"the option {value} cannot be found again",
            hint="Go on where it is defined: call train.sweep(name=…, space=…) there.",
        ) from error


def live(domain: Domain) -> Domain:
    """Give a recorded domain with the objects themselves as its options."""
    if not isinstance(domain, Choice):
        return domain
    return replace(domain, options=tuple(resolve(option) for option in domain.options))


def plain(function: Any) -> Callable[..., Any]:
    """Give the function inside a decorated one."""
    inside: Callable[..., Any] = getattr(function, "__sweepable__", function)
    return inside


def _attribute(module: ModuleType, name: str) -> Any:
    return reduce(getattr, name.split("."), module)


def _extend_search_path(entries: Sequence[str]) -> None:
    sys.path.extend(entry for entry in entries if entry not in sys.path)


def _module(name: str) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    try:
        with launches_off():
            return importlib.import_module(name)
    except LaunchSuppressed:
        spec = importlib.util.find_spec(name)
        return _executed(name, spec.origin if spec and spec.origin else name)


def _script(file: str, command: Sequence[str]) -> ModuleType:
    main = sys.modules.get("__main__")
    main_file = getattr(main, "__file__", None)
    if main is not None and main_file and Path(main_file).resolve() == Path(file).resolve():
        return main
    if not Path(file).is_file():
        raise ImportError(f"there is no file {file}")
    _extend_search_path([str(Path(file).parent)])
    return _executed(f"{SCRIPT}{hashlib.sha256(file.encode()).hexdigest()[:8]}", file, command)


def _executed(name: str, file: str, command: Sequence[str] = ()) -> ModuleType:
    """Execute a file up to its first launch and give the module that it has become."""
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    arguments, sys.argv = sys.argv, _arguments(file, command)
    try:
        with launches_off():
            spec.loader.exec_module(module)
    except LaunchSuppressed:
        return module
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise SweeperError(
            f"{file} cannot be loaded: {type(error).__name__}: {error}",
            hint='Guard what is not to run on loading: if __name__ == "__main__": …',
        ) from error
    except BaseException:
        del sys.modules[name]
        raise
    finally:
        sys.argv = arguments
    return module


def _arguments(file: str, command: Sequence[str]) -> list[str]:
    """Give a script the command line that it was launched with, or none of ours."""
    if command and Path(command[0]).resolve() == Path(file).resolve():
        return list(command)
    return [file]
