"""The query line: `val_loss < 0.3 and optimizer == "adam"`, parsed by hand and never evaluated.

any of    = all of ("or" all of)*
all of    = single ("and" single)*
single    = "not" single | "(" any of ")" | operand (compare operand)+
compare   = == | != | < | <= | > | >= | ~ | in | not in
operand   = number | "text" | true | false | none | [operand, ...]
          | name | `any name` | min(name) | max(name) | last(name)
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sweeper.errors import SweeperError

Cell: TypeAlias = str | float | int | bool | tuple[str, ...] | None
"""One value of a table; None is a value that is not there."""

Test: TypeAlias = Callable[[int], bool]
"""Tells whether the trial at a position passes."""

Column: TypeAlias = Callable[[str], Sequence[Cell]]
"""Gives the values of a column by the name that a query uses for it."""

_MOST = 2000
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.])
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |`(?P<quoted>[^`]+)`
    |(?P<name>[^\W\d][\w.]*)
    |(?P<sign>==|!=|<=|>=|<|>|~|[()\[\],])
    )""",
    re.VERBOSE,
)
_CONSTANTS: Mapping[str, Cell] = {"true": True, "false": False, "none": None}
_SIGNS = ("==", "!=", "<", "<=", ">", ">=", "~", "in", "not in")
_SUMS = ("min", "max", "last")


class QueryError(SweeperError):
    """The query line cannot be understood; the hint says how it would be."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    place: int


@dataclass(frozen=True, slots=True)
class _Name:
    name: str


@dataclass(frozen=True, slots=True)
class _Constant:
    value: Cell


@dataclass(frozen=True, slots=True)
class _List:
    items: tuple[_Constant, ...]


_Operand: TypeAlias = _Name | _Constant | _List


@dataclass(frozen=True, slots=True)
class _Compared:
    """A chain of operands and the signs between them: 0.1 < lr <= 0.3."""

    operands: tuple[_Operand, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Joined:
    """Parts of which all ("and"), any ("or") or none ("not") must hold."""

    word: str
    parts: tuple[_Compared | _Joined, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A query line that was understood.

    Example:
        >>> cells = {"lr": [0.1, 0.01, None]}
        >>> passes = parse("lr < 0.05").test(cells.__getitem__)
        >>> [passes(position) for position in range(3)]
        [False, True, False]
    """

    text: str
    _top: _Compared | _Joined

    def test(self, column: Column) -> Test:
        """Make the test of a position; column raises QueryError for a name it does not know."""
        return _test(self._top, column)


def parse(text: str) -> Query:
    """Understand a query line.

    Raises:
        QueryError: it is no query; says where and what was expected.
    """
    if len(text) > _MOST:
        raise QueryError("the query is too long", hint=f"Use at most {_MOST} characters.")
    reader = _Reader(_tokens(text))
    top = reader.any_of()
    reader.expect_end()
    return Query(text, top)


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place = 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise _unreadable(text, place)
        kind = match.lastgroup
        found.append(_Token(kind, match[kind], match.start(kind)))
        place = match.end()
    return [*found, _Token("end", "", len(text))]


def _unreadable(text: str, place: int) -> QueryError:
    rest = text[place:].lstrip()
    if rest.startswith("="):
        return QueryError("a single = compares nothing", hint="Write == for equal.")
    if rest[0] in "\"'`":
        return QueryError(f"{rest[:20]} is not closed", hint=f"End it with {rest[0]}.")
    return QueryError(
        f"{rest[:12]!r} is not understood",
        hint='Write as in: val_loss < 0.3 and optimizer == "adam"',
    )


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self, *texts: str) -> bool:
        token = self._next
        if token.kind in ("name", "sign") and token.text.lower() in texts:
            self._at += 1
            return True
        return False

    def expect_end(self) -> None:
        if self._next.kind != "end":
            raise self._unexpected("and, or, or the end")

    def any_of(self) -> _Compared | _Joined:
        return self._joined("or", lambda: self._joined("and", self._single))

    def _joined(self, word: str, read: Callable[[], _Compared | _Joined]) -> _Compared | _Joined:
        parts = [read()]
        while self._take(word):
            parts.append(read())
        return parts[0] if len(parts) == 1 else _Joined(word, tuple(parts))

    def _single(self) -> _Compared | _Joined:
        self._depth += 1
        if self._depth > 50:
            raise QueryError("the query is nested too deeply", hint="Use fewer parentheses.")
        if self._take("not"):
            found: _Compared | _Joined = _Joined("not", (self._single(),))
        elif self._take("("):
            found = self.any_of()
            if not self._take(")"):
                raise self._unexpected(")")
        else:
            found = self._comparison()
        self._depth -= 1
        return found

    def _comparison(self) -> _Compared:
        operands = [self._operand()]
        signs: list[str] = []
        while (sign := self._sign()) is not None:
            signs.append(sign)
            operands.append(self._operand())
        if not signs:
            raise self._unexpected("a comparison such as == or <")
        return _Compared(tuple(operands), tuple(signs))

    def _sign(self) -> str | None:
        if self._take("not"):
            if not self._take("in"):
                raise self._unexpected("in")
            return "not in"
        token = self._next
        return token.text.lower() if self._take(*_SIGNS) else None

    def _operand(self) -> _Operand:
        token = self._next
        self._at += 1
        if token.kind == "number":
            return _Constant(float(token.text))
        if token.kind == "text":
            return _Constant(re.sub(r"\\(.)", r"\1", token.text[1:-1]))
        if token.kind == "quoted":
            return _Name(token.text)
        if token.kind == "name" and token.text.lower() not in ("and", "or", "not", "in"):
            return self._named(token.text)
        if token.text == "[":
            return self._list()
        self._at -= 1
        raise self._unexpected("a name or a value")

    def _named(self, name: str) -> _Operand:
        if name.lower() in _CONSTANTS:
            return _Constant(_CONSTANTS[name.lower()])
        if name in _SUMS and self._take("("):
            inner = self._next
            self._at += 1
            if inner.kind not in ("name", "quoted") or not self._take(")"):
                self._at -= 1
                raise self._unexpected(f"a metric: {name}(val_loss)")
            return _Name(f"{name}({inner.text})")
        return _Name(name)

    def _list(self) -> _List:
        items: list[_Constant] = []
        while not self._take("]"):
            item = self._operand()
            if not isinstance(item, _Constant):
                raise QueryError("a list holds values only", hint='Write as in: x in ["a", "b"]')
            items.append(item)
            if not self._take(",") and self._next.text != "]":
                raise self._unexpected(", or ]")
        return _List(tuple(items))

    def _unexpected(self, wanted: str) -> QueryError:
        token = self._next
        came = "the end" if token.kind == "end" else f"{token.text!r} (character {token.place + 1})"
        return QueryError(
            f"expected {wanted}, but found {came}",
            hint='Write as in: val_loss < 0.3 and optimizer == "adam"',
        )


def _test(node: _Compared | _Joined, column: Column) -> Test:
    if isinstance(node, _Compared):
        return _chain(node, column)
    tests = [_test(part, column) for part in node.parts]
    if node.word == "not":
        return lambda at: not tests[0](at)
    if node.word == "and":
        return lambda at: all(test(at) for test in tests)
    return lambda at: any(test(at) for test in tests)


def _chain(node: _Compared, column: Column) -> Test:
    getters = [_getter(operand, column) for operand in node.operands]
    links = [
        (COMPARES[sign], left, right) for sign, left, right in zip(node.signs, getters, getters[1:])
    ]
    if len(links) == 1:
        compare, left, right = links[0]
        return lambda at: compare(left(at), right(at))
    return lambda at: all(compare(left(at), right(at)) for compare, left, right in links)


def _getter(operand: _Operand, column: Column) -> Callable[[int], object]:
    if isinstance(operand, _Name):
        return column(operand.name).__getitem__
    if isinstance(operand, _List):
        items = tuple(item.value for item in operand.items)
        return lambda _: items
    value = operand.value
    return lambda _: value


def _equal(left: object, right: object) -> bool:
    if isinstance(left, tuple) != isinstance(right, tuple):
        return _within(right, left) if isinstance(left, tuple) else _within(left, right)
    if isinstance(left, bool) != isinstance(right, bool):
        return str(left).lower() == str(right).lower()
    return left == right


def _within(left: object, right: object) -> bool:
    if isinstance(right, tuple):
        return any(_equal(left, item) for item in right)
    return isinstance(right, str) and isinstance(left, str) and left in right


def _like(left: object, right: object) -> bool:
    if left is None or right is None:
        return False
    words = " ".join(left) if isinstance(left, tuple) else str(left)
    return str(right).lower() in words.lower()


def _order(compare: Callable[[float, float], bool]) -> Callable[[object, object], bool]:
    def ordered(left: object, right: object) -> bool:
        numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
        texts = isinstance(left, str) and isinstance(right, str)
        if not numbers and not texts:
            return False
        if numbers and (math.isnan(left) or math.isnan(right)):  # type: ignore[arg-type]
            return False
        return compare(left, right)  # type: ignore[arg-type]

    return ordered


COMPARES: Mapping[str, Callable[[object, object], bool]] = {
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": _order(lambda left, right: left < right),
    "<=": _order(lambda left, right: left <= right),
    ">": _order(lambda left, right: left > right),
    ">=": _order(lambda left, right: left >= right),
    "~": _like,
    "in": _within,
    "not in": lambda left, right: not _within(left, right),
}
