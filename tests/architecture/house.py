"""The house as its rules see it: files, parsed once, and what is defined in them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARY = ("sweeper", "backends", "dashboard")
EVERYTHING = (*LIBRARY, "tests", "examples", "benchmarks")
BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match)


def hold(broken: Iterable[str]) -> None:
    """Fail with a line for each place that breaks a rule."""
    places = sorted(broken)
    if places:
        pytest.fail("the rule is broken in\n  " + "\n  ".join(places), pytrace=False)


def hold_at_most(most: int, counted: Mapping[str, int]) -> None:
    """Fail with a line for each place where the count is higher."""
    hold(f"{place}: {count} > {most}" for place, count in counted.items() if count > most)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A Python file: its path from the root, its lines and its syntax tree."""

    path: str
    lines: list[str] = field(repr=False)
    tree: ast.Module = field(repr=False)

    @property
    def functions(self) -> Iterator[ast.FunctionDef]:
        """All functions and methods, nested ones too."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef))

    @property
    def classes(self) -> Iterator[ast.ClassDef]:
        """All classes."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))

    @property
    def imports(self) -> Iterator[tuple[int, str]]:
        """The line and the name of every module that is imported, wherever that happens."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                yield node.lineno, node.module
            elif isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)


@cache
def files(*shelves: str) -> tuple[File, ...]:
    """Read the Python files that lie under these folders.

    Alembic's migrations are left out: each is a record of what was done, never edited again.
    """
    paths = [path for shelf in shelves for path in sorted((ROOT / shelf).rglob("*.py"))]
    written = [path for path in paths if "versions" not in path.parts]
    return tuple(_read(path) for path in written)


def _read(path: Path) -> File:
    text = path.read_text(encoding="utf-8")
    return File(
        path=path.relative_to(ROOT).as_posix(), lines=text.splitlines(), tree=ast.parse(text)
    )


def parameters(function: ast.FunctionDef) -> list[str]:
    """List a function's parameters, keyword-only ones too, self and cls left out."""
    given = function.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    rest = [extra for extra in (given.vararg, given.kwarg) if extra is not None]
    return [one.arg for one in [*named, *rest] if one.arg not in ("self", "cls")]


def nesting(body: list[ast.stmt], depth: int = 0) -> int:
    """Say how deeply blocks lie in one another; an elif and an except lie beside theirs."""
    deepest = depth
    for statement in body:
        if isinstance(statement, BLOCKS):
            inner = [nesting(block, level) for block, level in _blocks(statement, depth + 1)]
            deepest = max(deepest, depth + 1, *inner)
    return deepest


def _blocks(statement: ast.stmt, depth: int) -> Iterator[tuple[list[ast.stmt], int]]:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(statement, name, [])
        is_elif = name == "orelse" and isinstance(statement, ast.If) and len(block) == 1
        beside = is_elif and isinstance(block[0], ast.If)
        yield block, depth - 1 if beside else depth
    for part in [*getattr(statement, "handlers", []), *getattr(statement, "cases", [])]:
        yield part.body, depth


def base_names(kind: ast.ClassDef) -> set[str]:
    """Name a class's bases, without their modules and type parameters."""
    bases = [base.value if isinstance(base, ast.Subscript) else base for base in kind.bases]
    return {base.attr if isinstance(base, ast.Attribute) else ast.unparse(base) for base in bases}


def public(node: ast.FunctionDef | ast.ClassDef) -> bool:
    """Tell whether a name is meant for others."""
    return not node.name.startswith("_")


def public_functions(file: File) -> list[ast.FunctionDef]:
    """List a file's public functions."""
    return [n for n in file.tree.body if isinstance(n, ast.FunctionDef) and public(n)]


def public_classes(file: File) -> list[ast.ClassDef]:
    """List a file's public classes."""
    return [n for n in file.tree.body if isinstance(n, ast.ClassDef) and public(n)]


def methods(kind: ast.ClassDef) -> list[ast.FunctionDef]:
    """List a class's methods."""
    return [node for node in kind.body if isinstance(node, ast.FunctionDef)]


def decorators(function: ast.FunctionDef) -> set[str]:
    """Name a function's decorators."""
    return {ast.unparse(one).rpartition(".")[2] for one in function.decorator_list}


@cache
def classes() -> tuple[ast.ClassDef, ...]:
    """Give all classes of the library."""
    return tuple(kind for file in files(*LIBRARY) for kind in file.classes)


@cache
def documented_methods() -> dict[str, frozenset[str]]:
    """Give, by class, the methods whose docstring stands in the class itself."""
    return {
        kind.name: frozenset(m.name for m in methods(kind) if ast.get_docstring(m))
        for kind in classes()
    }


@cache
def contracts() -> dict[str, ast.ClassDef]:
    """Give all Protocols of the library by name."""
    return {kind.name: kind for kind in classes() if "Protocol" in base_names(kind)}


@cache
def ancestors(name: str) -> frozenset[str]:
    """Name a class's bases, their bases, and so on."""
    namesakes = (kind for kind in classes() if kind.name == name)
    bases = {base for kind in namesakes for base in base_names(kind)} - {name}
    return frozenset(bases).union(*(ancestors(base) for base in bases))


def explained_elsewhere(kind: ast.ClassDef) -> set[str]:
    """Name the methods whose docstring is that of a base class or of a contract."""
    known = (ancestors(kind.name) | contracts().keys()) - {kind.name}
    return {method for name in known for method in documented_methods().get(name, ())}
