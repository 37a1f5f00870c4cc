"""What a contract asks only of those who promise it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

Test = TypeVar("Test", bound=Callable[..., Any])


def promised(flag: str) -> Callable[[Test], Test]:
    """Mark a contract's test as one that only holds where a flag of its class is True.

    Example:
        >>> class Contract(Promises):
        ...     parallel = True
        ...     @promised("parallel")
        ...     def test_two_run_at_once(self): ...
        >>> class TestOneByOne(Contract):
        ...     parallel = False
        >>> TestOneByOne.test_two_run_at_once is None
        True
    """

    def mark(test: Test) -> Test:
        test.promise = flag  # type: ignore[attr-defined]
        return test

    return mark


class Promises:
    """A contract whose heirs take away the tests of what they do not promise."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name, test in inspect.getmembers(cls, callable):
            flag = getattr(test, "promise", None)
            if flag is not None and not getattr(cls, flag):
                # What is None is no test, so that nobody sees one that was skipped.
                setattr(cls, name, None)
