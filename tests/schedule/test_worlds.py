"""Every scheduler that may pause, against a plain one: any order of arrival, any resume."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.model.objective import build_objective
from sweeper.schedule import ASHA, PASHA, Hyperband, Median, StopIf
from sweeper.testing.fakes import LOSS
from tests.schedule.plain import (
    PlainASHA,
    PlainFronts,
    PlainHyperband,
    PlainMedian,
    PlainPASHA,
    PlainStopIf,
)
from tests.schedule.world import World

TWO = build_objective(["loss", "size"], ["min", "max"])
EXAMPLES = int(os.environ.get("SWEEPER_EXAMPLES", "60"))

Pair = tuple[Callable[[], Any], Callable[[], Any]]


@st.composite
def halvings(draw: st.DrawFn, metric: str | None = None) -> Pair:
    """Draw an ASHA and a plain one that must decide alike."""
    first = draw(st.integers(1, 3))
    last = draw(st.sampled_from([None, 5, 9, 27]))
    factor = draw(st.integers(2, 4))
    kind = draw(st.sampled_from(["auto", "stopping", "promotion"]))
    delayed = draw(st.booleans())

    def make() -> ASHA:
        made = ASHA(first, last, factor, type=kind, delayed=delayed, metric=metric)
        made.prepare(0, TWO)
        return made

    def plain() -> PlainASHA:
        if metric is None:
            return PlainASHA(first, last, factor, kind, delayed)
        peeled = PlainFronts(first, last, factor, kind, delayed)
        peeled.objective = TWO
        return peeled

    return make, plain


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


@st.composite
def hyperbands(draw: st.DrawFn) -> Pair:
    """Draw a Hyperband and a plain one whose trials lie in the same brackets."""
    first = draw(st.integers(1, 2))
    last = draw(st.sampled_from([None, 9, 27]))
    factor = draw(st.integers(2, 3))
    kind = draw(st.sampled_from(["auto", "promotion"]))
    seed = draw(st.integers(0, 2**32))

    def make() -> Hyperband:
        made = Hyperband(first, last, factor, type=kind)
        made.prepare(seed, LOSS)
        return made

    drawn = make()
    brackets = [drawn.bracket(trial) for trial in range(40)]
    return make, lambda: PlainHyperband(first, last, factor, brackets, kind)


@given(hyperbands(), worlds, resumes)
@settings(max_examples=EXAMPLES, deadline=None)
def test_hyperband_lives_as_one_plain_asha_a_bracket(
    pair: Pair, world: dict[str, Any], resume_at: set[int]
) -> None:
    make, plain = pair
    expected = World(make=plain, **world).run()
    assert World(make=make, **world).run(resume_at) == expected


@st.composite
def pashas(draw: st.DrawFn) -> Pair:
    """Draw a PASHA and a plain one that must decide alike."""
    first = draw(st.integers(1, 2))
    last = draw(st.sampled_from([None, 9, 27]))
    factor = draw(st.integers(2, 3))
    return lambda: PASHA(first, last, factor), lambda: PlainPASHA(first, last, factor)


@given(pashas(), worlds, resumes)
@settings(max_examples=EXAMPLES, deadline=None)
def test_pasha_lives_as_the_plain_one(
    pair: Pair, world: dict[str, Any], resume_at: set[int]
) -> None:
    make, plain = pair
    expected = World(make=plain, **world).run()
    assert World(make=make, **world).run(resume_at) == expected


@given(st.integers(1, 6), st.integers(1, 4), worlds, resumes)
@settings(max_examples=EXAMPLES, deadline=None)
def test_the_median_rule_lives_as_the_plain_one_across_any_resume(
    min_steps: int, min_trials: int, world: dict[str, Any], resume_at: set[int]
) -> None:
    expected = World(make=lambda: PlainMedian(min_steps, min_trials), **world).run()
    assert World(make=lambda: Median(min_steps, min_trials), **world).run(resume_at) == expected


conditions = st.fixed_dictionaries(
    {},
    optional={
        "plateau": st.integers(1, 12),
        "min_change": st.sampled_from([0.0, 1.0]),
        "worse_by": st.sampled_from([0.0, 1.5, 4.0]),
        "outside": st.sampled_from([(0.5, 5.0), (-9.0, 4.0)]),
        "min_steps": st.integers(1, 6),
    },
).filter(lambda known: {"plateau", "worse_by", "outside"} & set(known))


@given(conditions, st.none() | halvings(), worlds, resumes)
@settings(max_examples=EXAMPLES, deadline=None)
def test_conditions_live_as_the_plain_ones_across_any_resume(
    known: dict[str, Any], pair: Pair | None, world: dict[str, Any], resume_at: set[int]
) -> None:
    make, plain = pair or (lambda: None, lambda: None)
    expected = World(make=lambda: PlainStopIf(plain(), **known), **world).run()
    assert World(make=lambda: StopIf(then=make(), **known), **world).run(resume_at) == expected


@given(halvings("dominance"), worlds, resumes)
@settings(max_examples=EXAMPLES, deadline=None)
def test_fronts_decide_as_those_that_are_peeled_off_one_by_one(
    pair: Pair, world: dict[str, Any], resume_at: set[int]
) -> None:
    make, plain = pair
    expected = World(make=plain, **world).run()
    assert World(make=make, **world).run(resume_at) == expected


@given(worlds, resumes)
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_weighted_sum_decides_as_the_one_objective_that_it_makes(
    world: dict[str, Any], resume_at: set[int]
) -> None:
    def make() -> ASHA:
        made = ASHA(max_steps=27, metric={"loss": 2.0, "size": 0.5})
        made.prepare(7, TWO)
        return made

    expected = World(make=lambda: PlainASHA(1, 27, 3, "auto"), weigh=(2.0, 0.5), **world).run()
    assert World(make=make, **world).run(resume_at) == expected
