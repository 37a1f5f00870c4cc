"""Every scheduler that may pause, against a plain one: any order of arrival, any resume."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.schedule import ASHA
from tests.schedule.plain import PlainASHA
from tests.schedule.world import World

EXAMPLES = int(os.environ.get("SWEEPER_EXAMPLES", "60"))

Pair = tuple[Callable[[], Any], Callable[[], Any]]


@st.composite
def halvings(draw: st.DrawFn) -> Pair:
    """Draw an ASHA and a plain one that must decide alike."""
    first = draw(st.integers(1, 3))
    last = draw(st.sampled_from([None, 5, 9, 27]))
    factor = draw(st.integers(2, 4))
    kind = draw(st.sampled_from(["auto", "stopping", "promotion"]))
    delayed = draw(st.booleans())
    return (
        lambda: ASHA(first, last, factor, type=kind, delayed=delayed),
        lambda: PlainASHA(first, last, factor, kind, delayed),
    )


worlds = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32),
        "workers": st.integers(1, 6),
        "trials": st.integers(1, 40),
        "length": st.integers(1, 30),
        "saves": st.sampled_from([0.0, 0.5, 1.0]),
    }
)
resumes = st.sets(st.integers(0, 300), max_size=6)


@given(halvings(), worlds, resumes)
@settings(max_examples=EXAMPLES, deadline=None)
def test_asha_lives_as_the_plain_one_across_any_resume(
    pair: Pair, world: dict[str, Any], resume_at: set[int]
) -> None:
    make, plain = pair
    expected = World(make=plain, **world).run()
    assert World(make=make, **world).run(resume_at) == expected
