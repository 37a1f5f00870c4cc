"""The form of the code: sizes, first sentences, names, docstrings and suppressions."""

from __future__ import annotations

import ast
import re

from tests.architecture.house import (
    EVERYTHING,
    LIBRARY,
    ROOT,
    contracts,
    decorators,
    explained_elsewhere,
    files,
    hold,
    hold_at_most,
    methods,
    nesting,
    parameters,
    public,
    public_classes,
    public_functions,
)

BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}


def test_no_file_is_longer_than_400_lines() -> None:
    hold_at_most(400, {file.path: len(file.lines) for file in files(*EVERYTHING)})


def test_no_asset_is_longer_than_400_lines() -> None:
    assets = [path for kind in ("js", "css") for path in (ROOT / "dashboard").rglob(f"*.{kind}")]
    hold_at_most(400, {path.name: len(path.read_text().splitlines()) for path in assets})


def test_no_function_is_longer_than_50_lines() -> None:
    lengths = {
        f"{file.path}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for file in files(*EVERYTHING)
        for node in file.functions
    }
    hold_at_most(50, lengths)


def test_no_function_takes_more_than_six_parameters() -> None:
    counts = {
        f"{file.path}:{node.lineno} {node.name}": len(parameters(node))
        for file in files(*LIBRARY)
        for node in file.functions
    }
    hold_at_most(6, counts)


def test_no_function_nests_blocks_deeper_than_three() -> None:
    depths = {
        f"{file.path}:{node.lineno} {node.name}": nesting(node.body)
        for file in files(*EVERYTHING)
        for node in file.functions
    }
    hold_at_most(3, depths)


def test_every_file_opens_with_one_sentence_that_says_what_lives_there() -> None:
    without = []
    for file in files(*EVERYTHING):
        docstring = ast.get_docstring(file.tree) or ""
        opening = docstring.partition("\n\n")[0]
        if not opening.endswith("."):
            without.append(f"{file.path}: {opening!r}")
    hold(without)


def test_no_module_has_a_name_that_says_nothing() -> None:
    parts = {part.removesuffix(".py") for f in files(*EVERYTHING) for part in f.path.split("/")}
    hold(parts & BANNED_NAMES)


def test_no_contract_has_more_than_six_methods() -> None:
    assert contracts()
    hold_at_most(6, {name: len(methods(kind)) for name, kind in contracts().items()})


def test_every_public_class_and_function_says_what_it_does_in_one_line() -> None:
    wrong = []
    for file in files(*LIBRARY):
        nodes: list[ast.ClassDef | ast.FunctionDef] = [*public_functions(file)]
        for kind in public_classes(file):
            known = explained_elsewhere(kind)
            nodes += [kind, *(m for m in methods(kind) if public(m) and m.name not in known)]
        wrong += [
            f"{file.path}:{node.lineno} {problem}" for node in nodes for problem in _problems(node)
        ]
    hold(wrong)


def _problems(node: ast.ClassDef | ast.FunctionDef) -> list[str]:
    if isinstance(node, ast.FunctionDef) and decorators(node) & {"overload", "setter"}:
        return []
    if node.name.startswith("test_"):  # such a name is a sentence itself
        return []
    lines = (ast.get_docstring(node) or "").splitlines()
    if not lines:
        return [f"{node.name}: no docstring"]
    sound = lines[0].endswith(".") and len(lines[0]) <= 88
    return [] if sound else [f"{node.name}: {lines[0]!r}"]


def test_the_library_prints_nothing() -> None:
    printing = [
        f"{file.path}:{node.lineno}"
        for file in files(*LIBRARY)
        if not file.path.startswith(("sweeper/cli/", "sweeper/testing/"))
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id == "print"
    ]
    hold(printing)


def test_nothing_is_asserted_of_input() -> None:
    asserting = [
        f"{file.path}:{node.lineno}"
        for file in files(*LIBRARY)
        if not file.path.startswith("sweeper/testing/")
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Assert)
    ]
    hold(asserting)


def test_every_suppression_names_its_rule() -> None:
    bare = re.compile(r"#\s*(type:\s*ignore(?!\[)|noqa(?!:\s?[A-Z]))")
    found = [
        f"{file.path}:{number}"
        for file in files(*EVERYTHING)
        for number, line in enumerate(file.lines, 1)
        if bare.search(line) and "bare = re.compile" not in line
    ]
    hold(found)


def test_suppressions_of_the_type_checker_are_rarer_than_one_in_a_thousand_lines() -> None:
    lines = [line for file in files(*LIBRARY) for line in file.lines]
    suppressed = [line.strip() for line in lines if re.search(r"#\s*type:\s*ignore", line)]
    assert len(suppressed) * 1000 <= len(lines), suppressed
