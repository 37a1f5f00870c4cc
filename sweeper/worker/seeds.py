"""Seeding Python, NumPy and torch from a trial's seed, without importing them for it."""

from __future__ import annotations

import importlib.abc
import importlib.util
import random
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


def _seed_numpy(module: Any, seed: int) -> None:
    module.random.seed(seed)


def _seed_torch(module: Any, seed: int) -> None:
    module.manual_seed(seed)


_SEEDERS: dict[str, Callable[[Any, int], None]] = {"numpy": _seed_numpy, "torch": _seed_torch}


def set_seeds(seed: int) -> None:
    """Seed the global generators; a library imported later is seeded when it is imported.

    Example:
        >>> set_seeds(7); first = random.random()
        >>> set_seeds(7); first == random.random()
        True
    """
    random.seed(seed)
    for name, seeder in _SEEDERS.items():
        if name in sys.modules:
            seeder(sys.modules[name], seed)
    _LATER.seed = seed
    if _LATER not in sys.meta_path and any(name not in sys.modules for name in _SEEDERS):
        sys.meta_path.insert(0, _LATER)


class _SeedOnImport(importlib.abc.MetaPathFinder):
    """Let the usual finders find a library, and seed it once it has been loaded."""

    seed = 0

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in _SEEDERS or name in sys.modules:
            return None
        sys.meta_path.remove(self)
        try:
            spec = importlib.util.find_spec(name)
        finally:
            sys.meta_path.insert(0, self)
        if spec is not None and spec.loader is not None:
            spec.loader = _Seeded(spec.loader, self, _SEEDERS[name])
        return spec


class _Seeded(importlib.abc.Loader):
    def __init__(
        self, loader: Any, finder: _SeedOnImport, seeder: Callable[[Any, int], None]
    ) -> None:
        self._loader = loader
        self._finder = finder
        self._seeder = seeder

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._seeder(module, self._finder.seed)


_LATER = _SeedOnImport()
